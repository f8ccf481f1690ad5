import type { ByteStream } from "./byte_stream.ts";
import type { ReadWindow } from "./read_window.ts";

/**
 * Two ends of a byte stream within the process: what one writes the other
 * reads. `remoteAddress` is what both say of their peer.
 */
export function makeStreamPair(
  remoteAddress: string,
): [ByteStream, ByteStream] {
  const first = new StreamEnd(remoteAddress);
  const second = new StreamEnd(remoteAddress);
  first.connect(second);
  second.connect(first);
  return [first, second];
}

/** What one end has written and the other has not read. */
interface Passage {
  readonly bytes: Uint8Array;
  readonly taken: PromiseWithResolvers<void>;
}

class StreamEnd implements ByteStream {
  readonly remoteAddress: string;
  #peer: StreamEnd | null = null;
  #incoming: Passage | null = null;
  #isEnded = false;
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  connect(peer: StreamEnd): void {
    this.#peer = peer;
  }

  async read(window: ReadWindow): Promise<boolean> {
    for (;;) {
      if (this.#isClosed) throw new Error("the stream is closed");
      const passage = this.#incoming;
      if (passage !== null) {
        this.#incoming = null;
        window.append(passage.bytes);
        passage.taken.resolve();
        return true;
      }
      if (this.#isEnded) return false;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** There is one write at a time, so one passage is room enough. */
  write(bytes: Uint8Array): Promise<void> {
    const peer = this.#peer!;
    if (this.#isClosed || peer.#isClosed) {
      return Promise.reject(new Error("the stream is closed"));
    }
    const taken = Promise.withResolvers<void>();
    peer.#incoming = { bytes, taken };
    peer.#wake?.();
    return taken.promise;
  }

  closeWrite(): Promise<void> {
    this.#peer!.#end();
    return Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#incoming?.taken.reject(new Error("the stream is closed"));
    this.#incoming = null;
    this.#wake?.();
    this.#peer!.#end();
  }

  #end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }
}
