import type { Entry } from "./entries.ts";

/** How much of a journal is there, and how much of that is still valid. */
export class Usage {
  /** As stored. */
  sizeBytes = 0;
  /** Of valid records. */
  liveBytes = 0;
}

/** One written batch of records, and what of it is still valid. */
export class Segment {
  readonly identifier: number;
  /** As stored. */
  sizeBytes = 0;
  /** What was written into it; an entry may have moved on or ended since. */
  readonly entries: Entry[] = [];
  /** Entries that are still here. */
  liveCount = 0;
  readonly #usage: Usage;

  constructor(identifier: number, usage: Usage) {
    this.identifier = identifier;
    this.#usage = usage;
  }

  /** The segment has been encoded, or read. */
  complete(sizeBytes: number): void {
    this.sizeBytes = sizeBytes;
    this.#usage.sizeBytes += sizeBytes;
  }

  /** `entry` has its valid record here, of `recordBytes`. */
  enter(entry: Entry, recordBytes: number): void {
    entry.segment = this;
    entry.recordBytes = recordBytes;
    this.entries.push(entry);
    this.liveCount++;
    this.#usage.liveBytes += recordBytes;
  }

  /** An entry of `recordBytes` has its valid record elsewhere from now on, or none. */
  leave(recordBytes: number): void {
    this.liveCount--;
    this.#usage.liveBytes -= recordBytes;
  }

  /** The segment is to be removed from the medium. */
  remove(): void {
    this.#usage.sizeBytes -= this.sizeBytes;
  }
}
