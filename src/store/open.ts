import type { Store } from "../broker/mod.ts";
import type { PersistenceConfig } from "../config/mod.ts";
import { JournalStore } from "./journal.ts";
import { KvMedium } from "./kv_medium.ts";
import { StoreError } from "./medium.ts";
import { MemoryStore } from "./memory.ts";
import { SILENT_STORE_OBSERVER, type StoreObserver } from "./observer.ts";
import { lockStore } from "./store_lock.ts";

/** Acknowledgements of connected receivers mostly come sooner than this. */
const GATHER_MS = 5;
/** What a database file has beside it. */
const COMPANIONS = ["", "-wal", "-shm"];

export interface OpenStoreOptions {
  /** Moves a damaged store aside and keeps what reads of it. */
  readonly recover?: boolean;
  readonly observer?: StoreObserver;
}

/**
 * Opens the store that the configuration asks for. `Store.load` reads it.
 * @throws {StoreError} If it is damaged, foreign, too new or in use.
 */
export async function openStore(
  config: PersistenceConfig,
  options: OpenStoreOptions = {},
): Promise<Store> {
  const { path, durability, relaxedIntervalMs } = config;
  if (path === null || durability === "memory") return new MemoryStore();
  const observer = options.observer ?? SILENT_STORE_OBSERVER;
  const lock = await lockStore(path);
  try {
    const salvageFrom = options.recover
      ? await moveAside(path, observer)
      : undefined;
    return new JournalStore({
      medium: await KvMedium.open(path),
      isAwaited: durability === "commit",
      gatherMs: durability === "commit" ? GATHER_MS : relaxedIntervalMs,
      schedule,
      salvageFrom,
      observer,
      onClosed: () => lock.release(),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

function schedule(delayMs: number, callback: () => void): void {
  if (delayMs === 0) queueMicrotask(callback);
  else setTimeout(callback, delayMs);
}

/**
 * Renames the files of the store, and opens them there if they can be opened
 * at all. Nothing is ever deleted: what does not read stays for a specialist.
 */
async function moveAside(
  path: string,
  observer: StoreObserver,
): Promise<KvMedium | undefined> {
  const suffix = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const target = `${path}.damaged-${suffix}`;
  let isThere = false;
  for (const companion of COMPANIONS) {
    try {
      await Deno.rename(path + companion, target + companion);
      isThere = true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  if (!isThere) return undefined;
  observer.storeMoved(target);
  try {
    return await KvMedium.open(target);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    observer.storeDamaged(error.message);
    return undefined;
  }
}
