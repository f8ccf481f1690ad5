/** One stored piece of the journal. */
export interface StoredSegment {
  /** Ascending in the order of writing. */
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
  /**
   * Reads every segment in ascending order.
   * @throws {StoreError} If the medium is damaged, foreign or too new.
   */
  read(): AsyncIterable<StoredSegment | DamagedSegment>;
  /** Resolves when `bytes` would survive a crash; rejects if they may not. */
  write(identifier: number, bytes: Uint8Array): Promise<void>;
  /** Removes segments; a crash may bring them back. */
  remove(identifiers: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** A store cannot be used as it is; the message names place, cause and remedy. */
export class StoreError extends Error {
  override name = "StoreError";
}
