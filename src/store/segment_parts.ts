import type { DamagedSegment, StoredSegment } from "./medium.ts";

/** Deno KV takes 65,536 bytes a value; each part has two bytes of its own. */
const PART_BYTES = 61_440;
const PART_HEADER_BYTES = 2;

/** How many parts a segment of `sizeBytes` has. */
export function countParts(sizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / PART_BYTES));
}

/** Cuts part `index` out of a segment: the count of parts, then its bytes. */
export function cutPart(bytes: Uint8Array, index: number): Uint8Array {
  const partCount = countParts(bytes.length);
  const payload = bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
  const part = new Uint8Array(PART_HEADER_BYTES + payload.length);
  part[0] = partCount >> 8;
  part[1] = partCount;
  part.set(payload, PART_HEADER_BYTES);
  return part;
}

/**
 * Puts the parts of one segment together as they come. The first part of a
 * segment is written last: without it the segment does not exist, and the
 * others are strays of a write that a crash cut off.
 */
export class SegmentParts {
  readonly identifier: number;
  readonly #parts: Uint8Array[] = [];
  #strayCount = 0;

  constructor(identifier: number) {
    this.identifier = identifier;
  }

  /** How many there should be, as far as that is known. */
  get partCount(): number {
    return this.#parts.length === 0
      ? 0
      : this.#parts[0][0] << 8 | this.#parts[0][1];
  }

  /** Whether nothing but strays has come. */
  get isCutOff(): boolean {
    return this.#parts.length === 0;
  }

  /** Parts that have come, strays included. */
  get count(): number {
    return this.#parts.length + this.#strayCount;
  }

  add(index: number, part: Uint8Array): void {
    if (index === this.#parts.length) this.#parts.push(part);
    else this.#strayCount++;
  }

  /** The segment, which is not cut off. */
  join(): StoredSegment | DamagedSegment {
    const { identifier, partCount } = this;
    if (this.#parts.length !== partCount) {
      return {
        identifier,
        cause: `segment ${identifier} has ${this.#parts.length} of its ` +
          `${partCount} parts`,
      };
    }
    if (partCount === 1) {
      return { identifier, bytes: this.#parts[0].subarray(PART_HEADER_BYTES) };
    }
    const bytes = new Uint8Array(
      this.#parts.reduce((sum, { length }) => sum + length, 0) -
        partCount * PART_HEADER_BYTES,
    );
    let offset = 0;
    for (const part of this.#parts) {
      bytes.set(part.subarray(PART_HEADER_BYTES), offset);
      offset += part.length - PART_HEADER_BYTES;
    }
    return { identifier, bytes };
  }
}

/** All from `start` on and before `end`, which should be there and are not. */
export function missingSegments(start: number, end: number): DamagedSegment {
  return {
    identifier: start,
    cause: `segments ${start} to ${end - 1} are missing`,
  };
}
