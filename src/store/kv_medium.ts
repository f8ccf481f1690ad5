import {
  examineDatabaseFile,
  isMostlyFree,
  shrinkDatabaseFile,
} from "./database_file.ts";
import {
  type DamagedSegment,
  type Medium,
  type StoredSegment,
  StoreError,
  unreadable,
} from "./medium.ts";
import {
  countParts,
  cutPart,
  missingSegments,
  SegmentParts,
} from "./segment_parts.ts";

/**
 * The version of everything that is written here. An older one is read, and
 * becomes this one, whose records only add to it; a newer one is refused.
 */
const FORMAT_VERSION = 3;
const FORMAT_KEY = ["rqtt", "format"];
/** First part of the key of everything else. */
export const JOURNAL_KEY = "journal";
/** Deno KV takes 800 KiB an atomic operation. */
const PARTS_AT_ONCE = 12;
/** Deno KV takes 1,000 changes an atomic operation. */
const REMOVALS_AT_ONCE = 900;
const READ_BATCH_SIZE = 200;

/**
 * Keeps segments in Deno KV, each cut into parts that fit its values. The
 * first part is written with the last atomic operation, and the oldest segments
 * are removed by that one too: before it nothing has happened.
 */
export class KvMedium implements Medium {
  readonly location: string;
  readonly #kv: Deno.Kv;
  /** Parts of each segment, to know its keys when it is removed. */
  readonly #partCounts = new Map<number, number>();

  private constructor(kv: Deno.Kv, path: string) {
    this.#kv = kv;
    this.location = path;
  }

  /**
   * Opens the database file at `path`, or makes one.
   * @throws {StoreError} If it is damaged, foreign or from a newer RQTT.
   */
  static async open(path: string): Promise<KvMedium> {
    examineDatabaseFile(path);
    let kv = await openDatabase(path);
    let isWasteful: boolean;
    try {
      await checkFormat(kv, path);
      isWasteful = isMostlyFree(path);
    } catch (error) {
      kv.close();
      throw error instanceof StoreError ? error : unreadable(path, error);
    }
    if (isWasteful) {
      kv.close();
      shrinkDatabaseFile(path);
      kv = await openDatabase(path);
    }
    return new KvMedium(kv, path);
  }

  async *read(): AsyncIterable<StoredSegment | DamagedSegment> {
    let next: number | null = null;
    for await (const parts of this.#readParts()) {
      if (parts.isCutOff) {
        await this.#removeStrays(parts);
        continue;
      }
      const { identifier } = parts;
      if (next !== null && identifier !== next) {
        yield missingSegments(next, identifier);
      }
      this.#partCounts.set(identifier, parts.partCount);
      yield parts.join();
      next = identifier + 1;
    }
  }

  async *#readParts(): AsyncIterable<SegmentParts> {
    let parts = new SegmentParts(-1);
    try {
      const entries = this.#kv.list<Uint8Array>(
        { prefix: [JOURNAL_KEY] },
        { batchSize: READ_BATCH_SIZE },
      );
      for await (const { key, value } of entries) {
        const [, identifier, index] = key as [string, number, number];
        if (parts.identifier !== identifier) {
          if (parts.count > 0) yield parts;
          parts = new SegmentParts(identifier);
        }
        parts.add(index, value);
      }
    } catch (error) {
      throw unreadable(this.location, error);
    }
    if (parts.count > 0) yield parts;
  }

  async write(
    { identifier, bytes }: StoredSegment,
    removed: readonly number[],
  ): Promise<void> {
    const partCount = countParts(bytes.length);
    let operation = this.#kv.atomic();
    for (let index = partCount - 1; index > 0; index--) {
      operation.set([JOURNAL_KEY, identifier, index], cutPart(bytes, index));
      if (index % PARTS_AT_ONCE !== 0) continue;
      await operation.commit();
      operation = this.#kv.atomic();
    }
    operation.set([JOURNAL_KEY, identifier, 0], cutPart(bytes, 0));
    this.#partCounts.set(identifier, partCount);
    const keys = removed.flatMap((each) => this.#keysOf(each));
    await removeKeys(this.#kv, keys, operation);
    for (const each of removed) this.#partCounts.delete(each);
  }

  close(): Promise<void> {
    this.#kv.close();
    return Promise.resolve();
  }

  #keysOf(identifier: number): Deno.KvKey[] {
    const count = this.#partCounts.get(identifier) ?? 1;
    return keysOf(identifier, count);
  }

  /** The next segment of that number must not find them. */
  async #removeStrays({ identifier }: SegmentParts): Promise<void> {
    const keys: Deno.KvKey[] = [];
    const prefix = [JOURNAL_KEY, identifier];
    for await (const { key } of this.#kv.list({ prefix })) keys.push(key);
    await removeKeys(this.#kv, keys, this.#kv.atomic());
  }
}

async function openDatabase(path: string): Promise<Deno.Kv> {
  try {
    return await Deno.openKv(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function keysOf(identifier: number, partCount: number): Deno.KvKey[] {
  return Array.from(
    { length: partCount },
    (_, index) => [JOURNAL_KEY, identifier, index],
  );
}

/** Removes `keys`: as many as possible with `operation`, the others after it. */
async function removeKeys(
  kv: Deno.Kv,
  keys: readonly Deno.KvKey[],
  operation: Deno.AtomicOperation,
): Promise<void> {
  for (let i = 0; i < keys.length; i++) {
    operation.delete(keys[i]);
    if ((i + 1) % REMOVALS_AT_ONCE !== 0) continue;
    await operation.commit();
    operation = kv.atomic();
  }
  await operation.commit();
}

/** Marks a new or older database as ours, and refuses one that is not. */
async function checkFormat(kv: Deno.Kv, path: string): Promise<void> {
  const { value } = await kv.get<unknown>(FORMAT_KEY);
  if (value === FORMAT_VERSION) return;
  if (typeof value === "number" && value > FORMAT_VERSION) {
    throw new StoreError(
      `Cannot open the store ${path}: its format is version ${value}, this ` +
        `RQTT knows ${FORMAT_VERSION}; start the newer RQTT that wrote it`,
    );
  }
  if (typeof value !== "number") {
    for await (const _entry of kv.list({ prefix: [] }, { limit: 1 })) {
      throw new Error("it is the database of another program");
    }
  }
  await kv.set(FORMAT_KEY, FORMAT_VERSION);
}
