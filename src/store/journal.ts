import type { ClientSession, Store, StoreOwner } from "../broker/mod.ts";
import type { Delivery, Message, Waiting } from "../session/mod.ts";
import type { Subscription } from "../topics/mod.ts";
import { Batch, type Identifiers } from "./batch.ts";
import {
  CLEANING_LIMITS,
  type CleaningLimits,
  isWorthCleaning,
  moveLiveEntries,
  takeDeadSegments,
} from "./cleaning.ts";
import {
  DeliveryEntry,
  type Entry,
  RetainedEntry,
  SessionEntry,
  SubscriptionEntry,
} from "./entries.ts";
import { type Medium, unreadable } from "./medium.ts";
import type { StoreObserver } from "./observer.ts";
import { Progress } from "./progress.ts";
import { Recovery } from "./recovery.ts";
import { Segment, Usage } from "./segment.ts";
import type { StoreStatistics } from "./statistics.ts";

/** How long a failed write waits before it is tried again. */
const RETRY_MS = 1_000;
/** Segments of about this size are made of what was salvaged. */
const SALVAGED_BYTES = 1_048_576;

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
  /** When to clean; tests clean more often. */
  readonly cleaning?: CleaningLimits;
  readonly observer: StoreObserver;
  /** The medium has been let go of. */
  readonly onClosed?: () => void;
}

/**
 * Keeps the broker's state as a journal: batches of records, each written as
 * one segment in one step. A batch takes in all that has changed, as it is at
 * one moment, so that after a crash the state is what it was at that moment.
 * While a batch is written the next one gathers (group commit), and what is
 * settled before its turn is never written. The oldest segments are removed
 * when nothing in them is valid any more; what is still valid is moved to the
 * end when too little of them is.
 */
export class JournalStore implements Store, Identifiers {
  readonly isRecording = true;
  readonly isAwaited: boolean;
  readonly #options: JournalOptions;
  #owner: StoreOwner | null = null;
  #retained = new Map<string, RetainedEntry>();
  #segments: Segment[] = [];
  #usage = new Usage();
  #lastIdentifier = 0;
  #lastSessionNumber = 0;
  #lastSegment = 0;
  /** What the next batch looks at, in the order in which it changed. */
  #pending: Entry[] = [];
  /** Who waits for the next batch. */
  #waiting: Waiting[] = [];
  /** The batch that is being written. */
  #batch: Batch | null = null;
  #written: Promise<void> = Promise.resolve();
  #isFailing = false;
  #commitCount = 0;
  #committedBytes = 0;
  #failureCount = 0;
  #isClosed = false;
  /** Ends the wait of a write that has failed, or does nothing. */
  #retry: () => void = () => {};
  /** Counts the scheduled commits; only the last one counts. */
  #scheduled = 0;
  #isScheduled = false;
  /** Whether the next commit is not to wait for more changes. */
  #isUrgent = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.isAwaited = options.isAwaited;
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** What there is to report at this moment. */
  readStatistics(): StoreStatistics {
    return {
      commitCount: this.#commitCount,
      committedBytes: this.#committedBytes,
      failureCount: this.#failureCount,
      isFailing: this.#isFailing,
      pendingCount: this.#pending.length,
      sizeBytes: this.#usage.sizeBytes,
      liveBytes: this.#usage.liveBytes,
      segmentCount: this.#segments.length,
    };
  }

  nextIdentifier(): number {
    return ++this.#lastIdentifier;
  }

