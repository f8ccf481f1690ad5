/** What a store has done since it was opened, and how it stands, at one moment. */
export interface StoreStatistics {
  /** Batches that were written and would survive a crash. */
  readonly commitCount: number;
  /** Bytes of these batches. */
  readonly committedBytes: number;
  /** Writes that failed; each is tried again. */
  readonly failureCount: number;
  /** Whether writing fails at present. */
  readonly isFailing: boolean;
  /** Changes that wait for the next batch: the depth of the queue to the disk. */
  readonly pendingCount: number;
  /** Bytes of the journal on the medium. */
  readonly sizeBytes: number;
  /** Of these, the bytes of records that are still valid. */
  readonly liveBytes: number;
  readonly segmentCount: number;
}

/** One batch that is safe. */
export interface StoreCommit {
  readonly sizeBytes: number;
  /** From the beginning of writing, failed attempts included. */
  readonly elapsedMs: number;
}
