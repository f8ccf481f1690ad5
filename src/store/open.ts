import type { Store } from "../broker/mod.ts";
import type { PersistenceConfig } from "../config/mod.ts";
import { JournalStore } from "./journal.ts";
import { KvMedium } from "./kv_medium.ts";
import { unreadable, UnreadableStoreError } from "./medium.ts";
import { MemoryStore } from "./memory.ts";
import { moveAside } from "./move_aside.ts";
import { SILENT_STORE_OBSERVER, type StoreObserver } from "./observer.ts";
import { Recovery } from "./recovery.ts";
import { Usage } from "./segment.ts";
import { lockStore } from "./store_lock.ts";

/** Acknowledgements of connected receivers mostly come sooner than this. */
const GATHER_MS = 5;

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
    const salvageFrom = options.recover && !await isReadable(path)
      ? moveAside(path, observer)
      : undefined;
    const timers = new StoreTimers();
    return new JournalStore({
      medium: await KvMedium.open(path),
      isAwaited: durability === "commit",
      gatherMs: durability === "commit" ? GATHER_MS : relaxedIntervalMs,
      schedule: (delayMs, callback) => timers.schedule(delayMs, callback),
      salvageFrom,
      observer,
      onClosed: () => {
        timers.clear();
        lock.release();
      },
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Those of one store: a program that has stopped must not wait for them. */
class StoreTimers {
  readonly #timers = new Set<number>();

  schedule(delayMs: number, callback: () => void): void {
    if (delayMs === 0) {
      queueMicrotask(callback);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}

/**
 * Whether the store at `path` can be used as it is.
 * @throws {StoreError} If it is too new, which is not for us to move aside.
 */
async function isReadable(path: string): Promise<boolean> {
  let medium: KvMedium | null = null;
  try {
    medium = await KvMedium.open(path);
    const recovery = new Recovery(new Usage());
    for await (const segment of medium.read()) {
      if ("cause" in segment) return false;
      try {
        recovery.add(segment);
      } catch (error) {
        throw unreadable(path, error);
      }
    }
    return true;
  } catch (error) {
    if (error instanceof UnreadableStoreError) return false;
    throw error;
  } finally {
    await medium?.close();
  }
}