  /** @throws {StoreError} If the medium is damaged and is not to be salvaged. */
  async load(owner: StoreOwner): Promise<void> {
    this.#owner = owner;
    const { medium, salvageFrom, observer } = this.#options;
    const progress = new Progress(owner.clock, observer);
    const recovery = new Recovery(this.#usage);
    const source = salvageFrom ?? medium;
    for await (const segment of source.read()) {
      try {
        if ("cause" in segment) throw new Error(segment.cause);
        recovery.add(segment);
        progress.add(segment.bytes.length);
      } catch (error) {
        if (salvageFrom === undefined) throw unreadable(source.location, error);
        observer.storeDamaged(
          error instanceof Error ? error.message : `${error}`,
        );
      }
    }
    recovery.finish(() => progress.goOn());
    progress.finish();
    this.#take(recovery);
    if (salvageFrom !== undefined) await this.#writeAnew();
    for (const { current } of this.#retained.values()) {
      owner.restoreRetained(current!);
    }
    for (const session of recovery.sessions()) owner.restoreSession(session);
  }

  sessionChanged(session: ClientSession): void {
    let entry = session.record as SessionEntry | null;
    if (entry === null) {
      if (!session.isPersistent) return;
      entry = new SessionEntry(session, ++this.#lastSessionNumber);
      session.record = entry;
    }
    this.#rewrite(entry);
  }

  receivedQos2Changed(session: ClientSession, packetIdentifier: number): void {
    const entry = session.record as SessionEntry | null;
    if (entry === null) return;
    entry.noteQos2Change(packetIdentifier);
    this.#change(entry);
  }

  sessionEnded(session: ClientSession): void {
    const entry = session.record as SessionEntry | null;
    if (entry === null) return;
    session.record = null;
    entry.isEnded = true;
    for (const { record } of session.subscriptions.values()) {
      (record as SubscriptionEntry).leaveSegment();
    }
    this.#change(entry);
  }

  subscriptionAdded(
    key: string,
    subscription: Subscription<ClientSession>,
    old: Subscription<ClientSession> | null,
  ): void {
    const owner = subscription.subscriber.record as SessionEntry | null;
    if (owner === null) return;
    const entry = old === null
      ? new SubscriptionEntry(owner, key, subscription)
      : old.record as SubscriptionEntry;
    entry.subscription = subscription;
    subscription.record = entry;
    this.#change(entry);
  }

  subscriptionRemoved(subscription: Subscription<ClientSession>): void {
    const entry = subscription.record as SubscriptionEntry | null;
    if (entry === null) return;
    entry.subscription = null;
    this.#change(entry);
  }

  deliveryAdded(session: ClientSession, delivery: Delivery): void {
    const owner = session.record as SessionEntry | null;
    if (owner === null) return;
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
    if (this.#pending.length > 0) {
      this.#waiting.push(waiting);
      if (isUrgent) this.#hurry();
    } else if (this.#batch !== null) {
      this.#batch.waiting.push(waiting);
    } else {
      waiting.proceed();
    }
  }

  /** Whether a batch is being written, or something waits for one. */
  get #isBusy(): boolean {
    return this.#batch !== null || this.#pending.length > 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry();
    while (this.#isBusy) {
      if (this.#batch === null) this.#commit();
      await this.#written;
      if (this.#isFailing) break;
    }
    await this.#options.medium.close();
    await this.#options.salvageFrom?.close();
    this.#options.onClosed?.();
  }

  #take(recovery: Recovery): void {
    this.#retained = recovery.retained;
    this.#segments = recovery.segments;
    this.#lastIdentifier = recovery.lastIdentifier;
    this.#lastSessionNumber = recovery.lastSessionNumber;
    this.#lastSegment = this.#segments.at(-1)?.identifier ?? 0;
  }

  /** Writes everything that was salvaged to the new medium. */
  async #writeAnew(): Promise<void> {
    const segments = this.#segments;
    this.#segments = [];
    this.#usage.sizeBytes = 0;
    this.#lastSegment = 0;
    let sizeBytes = 0;
    for (const segment of segments) {
      for (const entry of segment.entries) {
        if (entry.segment !== segment) continue;
        sizeBytes += entry.recordBytes;
        this.#rewrite(entry);
        if (sizeBytes < SALVAGED_BYTES) continue;
        sizeBytes = 0;
        this.#commit();
        await this.#written;
      }
    }
    this.#commit();
    await this.#written;
  }

  #change(entry: Entry): void {
    if (entry.isPending) return;
    entry.isPending = true;
    this.#pending.push(entry);
    if (!this.#isScheduled) this.#schedule(this.#options.gatherMs);
  }

  /** Has the whole record of `entry` written again. */
  #rewrite(entry: Entry): void {
    entry.isWhole = true;
    this.#change(entry);
  }

  #hurry(): void {
    if (this.#isUrgent) return;
    this.#isUrgent = true;
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#batch !== null || this.#isClosed) return;
    this.#isScheduled = true;
    const number = ++this.#scheduled;
    this.#options.schedule(delayMs, () => {
      if (number === this.#scheduled && this.#batch === null) this.#commit();
    });
  }

  /** Writes the next batch; nothing else is being written. */
  #commit(): void {
    this.#isScheduled = false;
    this.#isUrgent = false;
    this.#scheduled++;
    const segment = new Segment(this.#lastSegment + 1, this.#usage);
    const batch = new Batch(segment, this.#waiting, this);
    const pending = this.#pending;
    this.#pending = [];
    this.#waiting = [];
    for (let i = 0; i < pending.length; i++) {
      pending[i].isPending = false;
      pending[i].write(batch);
    }
    if (batch.isEmpty) {
      this.#owner!.proceed(batch.waiting);
    } else {
      this.#batch = batch;
      this.#written = this.#write(batch);
    }
  }

  /** Writes `batch`, however often that fails, and goes on with what waited for it. */
  async #write(batch: Batch): Promise<void> {
    const { segment } = batch;
    const { identifier } = segment;
    const bytes = batch.finish();
    this.#lastSegment = identifier;
    this.#segments.push(segment);
    const removed = takeDeadSegments(this.#segments, segment);
    const { medium, observer, schedule } = this.#options;
    const { clock } = this.#owner!;
    const startMs = clock.nowMs();
    for (;;) {
      try {
        await medium.write({ identifier, bytes }, removed);
        break;
      } catch (error) {
        this.#isFailing = true;
        this.#failureCount++;
        observer.storeFailing(error);
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => {
          this.#retry = resolve;
          schedule(RETRY_MS, resolve);
        });
      }
    }
    this.#batch = null;
    this.#commitCount++;
    this.#committedBytes += bytes.length;
    const elapsedMs = clock.nowMs() - startMs;
    observer.storeCommitted({ sizeBytes: bytes.length, elapsedMs });
    if (this.#isFailing) {
      this.#isFailing = false;
      observer.storeWorking();
    }
    this.#owner!.proceed(batch.waiting);
    this.#goOn();
  }

  /** Starts cleaning if it is worth it, and the next commit if there is something for it. */
  #goOn(): void {
    const limits = this.#options.cleaning ?? CLEANING_LIMITS;
    const segments = this.#segments;
    if (isWorthCleaning(this.#usage, segments.length, limits)) {
      moveLiveEntries(
        segments,
        limits.movedBytes,
        (entry) => this.#rewrite(entry),
      );
    }
    if (this.#pending.length === 0) return;
    if (this.#isUrgent) this.#schedule(0);
    else if (!this.#isScheduled) this.#schedule(this.#options.gatherMs);
  }
}
