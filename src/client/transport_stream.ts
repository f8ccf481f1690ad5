import { type ByteStream, CLOSE_TIMEOUT_MS } from "../transport/byte_stream.ts";
import { ReadWindow } from "../transport/read_window.ts";
import type { ClientTransport, TransportReceiver } from "./transport.ts";

/**
 * After this many bytes the next send waits for a turn of the event loop:
 * writes that never block would keep reads and timers from ever coming.
 */
const TURN_BYTES = 262_144;

/** A {@linkcode ClientTransport} over any byte stream of Deno. */
export class StreamClientTransport implements ClientTransport {
  readonly canHold: boolean;
  readonly #stream: ByteStream;
  readonly #window: ReadWindow;
  #receiver: TransportReceiver | null = null;
  #wake: (() => void) | null = null;
  /** Since the event loop was left to others. */
  #sentBytes = 0;
  #turnTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #closeTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  #isClosing = false;
  #isClosed = false;

  /** What is in `window` already comes first. */
  constructor(
    stream: ByteStream,
    window: ReadWindow = new ReadWindow(),
    canHold = true,
  ) {
    this.canHold = canHold;
    this.#stream = stream;
    this.#window = window;
  }

  start(receiver: TransportReceiver): void {
    this.#receiver = receiver;
    this.#serve(receiver);
  }

  schedule(flush: () => void): void {
    queueMicrotask(flush);
  }

  send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length;
    this.#stream.write(bytes).then(
      () => this.#sent(),
      // Reading fails as well, and says why.
      () => this.#closeStream(),
    );
  }

  resume(): void {
    this.#wake?.();
  }

  /**
   * Closes the writing side, so that the server gets what was sent, and the
   * rest when the server has closed too. Closing at once with unread bytes
   * would have its system throw our last packet away.
   */
  close(): void {
    if (this.#isClosing || this.#isClosed) return;
    this.#isClosing = true;
    if (this.#receiver === null) return this.#closeStream();
    this.#closeTimer = setTimeout(() => this.#closeStream(), CLOSE_TIMEOUT_MS);
    this.#stream.closeWrite().catch(() => this.#closeStream());
    this.#wake?.();
  }

  #sent(): void {
    if (this.#sentBytes < TURN_BYTES) {
      this.#receiver?.sent();
    } else if (!this.#isClosed) {
      this.#sentBytes = 0;
      this.#turnTimer = setTimeout(() => this.#receiver?.sent());
    }
  }

  async #serve(receiver: TransportReceiver): Promise<void> {
    let failure: unknown = null;
    try {
      await this.#readAll(receiver);
    } catch (error) {
      if (!this.#isClosed) failure = error;
    }
    this.#closeStream();
    receiver.transportClosed(failure);
  }

  async #readAll(receiver: TransportReceiver): Promise<void> {
    const window = this.#window;
    do {
      if (this.#isClosing) window.consumed(window.end);
      else this.#take(receiver);
      while (receiver.isHeld && !this.#isClosing) {
        await this.#woken();
        this.#take(receiver);
      }
    } while (await this.#stream.read(window));
  }

  #take(receiver: TransportReceiver): void {
    const window = this.#window;
    if (window.start === window.end) return;
    window.consumed(receiver.receive(window.bytes, window.start, window.end));
  }

  #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  #closeStream(): void {
    clearTimeout(this.#closeTimer);
    clearTimeout(this.#turnTimer);
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
    this.#wake?.();
  }
}
