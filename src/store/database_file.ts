import { DatabaseSync } from "node:sqlite";
import { unreadable } from "./medium.ts";

/** Tables that each database of Deno KV has. */
const KV_TABLES = ["kv", "migration_state"];

/**
 * Looks at the file of a Deno KV database before Deno KV does, without writing
 * to it: Deno KV would make its tables in the database of another program, and
 * end the process over a damaged index. A file that is missing or empty is fine.
 * @throws {UnreadableStoreError} If it is damaged or foreign.
 */
export function examineDatabaseFile(path: string): void {
  if (isMissingOrEmpty(path)) return;
  let fault: string | null;
  try {
    using database = new DatabaseSync(path, { readOnly: true });
    fault = findFault(database);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (fault !== null) throw unreadable(path, fault);
}

/** Free space in a file that is left for what comes. */
const TOLERATED_FREE_BYTES = 16 * 1_048_576;

/**
 * Whether the database file at `path`, which is sound, is large and more than
 * half empty: SQLite fills the space of what was deleted again, but gives none
 * of it back.
 */
export function isMostlyFree(path: string): boolean {
  using database = new DatabaseSync(path, { readOnly: true });
  const [pageBytes, pageCount, freeCount] = [
    "page_size",
    "page_count",
    "freelist_count",
  ].map((name) => Number(database.prepare(`PRAGMA ${name}`).get()?.[name]));
  return freeCount * pageBytes > TOLERATED_FREE_BYTES &&
    freeCount * 2 > pageCount;
}

/**
 * Gives the free space in the database file at `path`, which nobody else has
 * open, back to the disk. That takes as long as writing what is left.
 */
export function shrinkDatabaseFile(path: string): void {
  try {
    using database = new DatabaseSync(path);
    database.exec("VACUUM");
  } catch {
    // Then it stays large, and the disk may be full: the next write tells.
  }
}

function isMissingOrEmpty(path: string): boolean {
  try {
    const { isFile, size } = Deno.statSync(path);
    return isFile && size === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw unreadable(path, error);
  }
}

function findFault(database: DatabaseSync): string | null {
  const names = database.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table'",
  ).all().map(({ name }) => name);
  // A process that was killed early may have left a database without tables.
  if (names.length === 0) return null;
  if (KV_TABLES.some((table) => !names.includes(table))) {
    return "it is the database of another program";
  }
  const [report] = database.prepare("PRAGMA quick_check(1)").all();
  const finding = String(report.quick_check);
  return finding === "ok" ? null : finding;
}
