/** What an idle connection pins. */
const SMALLEST_BYTES = 512;
const LARGEST_BYTES = 262_144;
/** Free arrays kept for the next busy connection. */
const KEPT_FREE = 8;

const free: ArrayBuffer[] = [];
/** Shared by all windows that hold nothing. */
const nothing = new ArrayBuffer(0);

/** Takes the largest size from the free list: busy connections swap it often. */
function allocate(sizeBytes: number): ArrayBuffer {
  if (sizeBytes === LARGEST_BYTES) {
    const buffer = free.pop();
    if (buffer !== undefined) return buffer;
  }
  return new ArrayBuffer(sizeBytes);
}

function recycle(buffer: ArrayBuffer): void {
  if (buffer.byteLength === LARGEST_BYTES && free.length < KEPT_FREE) {
    free.push(buffer);
  }
}

/**
 * The bytes of one connection that have been received and not consumed. Its
 * array fits what the last reads brought: 512 bytes when they were small, up
 * to 256 KiB when they filled it, and more only while one packet needs it.
 */
export class ReadWindow {
  #buffer = nothing;
  #start = 0;
  #end = 0;
  #lastReadBytes = 0;

  get capacityBytes(): number {
    return this.#buffer.byteLength;
  }

  /** The unconsumed bytes are `bytes[start, end)`. */
  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#buffer);
  }

  /**
   * The room for the next read. A BYOB read detaches the array; give what it
   * returns to {@linkcode filled}.
   */
  room(): Uint8Array<ArrayBuffer> {
    const pendingBytes = this.#end - this.#start;
    this.#reserve(Math.max(this.#fittingBytes(), roomFor(pendingBytes)));
    return new Uint8Array(this.#buffer, pendingBytes);
  }

  /** Takes back the array with what the read has put into it. */
  filled(received: Uint8Array<ArrayBuffer>): void {
    this.#buffer = received.buffer;
    this.#lastReadBytes = received.byteLength;
    this.#end += received.byteLength;
  }

  /** Adds a copy of `received`, for sockets that read into arrays of their own. */
  append(received: Uint8Array): void {
    this.#lastReadBytes = received.byteLength;
    const pendingBytes = this.#end - this.#start;
    this.#reserve(roomFor(pendingBytes + received.byteLength));
    new Uint8Array(this.#buffer).set(received, pendingBytes);
    this.#end = pendingBytes + received.byteLength;
  }

  /** Everything before `start` has been handled. */
  consumed(start: number): void {
    this.#start = start;
  }

  /** Gives the array back if nothing is pending. */
  released(): void {
    if (this.#start < this.#end) return;
    recycle(this.#buffer);
    this.#buffer = nothing;
    this.#start = 0;
    this.#end = 0;
  }

  /** What stands from `end` on is not part of the stream. */
  shortened(end: number): void {
    this.#end = end;
  }

  /** The size that the last read asks for: four times as much if it filled its room. */
  #fittingBytes(): number {
    const capacity = this.#buffer.byteLength;
    if (this.#end === capacity) return Math.min(capacity * 4, LARGEST_BYTES);
    let sizeBytes = SMALLEST_BYTES;
    while (sizeBytes < this.#lastReadBytes * 2 && sizeBytes < LARGEST_BYTES) {
      sizeBytes *= 2;
    }
    return sizeBytes;
  }

  /** Brings what is pending to the front of an array of `sizeBytes`. */
  #reserve(sizeBytes: number): void {
    const pendingBytes = this.#end - this.#start;
    if (sizeBytes !== this.#buffer.byteLength) {
      const old = this.#buffer;
      this.#buffer = allocate(sizeBytes);
      new Uint8Array(this.#buffer).set(
        new Uint8Array(old, this.#start, pendingBytes),
      );
      recycle(old);
    } else if (this.#start > 0 && pendingBytes > 0) {
      new Uint8Array(this.#buffer).copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = pendingBytes;
  }
}

/** At least half of the array is free, however long the incomplete packet is. */
function roomFor(pendingBytes: number): number {
  let sizeBytes = SMALLEST_BYTES;
  while (sizeBytes < pendingBytes * 2) sizeBytes *= 2;
  return sizeBytes;
}
