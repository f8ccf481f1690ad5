import type { ByteStream } from "../../src/transport/byte_stream.ts";
import type { ReadWindow } from "../../src/transport/read_window.ts";

/** A byte stream without a socket: the test is the peer. */
export class MemoryStream implements ByteStream {
  readonly remoteAddress: string;
  /** What was written, one array a write. */
  readonly written: Uint8Array[] = [];
  /** In the order in which they happened. */
  readonly events: ("write" | "closeWrite" | "close")[] = [];
  readonly #incoming: Uint8Array[] = [];
  #isEnded = false;
  #isClosed = false;
  #error: Error | null = null;
  #wakeReader: (() => void) | null = null;
  #blocked: PromiseWithResolvers<void> | null = null;
  readonly #waiting: (() => void)[] = [];

  constructor(remoteAddress = "192.0.2.1:1024") {
    this.remoteAddress = remoteAddress;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The peer sends `bytes`. */
  receive(bytes: Uint8Array): void {
    this.#incoming.push(bytes);
    this.#wakeReader?.();
  }

  /** The peer closes its side. */
  end(): void {
    this.#isEnded = true;
    this.#wakeReader?.();
  }

  /** The connection breaks. */
  fail(error: Error): void {
    this.#error = error;
    this.#wakeReader?.();
  }

  /** Writes wait until `unblock`. */
  block(): void {
    this.#blocked = Promise.withResolvers();
  }

  unblock(): void {
    this.#blocked?.resolve();
    this.#blocked = null;
  }

  /** Resolves when `isReached` has become true by something that happened here. */
  async until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async read(window: ReadWindow): Promise<boolean> {
    for (;;) {
      if (this.#isClosed) throw new Error("the stream is closed");
      if (this.#error !== null) throw this.#error;
      const bytes = this.#incoming.shift();
      if (bytes !== undefined) {
        window.append(bytes);
        return true;
      }
      if (this.#isEnded) return false;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes.slice());
    this.#happened("write");
    await this.#blocked?.promise;
    if (this.#isClosed) throw new Error("the stream is closed");
  }

  closeWrite(): Promise<void> {
    this.#happened("closeWrite");
    return Promise.resolve();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#happened("close");
    this.unblock();
    this.#wakeReader?.();
  }

  #happened(event: "write" | "closeWrite" | "close"): void {
    this.events.push(event);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
