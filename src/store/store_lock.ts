import { StoreError } from "./medium.ts";

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
 * @throws {StoreError} If another process has it, or the folder is missing.
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
  if (await file.tryLock(true)) return new StoreLock(file);
  file.close();
  throw new StoreError(
    `Cannot open the store ${path}: another process uses it, stop that one ` +
      "or change persistence.path",
  );
}
