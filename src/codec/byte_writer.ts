import { copyBytes } from "./_copy_bytes.ts";
import { encodeUtf8Into } from "./utf8.ts";
import { putVariableByteInteger } from "./variable_byte_integer.ts";

/** Where a {@linkcode ByteWriter} takes its arrays from. */
export interface BufferAllocator {
  /** An array of at least `minimumBytes`; its content does not matter. */
  acquire(minimumBytes: number): Uint8Array;
  /** Takes back an array that the writer has outgrown. */
  release(bytes: Uint8Array): void;
}

const heapAllocator: BufferAllocator = {
  acquire: (minimumBytes) => new Uint8Array(minimumBytes),
  release: () => {},
};

const emptyBytes = new Uint8Array(0);
const emptyView = new DataView(emptyBytes.buffer);

const MINIMUM_CAPACITY_BYTES = 256;

/**
 * Growing output. What is written stands in `bytes` from 0 to `length`; both
 * are public because the hot path reads them, and whoever has sent the bytes
 * sets `length` back to 0. `writeUint8` to `writeVariableByteInteger` do not
 * check their values: the caller holds the bound.
 */
export class ByteWriter {
  bytes: Uint8Array;
  length: number;
  readonly #allocator: BufferAllocator;
  /** A view of `#viewed`, which is `bytes` unless someone has swapped that. */
  #view: DataView;
  #viewed: Uint8Array;

  /** Starts with `bytes`, which it owns from now on and may release. */
  constructor(
    bytes: Uint8Array = emptyBytes,
    allocator: BufferAllocator = heapAllocator,
  ) {
    this.bytes = bytes;
    this.length = 0;
    this.#allocator = allocator;
    this.#view = emptyView;
    this.#viewed = emptyBytes;
  }

  /**
   * Gives away what has been written, in `[0, length)` of the array returned,
   * and starts anew without an array: an idle writer pins nothing.
   */
  take(): Uint8Array {
    const bytes = this.bytes;
    this.bytes = emptyBytes;
    this.length = 0;
    this.#view = emptyView;
    this.#viewed = emptyBytes;
    return bytes;
  }

  /** Makes room for `additionalBytes` more; the only place that allocates. */
  ensureCapacity(additionalBytes: number): void {
    if (this.length + additionalBytes > this.bytes.length) {
      this.#grow(this.length + additionalBytes);
    }
  }

  #grow(neededBytes: number): void {
    const old = this.bytes;
    const bytes = this.#allocator.acquire(
      Math.max(neededBytes, old.length * 2, MINIMUM_CAPACITY_BYTES),
    );
    bytes.set(old.subarray(0, this.length));
    this.bytes = bytes;
    if (old.length > 0) this.#allocator.release(old);
  }

  /** One byte. */
  writeUint8(value: number): void {
    this.ensureCapacity(1);
    this.bytes[this.length++] = value;
  }

  /** A Two Byte Integer. */
  writeUint16(value: number): void {
    this.ensureCapacity(2);
    this.bytes[this.length++] = value >>> 8;
    this.bytes[this.length++] = value;
  }

  /** A Four Byte Integer. */
  writeUint32(value: number): void {
    this.ensureCapacity(4);
    this.bytes[this.length++] = value >>> 24;
    this.bytes[this.length++] = value >>> 16;
    this.bytes[this.length++] = value >>> 8;
    this.bytes[this.length++] = value;
  }

  /** In the fewest bytes that hold `value` [MQTT-1.5.5-1]. */
  writeVariableByteInteger(value: number): void {
    this.ensureCapacity(4);
    this.length = putVariableByteInteger(this.bytes, this.length, value);
  }

  /** The bytes from `start` to `end`, without a length. */
  writeBytes(source: Uint8Array, start: number, end: number): void {
    this.ensureCapacity(end - start);
    this.putBytes(this.length, source, start, end);
    this.length += end - start;
  }

  /**
   * Copies `[start, end)` of `source`, which lies outside `bytes`, to
   * `position`, where room has been made; `length` stays.
   */
  putBytes(
    position: number,
    source: Uint8Array,
    start: number,
    end: number,
  ): void {
    const bytes = this.bytes;
    if (this.#viewed !== bytes) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    copyBytes(bytes, this.#view, position, source, start, end);
  }

  /**
   * A UTF-8 Encoded String: two bytes of length, then the text.
   * @throws {RangeError} If it is over 65,535 bytes, or holds U+0000 or a lone
   * surrogate [MQTT-1.5.4-1] [MQTT-1.5.4-2].
   */
  writeString(text: string): void {
    if (text.length > 0xffff) throw tooLong("string", text.length);
    this.ensureCapacity(2 + 3 * text.length);
    const start = this.length + 2;
    const end = encodeUtf8Into(text, this.bytes, start);
    if (end - start > 0xffff) throw tooLong("string", end - start);
    this.writeUint16(end - start);
    this.length = end;
  }

  /**
   * Binary Data: two bytes of length, then the bytes.
   * @throws {RangeError} If it is over 65,535 bytes.
   */
  writeBinary(bytes: Uint8Array): void {
    if (bytes.length > 0xffff) throw tooLong("Binary Data", bytes.length);
    this.writeUint16(bytes.length);
    this.writeBytes(bytes, 0, bytes.length);
  }
}

function tooLong(kind: string, sizeBytes: number): RangeError {
  return new RangeError(
    `Cannot encode ${kind}: it has ${sizeBytes} bytes or more, the maximum ` +
      "is 65535",
  );
}
