import {
  type DamagedSegment,
  type Medium,
  type StoredSegment,
  StoreError,
} from "./medium.ts";

/** The version of everything that is written here; a newer one is refused. */
const FORMAT_VERSION = 1;
const FORMAT_KEY = ["rqtt", "format"];
/** Deno KV takes 65,536 bytes a value; each part has two bytes of its own. */
const PART_BYTES = 61_440;
const PART_HEADER_BYTES = 2;
/** Deno KV takes 800 KiB an atomic operation. */
const PARTS_AT_ONCE = 12;
/** Deno KV removes at most 1,000 keys an atomic operation. */
const REMOVALS_AT_ONCE = 500;
const READ_BATCH_SIZE = 200;

/**
 * Keeps segments in Deno KV, each cut into parts that fit its values. The
 * first part says how many there are and is written last, with the rest of the
 * last atomic operation: without it a segment does not exist.
 */
export class KvMedium implements Medium {
  readonly #kv: Deno.Kv;
  readonly #path: string;
  /** Parts of each segment, to know its keys when it is removed. */
  readonly #partCounts = new Map<number, number>();

  private constructor(kv: Deno.Kv, path: string) {
    this.#kv = kv;
    this.#path = path;
  }

  /**
   * Opens the database file at `path`, or makes one.
   * @throws {StoreError} If it is damaged, foreign or from a newer RQTT.
   */
  static async open(path: string): Promise<KvMedium> {
    let kv: Deno.Kv;
    try {
      kv = await Deno.openKv(path);
    } catch (error) {
      throw damaged(path, error);
    }
    try {
      await checkFormat(kv, path);
      return new KvMedium(kv, path);
    } catch (error) {
      kv.close();
      throw error instanceof StoreError ? error : damaged(path, error);
    }
  }

  async *read(): AsyncIterable<StoredSegment | DamagedSegment> {
    let parts: Uint8Array[] = [];
    let identifier = -1;
    let partCount = 0;
    let strays: Deno.KvKey[] = [];
    try {
      const entries = this.#kv.list<Uint8Array>(
        { prefix: ["journal"] },
        { batchSize: READ_BATCH_SIZE },
      );
      for await (const { key, value } of entries) {
        const [, segment, part] = key as [string, number, number];
        if (segment !== identifier) {
          await this.#removeStrays(strays);
          const finished = this.#assemble(identifier, partCount, parts);
          if (finished !== null) yield finished;
          parts = [];
          strays = [];
          partCount = 0;
          identifier = segment;
        }
        if (part === 0) partCount = value[0] << 8 | value[1];
        if (partCount === 0) strays.push(key);
        else parts.push(value);
      }
    } catch (error) {
      throw damaged(this.#path, error);
    }
    await this.#removeStrays(strays);
    const finished = this.#assemble(identifier, partCount, parts);
    if (finished !== null) yield finished;
  }

  async write(identifier: number, bytes: Uint8Array): Promise<void> {
    const partCount = Math.max(1, Math.ceil(bytes.length / PART_BYTES));
    let operation = this.#kv.atomic();
    let size = 0;
    for (let part = partCount - 1; part >= 0; part--) {
      const payload = bytes.subarray(
        part * PART_BYTES,
        (part + 1) * PART_BYTES,
      );
      const value = new Uint8Array(PART_HEADER_BYTES + payload.length);
      value[0] = partCount >> 8;
      value[1] = partCount;
      value.set(payload, PART_HEADER_BYTES);
      operation.set(["journal", identifier, part], value);
      size++;
      if (size === PARTS_AT_ONCE || part === 0) {
        await operation.commit();
        operation = this.#kv.atomic();
        size = 0;
      }
    }
    this.#partCounts.set(identifier, partCount);
  }

  async remove(identifiers: readonly number[]): Promise<void> {
    let operation = this.#kv.atomic();
    let size = 0;
    for (const identifier of identifiers) {
      const partCount = this.#partCounts.get(identifier) ?? 1;
      for (let part = 0; part < partCount; part++) {
        operation.delete(["journal", identifier, part]);
        size++;
        if (size < REMOVALS_AT_ONCE) continue;
        await operation.commit();
        operation = this.#kv.atomic();
        size = 0;
      }
    }
    if (size > 0) await operation.commit();
    for (const identifier of identifiers) this.#partCounts.delete(identifier);
  }

  close(): Promise<void> {
    this.#kv.close();
    return Promise.resolve();
  }

  /** Removes parts without a first one: the next segment of that number must not find them. */
  async #removeStrays(keys: readonly Deno.KvKey[]): Promise<void> {
    if (keys.length === 0) return;
    const operation = this.#kv.atomic();
    for (const key of keys) operation.delete(key);
    await operation.commit();
  }

  /** A whole segment; `null` for one whose writing a crash cut off. */
  #assemble(
    identifier: number,
    partCount: number,
    parts: readonly Uint8Array[],
  ): StoredSegment | DamagedSegment | null {
    if (partCount === 0) return null;
    this.#partCounts.set(identifier, partCount);
    if (parts.length !== partCount) {
      return {
        identifier,
        cause: `segment ${identifier} of ${this.#path} has ${parts.length} ` +
          `of its ${partCount} parts`,
      };
    }
    if (partCount === 1) {
      return { identifier, bytes: parts[0].subarray(PART_HEADER_BYTES) };
    }
    const sizeBytes = parts.reduce(
      (sum, part) => sum + part.length - PART_HEADER_BYTES,
      0,
    );
    const bytes = new Uint8Array(sizeBytes);
    let offset = 0;
    for (const part of parts) {
      bytes.set(part.subarray(PART_HEADER_BYTES), offset);
      offset += part.length - PART_HEADER_BYTES;
    }
    return { identifier, bytes };
  }
}

/** Marks a new database as ours, and refuses one that is not. */
async function checkFormat(kv: Deno.Kv, path: string): Promise<void> {
  const { value } = await kv.get<number>(FORMAT_KEY);
  if (value === FORMAT_VERSION) return;
  if (typeof value === "number") {
    throw new StoreError(
      `Cannot open the store ${path}: its format is version ${value}, this ` +
        `RQTT knows ${FORMAT_VERSION}; start the newer RQTT that wrote it`,
    );
  }
  for await (const _entry of kv.list({ prefix: [] }, { limit: 1 })) {
    throw new StoreError(
      `Cannot open the store ${path}: it is the database of another program; ` +
        "name another file in persistence.path",
    );
  }
  await kv.set(FORMAT_KEY, FORMAT_VERSION);
}

function damaged(path: string, cause: unknown): StoreError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new StoreError(
    `Cannot open the store ${path}: ${message}; if the file is damaged, ` +
      "--recover moves it aside and keeps what reads",
    { cause },
  );
}
