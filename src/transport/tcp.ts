import type { Broker, Connection, Transport } from "../broker/mod.ts";
import { ReadWindow } from "./read_window.ts";

/** How long the peer has to close its side after the broker has closed. */
const CLOSE_TIMEOUT_MS = 1_000;

/** One accepted TCP connection: reads for the broker and writes what it sends. */
export class TcpTransport implements Transport {
  readonly remoteAddress: string;
  readonly #socket: Deno.TcpConn;
  #connection: Connection | null = null;
  #wake: (() => void) | null = null;
  #closeTimer: number | undefined = undefined;
  #isClosing = false;
  #isClosed = false;

  constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
    const { hostname, port } = socket.remoteAddr;
    this.remoteAddress = hostname.includes(":")
      ? `[${hostname}]:${port}`
      : `${hostname}:${port}`;
  }

  /** Serves the connection until it ends; never rejects. */
  async serve(broker: Broker): Promise<void> {
    const connection = broker.accept(this);
    this.#connection = connection;
    let failure: unknown = null;
    try {
      this.#socket.setNoDelay(true);
      await this.#readAll(connection);
    } catch (error) {
      if (!this.#isClosed) failure = error;
    }
    this.#closeSocket();
    connection?.transportClosed(failure);
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes).then(
      (sentBytes) => {
        if (sentBytes < bytes.length) this.send(bytes.subarray(sentBytes));
        else this.#connection?.sent();
      },
      () => this.#closeSocket(),
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
    this.#closeTimer = setTimeout(() => this.#closeSocket(), CLOSE_TIMEOUT_MS);
    this.#socket.closeWrite().catch(() => this.#closeSocket());
    this.#wake?.();
  }

  async #readAll(connection: Connection | null): Promise<void> {
    const reader = this.#socket.readable.getReader({ mode: "byob" });
    const window = new ReadWindow();
    for (;;) {
      const { value, done } = await reader.read(window.room());
      if (done || value === undefined) return;
      window.filled(value);
      if (connection === null || this.#isClosing) {
        window.consumed(window.end);
        continue;
      }
      this.#handle(connection, window);
      while (connection.isHeld && !this.#isClosing) {
        await this.#woken();
        this.#handle(connection, window);
      }
    }
  }

  #handle(connection: Connection, window: ReadWindow): void {
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

  #closeSocket(): void {
    clearTimeout(this.#closeTimer);
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#socket.close();
    } catch (error) {
      // The stream closes the socket itself at the end of input.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    this.#wake?.();
  }
}

export interface TcpListenerOptions {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly maximumConnections: number;
  /** Accepting failed, for instance for want of file descriptors; it is tried again. */
  readonly onAcceptError: (error: unknown) => void;
}

/** How long accepting rests after it failed. */
const ACCEPT_RETRY_MS = 100;

/** A listening TCP socket whose connections `broker` serves. */
export class TcpListener {
  readonly hostname: string;
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #options: TcpListenerOptions;
  readonly #serving = new Set<Promise<void>>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse} And whatever else `Deno.listen` throws. */
  constructor(broker: Broker, options: TcpListenerOptions) {
    this.#options = options;
    const { hostname, port } = options;
    this.#listener = Deno.listen({ hostname, port });
    this.hostname = this.#listener.addr.hostname;
    this.port = this.#listener.addr.port;
    this.#accepting = this.#acceptAll(broker);
  }

  get connectionCount(): number {
    return this.#serving.size;
  }

  /** Stops accepting; connections that are open stay. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
  }

  /** Resolves when nothing is accepted and no connection is open any more. */
  async finished(): Promise<void> {
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  async #acceptAll(broker: Broker): Promise<void> {
    while (!this.#isClosed) {
      try {
        const socket = await this.#listener.accept();
        if (this.#serving.size >= this.#options.maximumConnections) {
          socket.close();
          broker.statistics.connectionsRefused++;
          continue;
        }
        const serving = new TcpTransport(socket).serve(broker);
        this.#serving.add(serving);
        serving.finally(() => this.#serving.delete(serving));
      } catch (error) {
        if (this.#isClosed) return;
        this.#options.onAcceptError(error);
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
      }
    }
  }
}
