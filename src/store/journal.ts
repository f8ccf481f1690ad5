import type { ClientSession, Clock, Store, StoreOwner } from "../broker/mod.ts";
import type { Delivery, Message, Waiting } from "../session/mod.ts";
import type { Subscription } from "../topics/mod.ts";
import { Batch, type Identifiers } from "./batch.ts";
import {
  DeliveryEntry,
  type Entry,
  RetainedEntry,
  SessionEntry,
  SubscriptionEntry,
} from "./entries.ts";
import { isWorthCleaning, moveLiveEntries } from "./cleaning.ts";
import { type Medium, StoreError } from "./medium.ts";
import type { StoreObserver, StoreProgress } from "./observer.ts";
import { Recovery } from "./recovery.ts";
import { Segment } from "./segment.ts";

/** A batch ends here, so that encoding a large backlog does not stop the broker. */
const LARGEST_BATCH_BYTES = 2 * 1_048_576;
/** How long a failed write waits before it is tried again. */
const RETRY_MS = 1_000;

const PROGRESS_INTERVAL_MS = 1_000;

export interface JournalOptions {
  readonly medium: Medium;
  /** Whether acknowledgements wait for the commit. */
  readonly isAwaited: boolean;
  /** How long changes that nobody urgently waits for are gathered. */
  readonly gatherMs: number;
  /** Calls back after `delayMs`; 0 is as soon as the present work is done. */
  readonly schedule: (delayMs: number, callback: () => void) => void;
  /** A damaged medium to take what reads from, instead of `medium`, which is new. */
  readonly salvageFrom?: Medium;
  readonly observer: StoreObserver;
  /** The medium has been let go of. */
  readonly onClosed?: () => void;
}

/** Tells once a second how far reading has come, and at the end if it took as long. */
class Progress {
  readonly #clock: Clock;
  readonly #observer: StoreObserver;
  readonly #startMs: number;
  #toldMs: number;
  #segmentCount = 0;
  #sizeBytes = 0;

  constructor(clock: Clock, observer: StoreObserver) {
    this.#clock = clock;
    this.#observer = observer;
    this.#startMs = this.#toldMs = clock.nowMs();
  }

  add(sizeBytes: number): void {
    this.#segmentCount++;
    this.#sizeBytes += sizeBytes;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldMs < PROGRESS_INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#observer.storeReading(this.#progress(nowMs));
  }

  finish(): void {
    this.#observer.storeRead(this.#progress(this.#clock.nowMs()));
  }

  #progress(nowMs: number): StoreProgress {
    return {
      segmentCount: this.#segmentCount,
      sizeBytes: this.#sizeBytes,
      elapsedMs: nowMs - this.#startMs,
    };
  }
}

/**
 * Keeps the broker's state as a journal: batches of records, each written as
 * one segment in one go. While a batch is written the next one gathers (group
 * commit), and what is settled before its turn is never written. The oldest
 * segments are removed when nothing in them is valid any more; what is still
 * valid is moved to the end when too little of them is.
 */
export class JournalStore implements Store, Identifiers {
  readonly isRecording = true;
  readonly isAwaited: boolean;
  readonly #options: JournalOptions;
  #owner: StoreOwner | null = null;
  #sessions = new Map<ClientSession, SessionEntry>();
  #retained = new Map<string, RetainedEntry>();
  #segments: Segment[] = [];
  #lastIdentifier = 0;
  #lastSessionNumber = 0;
  #lastSegment = 0;
  /** What the next batches look at, in the order in which it changed. */
  #pending: Entry[] = [];
  /** Entries that ever were pending, and those of them that batches have taken. */
  #pendingTotal = 0;
  #takenTotal = 0;
  /** Who waits, and for how many of these. */
  #waiting: Waiting[] = [];
  #waitingFor: number[] = [];
  #writing: Promise<void> | null = null;
  #isFailing = false;
  #isClosed = false;
  /** Counts the scheduled commits; only the last one counts. */
  #scheduled = 0;
  #isScheduled = false;
  /** Whether it is to happen without gathering, because somebody waits for it. */
  #isUrgent = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.isAwaited = options.isAwaited;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Bytes on the medium. */
  get sizeBytes(): number {
    return this.#segments.reduce((sum, each) => sum + each.sizeBytes, 0);
  }

