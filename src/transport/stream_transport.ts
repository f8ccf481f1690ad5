import type {
  Broker,
  CertificateIdentity,
  Connection,
  ListenerScope,
  Transport,
} from "../broker/mod.ts";
import { type ByteStream, CLOSE_TIMEOUT_MS, PeerError } from "./byte_stream.ts";
import type { Arrival } from "./arrival.ts";
import type { ReadWindow } from "./read_window.ts";

/** One connection: reads for the broker from any byte stream and writes what it sends. */
export class StreamTransport implements Transport {
  readonly remoteAddress: string;
  readonly certificateIdentity: CertificateIdentity | null;
  readonly userName: string | null;
  readonly findObjection: (() => string | null) | null;
  readonly listener: ListenerScope | null;
  readonly #stream: ByteStream;
  readonly #window: ReadWindow;
  #connection: Connection | null = null;
  #wake: (() => void) | null = null;
  #closeTimer: number | undefined = undefined;
  #isClosing = false;
  #isClosed = false;

  /** Bytes that are in the window of `arrival` already are the first ones. */
  constructor(arrival: Arrival) {
    this.remoteAddress = arrival.remoteAddress;
    this.certificateIdentity = arrival.certificateIdentity;
    this.userName = arrival.userName;
    this.findObjection = arrival.findObjection;
    this.listener = arrival.listener;
    this.#stream = arrival.stream;
    this.#window = arrival.window;
  }

  /**
   * Serves the connection until it ends; never rejects. `waitedMs` of the
   * connect timeout are over.
   */
  async serve(broker: Broker, waitedMs: number): Promise<void> {
    const connection = broker.accept(this, waitedMs);
    this.#connection = connection;
    let failure: unknown = null;
    try {
      await this.#readAll(connection);
    } catch (error) {
      if (!this.#isClosed) failure = error;
    }
    this.#closeStream();
    connection?.transportClosed(failure);
  }

  send(bytes: Uint8Array): void {
    this.#stream.write(bytes).then(
      () => this.#connection?.sent(),
      () => this.#closeStream(),
    );
  }

  resume(): void {
    this.#wake?.();
  }

  /**
   * Closes the writing side, so that the peer gets what was sent, and the
   * rest when the peer has closed too or after a second. Closing at once with
   * unread bytes would have the peer's system throw our last packet away.
   */
  close(): void {
    if (this.#isClosing || this.#isClosed) return;
    this.#isClosing = true;
    this.#closeTimer = setTimeout(() => this.#closeStream(), CLOSE_TIMEOUT_MS);
    this.#stream.closeWrite().catch(() => this.#closeStream());
    this.#wake?.();
  }

  async #readAll(connection: Connection | null): Promise<void> {
    const stream = this.#stream;
    const window = this.#window;
    for (;;) {
      if (connection === null || this.#isClosing) {
        window.consumed(window.end);
      } else {
        this.#handle(connection);
        while (connection.isHeld && !this.#isClosing) {
          await this.#woken();
          this.#handle(connection);
        }
      }
      try {
        if (!await stream.read(window)) return;
      } catch (error) {
        if (!(error instanceof PeerError)) throw error;
        connection?.transportClosed(error);
        this.close();
      }
    }
  }

  #handle(connection: Connection): void {
    const window = this.#window;
    if (window.start === window.end) return;
    window.consumed(
      connection.receive(window.bytes, window.start, window.end),
    );
  }

  #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  #closeStream(): void {
    clearTimeout(this.#closeTimer);
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream.close();
    this.#wake?.();
  }
}
