import { DatabaseSync, type StatementSync } from "node:sqlite";
import { JOURNAL_KEY } from "./kv_medium.ts";
import type { DamagedSegment, Medium, StoredSegment } from "./medium.ts";
import { missingSegments, SegmentParts } from "./segment_parts.ts";

/** How many segments in a row may be unreadable before the rest is given up. */
const MAXIMUM_UNREADABLE = 100_000;

/**
 * The file of a damaged {@linkcode KvMedium}, read with SQLite itself: that
 * can step over what does not read, and leaves the file as it is.
 */
export class SalvageMedium implements Medium {
  readonly location: string;
  readonly #database: DatabaseSync;
  readonly #nextPart: StatementSync;

  /** @throws {Error} If nothing of it can be read. */
  constructor(path: string) {
    this.location = path;
    this.#database = new DatabaseSync(path, { readOnly: true });
    try {
      this.#nextPart = this.#database.prepare(
        "SELECT k, v FROM kv WHERE k >= ? ORDER BY k LIMIT 1",
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  async *read(): AsyncIterable<StoredSegment | DamagedSegment> {
    let next: number | null = null;
    for (const found of this.#readParts()) {
      const { identifier } = found;
      if (next !== null && identifier > next) {
        yield await Promise.resolve(missingSegments(next, identifier));
      }
      if (!(found instanceof SegmentParts)) {
        yield await Promise.resolve(found);
        next = null;
      } else if (!found.isCutOff) {
        yield await Promise.resolve(found.join());
        next = identifier + 1;
      }
    }
  }

  write(): Promise<void> {
    return Promise.reject(new Error("Cannot write to a damaged store"));
  }

  close(): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }

  *#readParts(): Iterable<SegmentParts | DamagedSegment> {
    let parts: SegmentParts | null = null;
    let fault: DamagedSegment | null = null;
    let identifier = 0;
    let index = 0;
    let unreadableCount = 0;
    while (unreadableCount < MAXIMUM_UNREADABLE) {
      let row: PartRow | null;
      try {
        row = readRow(this.#nextPart, encodeKey(identifier, index));
      } catch (error) {
        fault ??= { identifier, cause: `segment ${identifier}: ${error}` };
        unreadableCount++;
        identifier++;
        index = 0;
        continue;
      }
      unreadableCount = 0;
      if (row?.identifier !== parts?.identifier && parts !== null) {
        yield parts;
        parts = null;
      }
      if (fault !== null) yield fault;
      fault = null;
      if (row === null) return;
      ({ identifier, index } = row);
      parts ??= new SegmentParts(identifier);
      parts.add(index++, row.value);
    }
    if (parts !== null) yield parts;
    if (fault !== null) yield fault;
  }
}

interface PartRow {
  readonly identifier: number;
  readonly index: number;
  readonly value: Uint8Array;
}

/**
 * The first part from `key` on, or `null`.
 * @throws {Error} If the file is damaged there.
 */
function readRow(statement: StatementSync, key: Uint8Array): PartRow | null {
  const row = statement.get(key);
  if (row === undefined) return null;
  const place = decodeKey(row.k as Uint8Array);
  return place === null ? null : { ...place, value: row.v as Uint8Array };
}

const STRING_TAG = 0x02;
const NUMBER_TAG = 0x21;
const NUMBER_BYTES = 8;

/** As Deno KV encodes the beginning of each key of the journal. */
const PREFIX = Uint8Array.of(
  STRING_TAG,
  ...new TextEncoder().encode(JOURNAL_KEY),
  0,
);

/** Deno KV's encoding of a key whose bytes sort as its numbers do. */
function encodeKey(identifier: number, index: number): Uint8Array {
  const key = new Uint8Array(PREFIX.length + 2 * (1 + NUMBER_BYTES));
  key.set(PREFIX);
  const view = new DataView(key.buffer);
  let offset = PREFIX.length;
  for (const number of [identifier, index]) {
    key[offset] = NUMBER_TAG;
    view.setFloat64(offset + 1, number);
    key[offset + 1] ^= 0x80;
    offset += 1 + NUMBER_BYTES;
  }
  return key;
}

/** `null` for a key that is none of the journal. */
function decodeKey(
  key: Uint8Array,
): { identifier: number; index: number } | null {
  const isOurs = key.length === PREFIX.length + 2 * (1 + NUMBER_BYTES) &&
    PREFIX.every((byte, i) => key[i] === byte);
  if (!isOurs) return null;
  const bytes = key.slice();
  const [first, second] = [PREFIX.length, PREFIX.length + 1 + NUMBER_BYTES];
  bytes[first + 1] ^= 0x80;
  bytes[second + 1] ^= 0x80;
  const view = new DataView(bytes.buffer);
  return {
    identifier: view.getFloat64(first + 1),
    index: view.getFloat64(second + 1),
  };
}
