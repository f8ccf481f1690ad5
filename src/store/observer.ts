import type { StoreCommit } from "./statistics.ts";

/** Is told what an operator wants to know of a store. */
export interface StoreObserver {
  /** Reading back takes long; called once a second. */
  storeReading(progress: StoreProgress): void;
  storeRead(progress: StoreProgress): void;
  /** Writing failed; it is tried again once a second until it works. */
  storeFailing(error: unknown): void;
  storeWorking(): void;
  /** A batch is safe: up to some thousand times a second. */
  storeCommitted(commit: StoreCommit): void;
  /** A part of a damaged store could not be read, and is left out. */
  storeDamaged(cause: string): void;
  /** A damaged store was moved aside. */
  storeMoved(path: string): void;
}

/** How much of a store has been read. */
export interface StoreProgress {
  readonly segmentCount: number;
  readonly sizeBytes: number;
  readonly elapsedMs: number;
}

/** Looks away. */
export const SILENT_STORE_OBSERVER: StoreObserver = {
  storeReading() {},
  storeRead() {},
  storeFailing() {},
  storeWorking() {},
  storeCommitted() {},
  storeDamaged() {},
  storeMoved() {},
};
