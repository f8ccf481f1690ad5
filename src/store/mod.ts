/**
 * Where sessions and messages are kept.
 * @module
 */
export { type JournalOptions, JournalStore } from "./journal.ts";
export { KvMedium } from "./kv_medium.ts";
export { type Medium, StoreError } from "./medium.ts";
export { MemoryMedium } from "./memory_medium.ts";
export { MemoryStore } from "./memory.ts";
export {
  SILENT_STORE_OBSERVER,
  type StoreObserver,
  type StoreProgress,
} from "./observer.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
export { TimedStoreObserver } from "./timed_observer.ts";
export type { StoreCommit, StoreStatistics } from "./statistics.ts";
