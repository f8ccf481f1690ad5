import { Fleet } from "./fleet.ts";
import type { Session } from "./handshake.ts";
import type { LoadOptions } from "./options.ts";
import { CpuMeter, type CpuUse } from "./process.ts";
import type { Schedule } from "./publisher.ts";
import { type Percentiles, summarize } from "./statistics.ts";
import { Subscriber } from "./subscriber.ts";
import type { Topic } from "./topic.ts";
import { PacketType } from "./wire.ts";

const tickMs = 1;

/** What one paced run measured. */
export interface LatencyResult extends CpuUse {
  mode: "latency";
  /** Messages sent after the warm-up. */
  sent: number;
  /** Messages asked for per second, and messages that arrived per second. */
  ratePerSecond: number;
  perSecond: number;
  lost: number;
  /** From the moment a message was due to be sent to its arrival. */
  latencyMs: Percentiles;
  /** How late the generator's own timer was at worst. */
  generatorLateMs: number;
}

/**
 * Lets messages out at an even rate, whatever the broker does, and measures
 * each from the moment it was let out: waiting for a slow broker counts.
 */
export async function runLatency(options: LoadOptions): Promise<LatencyResult> {
  const pacer = new Pacer();
  const recorder = new Recorder(options);
  const fleet = await Fleet.open({ ...options, maximumOutstanding: Infinity }, {
    budgetOf: () => 0,
    makeSubscriber: (session, topic) =>
      new TimedSubscriber(session, topic, recorder),
    scheduleOf: () => pacer.scheduleFor(),
  });
  try {
    const run = measure(options, { fleet, pacer, recorder });
    return await Promise.race([run, fleet.failure]);
  } finally {
    await fleet.close();
  }
}

interface Parts {
  fleet: Fleet;
  pacer: Pacer;
  recorder: Recorder;
}

async function measure(
  options: LoadOptions,
  { fleet, pacer, recorder }: Parts,
): Promise<LatencyResult> {
  await pacer.run(fleet.topics, options, options.warmupSeconds);
  await settle(options, fleet);
  recorder.clear();
  const sentBefore = fleet.sent;
  const deliveredBefore = fleet.delivered;
  const cpu = new CpuMeter(options.processId);
  await cpu.start();
  const startMs = performance.now();
  const generatorLateMs = await pacer.run(
    fleet.topics,
    options,
    options.seconds,
  );
  await settle(options, fleet);
  const use = await cpu.stop();
  const sent = fleet.sent - sentBefore;
  const delivered = fleet.delivered - deliveredBefore;
  const endMs = Math.max(...fleet.subscribers.map((one) => one.lastDeliveryMs));
  return {
    mode: "latency",
    sent,
    ratePerSecond: options.ratePerSecond,
    perSecond: delivered / (endMs - startMs) * 1000,
    lost: sent * options.subscriberCount - delivered,
    latencyMs: summarize(recorder.samplesMs()),
    generatorLateMs,
    ...use,
  };
}

/** Waits until all has arrived, at most for the grace time. */
async function settle(options: LoadOptions, fleet: Fleet): Promise<void> {
  const endMs = performance.now() + options.graceSeconds * 1000;
  while (performance.now() < endMs) {
    const isSent = fleet.topics.every((topic) => topic.remaining() <= 0);
    const expected = fleet.sent * options.subscriberCount;
    if (isSent && fleet.delivered >= expected && fleet.inFlight === 0) return;
    await sleep(tickMs);
  }
}

/** Releases messages to topics at an even rate and remembers when. */
class Pacer {
  readonly #schedules: ReleaseLog[] = [];

  /** The schedule of the next topic. */
  scheduleFor(): Schedule {
    const schedule = new ReleaseLog();
    this.#schedules.push(schedule);
    return schedule;
  }

  /** Returns how late a tick came at worst, in milliseconds. */
  async run(
    topics: readonly Topic[],
    options: LoadOptions,
    seconds: number,
  ): Promise<number> {
    const perMs = options.ratePerSecond / 1000 / topics.length;
    const startMs = performance.now();
    let released = 0;
    let worstMs = 0;
    let beforeMs = startMs;
    for (;;) {
      const nowMs = performance.now();
      worstMs = Math.max(worstMs, nowMs - beforeMs - tickMs);
      beforeMs = nowMs;
      const elapsedMs = Math.min(nowMs - startMs, seconds * 1000);
      const due = Math.floor(elapsedMs * perMs) - released;
      released += due;
      for (let index = 0; due > 0 && index < topics.length; index++) {
        this.#schedules[index].release(due, nowMs);
        topics[index].release(due);
        topics[index].wake();
      }
      if (elapsedMs >= seconds * 1000) return worstMs;
      await sleep(tickMs);
    }
  }
}

/** When which messages of one topic were released. */
class ReleaseLog implements Schedule {
  readonly #ends: number[] = [];
  readonly #timesMs: number[] = [];
  #first = 0;

  release(count: number, nowMs: number): void {
    this.#ends.push((this.#ends.at(-1) ?? 0) + count);
    this.#timesMs.push(nowMs);
  }

  dueMs(sequence: number): number {
    while (this.#ends[this.#first] <= sequence) this.#first++;
    return this.#timesMs[this.#first];
  }
}

/** All latencies of a run, in memory taken beforehand. */
class Recorder {
  readonly payloadBytes: number;
  readonly #samplesMs: Float64Array;
  #length = 0;

  constructor(options: LoadOptions) {
    const seconds = options.seconds + options.warmupSeconds;
    this.payloadBytes = options.payloadBytes;
    this.#samplesMs = new Float64Array(
      Math.ceil(options.ratePerSecond * seconds * options.subscriberCount) + 1,
    );
  }

  record(latencyMs: number): void {
    if (this.#length < this.#samplesMs.length) {
      this.#samplesMs[this.#length++] = latencyMs;
    }
  }

  clear(): void {
    this.#length = 0;
  }

  samplesMs(): Float64Array {
    return this.#samplesMs.subarray(0, this.#length);
  }
}

/** Reads the time that each payload carries. */
class TimedSubscriber extends Subscriber {
  readonly #recorder: Recorder;

  constructor(session: Session, topic: Topic, recorder: Recorder) {
    super(session, topic);
    this.#recorder = recorder;
  }

  protected override walk(): void {
    const cursor = this.session.cursor;
    const nowMs = performance.now();
    const view = new DataView(cursor.bytes.buffer);
    while (cursor.next()) {
      if (cursor.firstByte >> 4 === PacketType.PUBLISH) {
        const offset = cursor.bodyEnd - this.#recorder.payloadBytes;
        this.#recorder.record(nowMs - view.getFloat64(offset));
      }
      this.answer();
    }
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
