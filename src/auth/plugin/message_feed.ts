import type { Audience, Connection } from "../../broker/mod.ts";
import {
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type PublishView,
} from "../../codec/mod.ts";
import type { PluginConfig } from "../../config/plugin_config.ts";
import {
  type FrameRange,
  MessageBatch,
  overheadBytes,
  type PostedBatch,
} from "./message_batch.ts";
import { type Misses, MissReport } from "./miss_report.ts";
import type { FromWorker } from "./messages.ts";

/**
 * How long messages are gathered for a Worker that has nothing to do: posting
 * each alone would cost more than all else that happens to it.
 */
const GATHERING_MS = 10;

/** What a {@linkcode MessageFeed} is connected with. */
export interface MessageFeedEvents {
  send(batch: PostedBatch): void;
  /** The Worker has taken nothing for as long as one message may take. */
  isLate(): void;
  missed(misses: Misses): void;
}

/** What became of messages, and what waits. */
export interface MessageCounts {
  /** Messages that the hook was called for without failing. */
  readonly taken: number;
  /** Those for which it threw. */
  readonly failed: number;
  /** Those that it was still busy with after the time for one message. */
  readonly late: number;
  /** Those of which it is not known that it saw them: too many waited, or its Worker has ended. */
  readonly dropped: number;
  readonly waiting: number;
  readonly waitingBytes: number;
}

type Taken = Extract<FromWorker, { type: "taken" }>;

/**
 * Takes the messages that one plugin observes to its Worker. One batch is under
 * way while the next one gathers; what waits is bounded, and the plugin misses
 * the rest. Nothing that a Worker does or omits is felt by clients.
 */
export class MessageFeed implements Audience {
  readonly #config: PluginConfig;
  readonly #events: MessageFeedEvents;
  readonly #report: MissReport;
  #next: MessageBatch | null = null;
  /** Messages that the Worker has and has not taken, with what they take up. */
  #underWay = 0;
  #underWayBytes = 0;
  #isRunning = false;
  #isStopped = false;
  #gathering: number | undefined = undefined;
  #deadline: number | undefined = undefined;
  #taken = 0;
  #failed = 0;
  #late = 0;
  #dropped = 0;

  constructor(config: PluginConfig, events: MessageFeedEvents) {
    this.#config = config;
    this.#events = events;
    this.#report = new MissReport((misses) => events.missed(misses));
  }

  get counts(): MessageCounts {
    return {
      taken: this.#taken,
      failed: this.#failed,
      late: this.#late,
      dropped: this.#dropped,
      waiting: this.#waiting,
      waitingBytes: this.#waitingBytes,
    };
  }

  published(connection: Connection, publish: PublishView): void {
    if (this.#isStopped) return;
    const range = this.#fit(publish);
    if (range.frameCount < publish.frameCount) {
      this.#drop(publish.frameCount - range.frameCount);
    }
    if (range.frameCount === 0) return;
    this.#next ??= new MessageBatch(connection.broker.nowMs);
    this.#next.add(connection, publish, range);
    this.#gather();
  }

  /** The Worker is ready: what has gathered goes to it. */
  begin(): void {
    this.#isRunning = true;
    this.#send();
  }

  /** The Worker is gone, and with it what it had. */
  interrupt(): void {
    const lostCount = this.#underWay;
    this.#rest();
    if (lostCount > 0) this.#drop(lostCount);
  }

  /** False if the Worker cannot have taken what it says. */
  settle({ count, failed, late, cause }: Taken): boolean {
    const isPossible = count > 0 && count <= this.#underWay &&
      failed + late <= count;
    if (!isPossible) return false;
    this.#taken += count - failed - late;
    this.#failed += failed;
    this.#late += late;
    this.#underWay -= count;
    if (failed + late > 0) this.#report.fail({ failed, late, cause });
    clearTimeout(this.#deadline);
    if (this.#underWay > 0) {
      this.#awaitProgress();
    } else {
      this.#underWayBytes = 0;
      if (this.#next !== null) this.#gather();
    }
    return true;
  }

  /** For good; what waits is lost. What is under way may have been taken. */
  stop(): void {
    this.#isStopped = true;
    this.#rest();
    if (this.#next !== null) this.#drop(this.#next.count);
    this.#next = null;
    this.#report.close();
  }

  #rest(): void {
    this.#isRunning = false;
    clearTimeout(this.#gathering);
    clearTimeout(this.#deadline);
    this.#gathering = undefined;
    this.#underWay = 0;
    this.#underWayBytes = 0;
  }

  get #waiting(): number {
    return this.#underWay + (this.#next?.count ?? 0);
  }

  get #waitingBytes(): number {
    return this.#underWayBytes + (this.#next?.sizeBytes ?? 0);
  }

  /** As many packets of `publish` as there is room for. */
  #fit(publish: PublishView): FrameRange {
    const { maximumWaitingMessages, maximumWaitingBytes } = this.#config;
    const room = maximumWaitingMessages - this.#waiting;
    const roomBytes = maximumWaitingBytes - this.#waitingBytes -
      overheadBytes(publish);
    const { bytes, frameStart } = publish;
    let { frameCount, frameEnd } = publish;
    if (frameCount <= room && frameEnd - frameStart <= roomBytes) {
      return publish;
    }
    frameCount = 0;
    frameEnd = frameStart;
    while (frameCount < room && frameEnd < publish.frameEnd) {
      scanner.scan(bytes, frameEnd, publish.frameEnd);
      if (scanner.frameEnd - frameStart > roomBytes) break;
      frameCount++;
      frameEnd = scanner.frameEnd;
    }
    return { frameCount, frameEnd };
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#report.drop(count);
  }

  /** Has the next batch sent soon, unless one is under way. */
  #gather(): void {
    if (
      this.#gathering !== undefined || this.#underWay > 0 || !this.#isRunning
    ) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = undefined;
      this.#send();
    }, GATHERING_MS);
  }

  #send(): void {
    if (this.#next === null) return;
    const batch = this.#next;
    this.#next = null;
    this.#underWay = batch.count;
    this.#underWayBytes = batch.sizeBytes;
    this.#awaitProgress();
    this.#events.send(batch.post());
  }

  #awaitProgress(): void {
    this.#deadline = setTimeout(() => {
      this.#awaitProgress();
      this.#events.isLate();
    }, this.#config.timeoutMs);
  }
}

const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
