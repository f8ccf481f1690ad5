import type { Entry } from "./entries.ts";

/** One written batch of records, and what of it is still valid. */
export class Segment {
  readonly identifier: number;
  /** As stored. */
  sizeBytes = 0;
  /** What was written into it; an entry may have moved on or ended since. */
  readonly entries: Entry[] = [];
  /** Entries that are still here. */
  liveCount = 0;
  /** Bytes of their records. */
  liveBytes = 0;

  constructor(identifier: number) {
    this.identifier = identifier;
  }
}
