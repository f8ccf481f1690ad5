import { type Link, writeAll } from "./link.ts";
const initialSizeBytes = 16 * 1024;

/** Bytes to write next, or undefined when there is nothing to send now. */
export type NextChunk = () => Uint8Array | undefined;

/**
 * The writing side of one connection. One write is under way at most; answers
 * that gather meanwhile leave together, before the next chunk that the owner
 * is asked for.
 */
export class Outbox {
  readonly #connection: Link;
  readonly #nextChunk: NextChunk;
  #gathering: Uint8Array<ArrayBuffer> = new Uint8Array(initialSizeBytes);
  #writing: Uint8Array<ArrayBuffer> = new Uint8Array(initialSizeBytes);
  #length = 0;
  #isWriting = false;

  constructor(connection: Link, nextChunk: NextChunk = nothing) {
    this.#connection = connection;
    this.#nextChunk = nextChunk;
  }

  /** Adds a packet of a Packet Identifier only: PUBACK, PUBREC, … */
  answer(firstByte: number, packetIdentifier: number): void {
    if (this.#length + 4 > this.#gathering.length) this.#grow();
    const bytes = this.#gathering;
    const offset = this.#length;
    bytes[offset] = firstByte;
    bytes[offset + 1] = 2;
    bytes[offset + 2] = packetIdentifier >> 8;
    bytes[offset + 3] = packetIdentifier & 0xff;
    this.#length = offset + 4;
  }

  /** Starts writing what there is to write, unless a write is under way. */
  flush(): void {
    if (!this.#isWriting) this.#drain();
  }

  #grow(): void {
    const grown = new Uint8Array(this.#gathering.length * 2);
    grown.set(this.#gathering);
    this.#gathering = grown;
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    try {
      for (;;) {
        const chunk = this.#length > 0
          ? this.#takeAnswers()
          : this.#nextChunk();
        if (chunk === undefined) return;
        await writeAll(this.#connection, chunk);
      }
    } catch {
      // The connection is gone: its reader reports that, with the reason.
      this.#length = 0;
    } finally {
      this.#isWriting = false;
    }
  }

  #takeAnswers(): Uint8Array {
    const full = this.#gathering;
    const length = this.#length;
    this.#gathering = this.#writing;
    this.#writing = full;
    this.#length = 0;
    return full.subarray(0, length);
  }
}

function nothing(): undefined {}
