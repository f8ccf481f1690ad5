import { SalvageMedium } from "./salvage.ts";
import type { StoreObserver } from "./observer.ts";

/** What a database file has beside it. */
const COMPANIONS = ["", "-wal", "-shm"];

/**
 * Renames the files of a damaged store, and opens them there if they can be
 * opened at all. Nothing is ever deleted: what does not read stays for a
 * specialist.
 */
export function moveAside(
  path: string,
  observer: StoreObserver,
): SalvageMedium | undefined {
  const time = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const target = `${path}.damaged-${time}`;
  for (const companion of COMPANIONS) {
    try {
      Deno.renameSync(path + companion, target + companion);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  observer.storeMoved(target);
  try {
    return new SalvageMedium(target);
  } catch (error) {
    observer.storeDamaged(error instanceof Error ? error.message : `${error}`);
    return undefined;
  }
}