  get segmentCount(): number {
    return this.#segments.length;
  }

  nextIdentifier(): number {
    return ++this.#lastIdentifier;
  }

  /** @throws {StoreError} If the medium is damaged and is not to be salvaged. */
  async load(owner: StoreOwner): Promise<void> {
    this.#owner = owner;
    const { medium, salvageFrom, observer } = this.#options;
    const recovery = new Recovery();
    const progress = new Progress(owner.clock, observer);
    for await (const segment of (salvageFrom ?? medium).read()) {
      try {
        if ("cause" in segment) throw new StoreError(segment.cause);
        recovery.add(segment);
      } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        if (salvageFrom === undefined) {
          throw new StoreError(
            `Cannot read the store: ${cause}; start with --recover to move ` +
              "it aside and keep what reads",
          );
        }
        observer.storeDamaged(cause);
      }
      if ("bytes" in segment) progress.add(segment.bytes.length);
    }
    recovery.finish(owner);
    progress.finish();
    this.#sessions = recovery.sessions;
    this.#retained = recovery.retained;
    this.#segments = recovery.segments;
    this.#lastIdentifier = recovery.lastIdentifier;
    this.#lastSessionNumber = recovery.lastSessionNumber;
    this.#lastSegment = this.#segments.at(-1)?.identifier ?? 0;
    if (salvageFrom !== undefined) this.#writeAnew();
  }

  sessionChanged(session: ClientSession): void {
    let entry = this.#sessions.get(session);
    if (entry === undefined) {
      if (!session.isPersistent) return;
      entry = new SessionEntry(session, ++this.#lastSessionNumber);
      this.#sessions.set(session, entry);
    }
    this.#change(entry);
  }

  sessionEnded(session: ClientSession): void {
    const entry = this.#sessions.get(session);
    if (entry === undefined) return;
    this.#sessions.delete(session);
    entry.isEnded = true;
    for (const subscription of entry.subscriptions.values()) {
      subscription.leaveSegment();
    }
    this.#change(entry);
  }

  subscriptionChanged(
    session: ClientSession,
    key: string,
    subscription: Subscription<ClientSession> | null,
  ): void {
    const owner = this.#sessions.get(session);
    if (owner === undefined) return;
    let entry = owner.subscriptions.get(key);
    if (entry === undefined) {
      entry = new SubscriptionEntry(owner, key, subscription);
      owner.subscriptions.set(key, entry);
    }
    entry.subscription = subscription;
    if (subscription === null) owner.subscriptions.delete(key);
    this.#change(entry);
  }

  deliveryAdded(session: ClientSession, delivery: Delivery): void {
    const owner = this.#sessions.get(session);
    if (owner === undefined) return;
    const entry = new DeliveryEntry(owner, delivery);
    delivery.record = entry;
    this.#change(entry);
  }

  deliveryChanged(delivery: Delivery): void {
    const entry = delivery.record as DeliveryEntry | null;
    if (entry !== null) this.#change(entry);
  }

  deliverySettled(delivery: Delivery): void {
    const entry = delivery.record as DeliveryEntry | null;
    if (entry === null) return;
    delivery.record = null;
    // What was never written needs no trace: the batch finds it settled.
    if (entry.segment !== null) this.#change(entry);
  }

  retainedChanged(topicName: string, message: Message | null): void {
    let entry = this.#retained.get(topicName);
    if (entry === undefined) {
      if (message === null) return;
      entry = new RetainedEntry(topicName);
      this.#retained.set(topicName, entry);
    }
    entry.current = message;
    if (message === null) this.#retained.delete(topicName);
    this.#change(entry);
  }

  afterCommit(waiting: Waiting, isUrgent: boolean): void {
    if (this.#pending.length === 0 && this.#writing === null) {
      waiting.proceed();
      return;
    }
    this.#waiting.push(waiting);
    this.#waitingFor.push(this.#pendingTotal);
    if (!isUrgent) return;
    this.#isUrgent = true;
    this.#schedule(0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    while (this.#pending.length > 0 && !this.#isFailing) {
      this.#commit();
      await this.#writing;
    }
    await this.#options.medium.close();
    await this.#options.salvageFrom?.close();
    this.#options.onClosed?.();
  }

  #change(entry: Entry): void {
    if (entry.isPending) return;
    entry.isPending = true;
    this.#pendingTotal++;
    this.#pending.push(entry);
    if (!this.#isScheduled) this.#schedule(this.#options.gatherMs);
  }

  #schedule(delayMs: number): void {
    if (this.#writing !== null || this.#isClosed) return;
    if (this.#isScheduled && delayMs > 0) return;
    this.#isScheduled = true;
    const number = ++this.#scheduled;
    this.#options.schedule(delayMs, () => {
      if (number === this.#scheduled && this.#writing === null) this.#commit();
    });
  }

  /** Writes the next batch; nothing else is being written. */
  #commit(): void {
    this.#isScheduled = false;
    this.#isUrgent = false;
    const batch = new Batch(new Segment(this.#lastSegment + 1), this);
    let count = 0;
    while (
      count < this.#pending.length && batch.out.length < LARGEST_BATCH_BYTES
    ) {
      const entry = this.#pending[count++];
      entry.isPending = false;
      entry.write(batch);
    }
    if (count === this.#pending.length) this.#pending = [];
    else this.#pending.splice(0, count);
    this.#takenTotal += count;
    this.#writing = this.#finish(batch, this.#takenTotal);
  }

  async #finish(batch: Batch, takenTotal: number): Promise<void> {
    if (!batch.isEmpty) await this.#write(batch);
    if (!this.#isFailing) {
      this.#proceed(takenTotal);
      await this.#removeDead();
    }
    this.#writing = null;
    this.#goOn();
  }

  /** Writes `batch`, however often that fails. */
  async #write(batch: Batch): Promise<void> {
    const { medium, observer, schedule } = this.#options;
    const { segment } = batch;
    const bytes = batch.finish();
    this.#lastSegment++;
    this.#segments.push(segment);
    for (;;) {
      try {
        await medium.write(segment.identifier, bytes);
        break;
      } catch (error) {
        this.#isFailing = true;
        observer.storeFailing(error);
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => schedule(RETRY_MS, resolve));
      }
    }
    if (!this.#isFailing) return;
    this.#isFailing = false;
    observer.storeWorking();
  }

  /** Lets those proceed who wait for no more than the first `takenTotal` entries. */
  #proceed(takenTotal: number): void {
    const waitingFor = this.#waitingFor;
    let count = 0;
    while (count < waitingFor.length && waitingFor[count] <= takenTotal) {
      count++;
    }
    if (count === 0) return;
    waitingFor.splice(0, count);
    this.#owner!.proceed(this.#waiting.splice(0, count));
  }

  /** Removes the oldest segments in which nothing is valid any more. */
  async #removeDead(): Promise<void> {
    let count = 0;
    while (
      count < this.#segments.length && this.#segments[count].liveCount === 0
    ) count++;
    if (count === 0) return;
    const identifiers = this.#segments.slice(0, count)
      .map((segment) => segment.identifier);
    try {
      await this.#options.medium.remove(identifiers);
      this.#segments.splice(0, count);
    } catch (error) {
      // They stay in the list, and are tried again after the next batch.
      this.#options.observer.storeFailing(error);
    }
  }

  /** Starts cleaning if it is worth it, and the next commit if there is something for it. */
  #goOn(): void {
    if (this.#pending.length === 0 && isWorthCleaning(this.#segments)) {
      moveLiveEntries(this.#segments, (entry) => this.#change(entry));
    }
    if (this.#pending.length > 0 || this.#waiting.length > 0) {
      this.#schedule(this.#isUrgent ? 0 : this.#options.gatherMs);
    }
  }

  /** Writes everything that was salvaged to the new medium. */
  #writeAnew(): void {
    const segments = this.#segments;
    this.#segments = [];
    for (const segment of segments) {
      for (const entry of segment.entries) {
        if (entry.segment !== segment) continue;
        entry.leaveSegment();
        this.#change(entry);
      }
    }
  }
}
