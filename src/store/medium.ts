/** One stored piece of the journal. */
export interface StoredSegment {
  /** One more than that of the segment written before it. */
  readonly identifier: number;
  readonly bytes: Uint8Array;
}

/** What a medium knows of a piece of the journal that it cannot read. */
export interface DamagedSegment {
  readonly identifier: number;
  readonly cause: string;
}

/**
 * Where a journal keeps its segments: whole byte strings under ascending
 * numbers, each of which is either there completely after a crash or not at
 * all.
 */
export interface Medium {
  /** For messages: the path of a file. */
  readonly location: string;
  /**
   * Reads every segment in ascending order.
   * @throws {StoreError} If the medium is damaged, foreign or too new.
   */
  read(): AsyncIterable<StoredSegment | DamagedSegment>;
  /**
   * Adds `segment` and removes the oldest ones, named by `removed`, in one
   * step: after a crash both have happened, or nothing has. Only of a very long
   * `removed` the end may be left over. Resolves when all of it would survive a
   * crash; rejects if it may not, and can then be called again.
   */
  write(segment: StoredSegment, removed: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** A store cannot be used as it is; the message names place, cause and remedy. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** The store is damaged, or not ours: `--recover` may move it aside. */
export class UnreadableStoreError extends StoreError {
  override name = "UnreadableStoreError";
}

/** The error that says where, what, and what to do about it. */
export function unreadable(location: string, cause: unknown): StoreError {
  if (cause instanceof UnreadableStoreError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UnreadableStoreError(
    `Cannot read the store ${location}: ${reason}; name another file in ` +
      "persistence.path, or have this one moved aside and keep what reads " +
      "with --recover",
    { cause },
  );
}
