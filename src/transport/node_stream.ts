import type { Socket } from "node:net";
import type { ByteStream } from "./byte_stream.ts";
import { formatHostAndPort } from "./deno_stream.ts";
import type { ReadWindow } from "./read_window.ts";

/**
 * A socket of `node:net` or `node:tls`: what client certificates and TLS
 * behind other bytes need, for `Deno.listenTls` has neither.
 */
export class NodeStream implements ByteStream {
  readonly remoteAddress: string;
  readonly socket: Socket;
  #error: Error | null = null;
  #isEnded = false;
  #wake: (() => void) | null = null;

  constructor(socket: Socket, remoteAddress = formatPeer(socket)) {
    this.socket = socket;
    // Small packets must not wait for the acknowledgement of earlier ones.
    socket.setNoDelay(true);
    this.remoteAddress = remoteAddress;
    socket.on("readable", this.#onReadable);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onEnd);
    socket.on("error", this.#onError);
  }

  async read(window: ReadWindow): Promise<boolean> {
    for (;;) {
      const chunk = this.socket.read();
      if (chunk !== null) {
        window.append(chunk);
        return true;
      }
      if (this.#error !== null) throw this.#error;
      if (this.#isEnded) return false;
      window.released();
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.write(
        bytes,
        (error) => error ? reject(error) : resolve(),
      );
    });
  }

  /** A socket that is destroyed meanwhile does not call back. */
  closeWrite(): Promise<void> {
    const { socket } = this;
    if (socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once("close", () => resolve());
      socket.end(resolve);
    });
  }

  close(): void {
    this.socket.destroy();
    this.#onEnd();
  }

  /**
   * Gives the socket away, for a stream on top of it; what is pending in
   * `window` is the first that it will read.
   */
  detach(window: ReadWindow): Socket {
    const { socket } = this;
    socket.off("readable", this.#onReadable);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onEnd);
    if (window.start < window.end) {
      socket.unshift(window.bytes.slice(window.start, window.end));
      window.consumed(window.end);
    }
    return socket;
  }

  readonly #onReadable = () => {
    this.#wake?.();
    this.#wake = null;
  };

  readonly #onEnd = () => {
    this.#isEnded = true;
    this.#onReadable();
  };

  readonly #onError = (error: Error) => {
    this.#error = error;
    this.#onReadable();
  };
}

function formatPeer({ remoteAddress, remotePort }: Socket): string {
  // A peer that is gone already has no address any more.
  return remoteAddress === undefined
    ? "unknown"
    : formatHostAndPort(remoteAddress, remotePort ?? 0);
}
