import { StoreError } from "./medium.ts";

/** SQLite makes files of about this size beside a database that it opens. */
const ROOM_BYTES = 65_536;

/** Keeps other processes from a store: two brokers on one would destroy it. */
export class StoreLock {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  release(): void {
    this.#file.close();
  }
}

/**
 * Takes the lock of the store at `path`; the system gives it up when the
 * process ends, however it ends.
 * @throws {StoreError} If another process has it, the folder is missing, or the
 * disk is full: a sound store looks damaged then.
 */
export async function lockStore(path: string): Promise<StoreLock> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(`${path}.lock`, { create: true, write: true });
  } catch (error) {
    throw new StoreError(
      `Cannot open the store ${path}: ` +
        (error instanceof Deno.errors.NotFound
          ? "its folder does not exist, make it or change persistence.path"
          : error instanceof Error
          ? error.message
          : String(error)),
      { cause: error },
    );
  }
  try {
    if (!await file.tryLock(true)) {
      throw new StoreError(
        `Cannot open the store ${path}: another process uses it, stop that ` +
          "one or change persistence.path",
      );
    }
    await requireRoom(file, path);
  } catch (error) {
    file.close();
    throw error;
  }
  return new StoreLock(file);
}

/** Fills the file of the lock for a moment. */
async function requireRoom(file: Deno.FsFile, path: string): Promise<void> {
  try {
    for (let count = 0; count < ROOM_BYTES;) {
      count += await file.write(new Uint8Array(ROOM_BYTES - count));
    }
    await file.truncate();
  } catch (error) {
    throw new StoreError(
      `Cannot open the store ${path}: nothing can be written beside it ` +
        `(${error instanceof Error ? error.message : error}), make room there`,
      { cause: error },
    );
  }
}
