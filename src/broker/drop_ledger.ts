import { shorten } from "./heavy_hitters.ts";

/** Longer names are cut, so that the bound on records is one on memory too. */
const LONGEST_NAME_LENGTH = 256;

/** Messages that were dropped for one reason, one after the other. */
export interface DropRecord {
  /** Counts all records since the start; the newest has the highest. */
  readonly sequence: number;
  /** A {@linkcode DropReason}. */
  readonly reason: number;
  /** Who did not get them; with `refused`, who sent them. */
  readonly clientIdentifier: string;
  readonly topicName: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly count: number;
}

type Slot = { -readonly [Name in keyof DropRecord]: DropRecord[Name] };

/**
 * The last dropped messages: a ring whose slots are written over in place, so
 * that a flood of drops costs no memory. Drops that differ from the one before
 * in their time only share its record.
 */
export class DropLedger {
  #capacity: number;
  #slots: Slot[] = [];
  /** Records before the one that the first slot had first. */
  #skippedCount = 0;
  #last: Slot | null = null;

  /** `capacity` is at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Keeps the newest `capacity` records from now on; it is at least 1. */
  resize(capacity: number): void {
    const newest = this.#last?.sequence ?? 0;
    const keptCount = Math.min(this.#slots.length, capacity);
    const slots = [];
    for (let i = newest - keptCount + 1; i <= newest; i++) {
      slots.push(this.#slots[this.#indexOf(i)]);
    }
    this.#slots = slots;
    this.#capacity = capacity;
    this.#skippedCount = newest - keptCount;
  }

  /** Counts `count` messages that were dropped at `nowMs`. */
  note(
    nowMs: number,
    reason: number,
    clientIdentifier: string,
    topicName: string,
    count: number,
  ): void {
    const last = this.#last;
    if (
      last !== null && last.reason === reason &&
      last.clientIdentifier === clientIdentifier &&
      last.topicName === topicName
    ) {
      last.count += count;
      last.lastAtMs = nowMs;
      return;
    }
    const slot = this.#nextSlot();
    slot.reason = reason;
    slot.clientIdentifier = bounded(clientIdentifier);
    slot.topicName = bounded(topicName);
    slot.firstAtMs = nowMs;
    slot.lastAtMs = nowMs;
    slot.count = count;
  }

  /** At most `limit` records with a `sequence` below `before`, the newest first; copies. */
  list(limit: number, before = Infinity): DropRecord[] {
    const records: DropRecord[] = [];
    const newest = this.#last?.sequence ?? 0;
    const oldest = newest - this.#slots.length + 1;
    let sequence = Math.min(newest, before - 1);
    for (; sequence >= oldest && records.length < limit; sequence--) {
      records.push({ ...this.#slots[this.#indexOf(sequence)] });
    }
    return records;
  }

  #indexOf(sequence: number): number {
    return (sequence - 1 - this.#skippedCount) % this.#capacity;
  }

  #nextSlot(): Slot {
    const sequence = (this.#last?.sequence ?? 0) + 1;
    const index = this.#indexOf(sequence);
    if (index === this.#slots.length) this.#slots.push(emptySlot());
    const slot = this.#slots[index];
    slot.sequence = sequence;
    this.#last = slot;
    return slot;
  }
}

function emptySlot(): Slot {
  return {
    sequence: 0,
    reason: 0,
    clientIdentifier: "",
    topicName: "",
    firstAtMs: 0,
    lastAtMs: 0,
    count: 0,
  };
}

function bounded(name: string): string {
  return name.length > LONGEST_NAME_LENGTH ? shorten(name) : name;
}
