import type { ByteStream } from "./byte_stream.ts";
import type { ReadWindow } from "./read_window.ts";

/** A socket of `Deno.listen` or `Deno.listenTls`. */
export class DenoStream implements ByteStream {
  readonly remoteAddress: string;
  readonly socket: Deno.Conn;
  #reader: ReadableStreamBYOBReader | null = null;

  constructor(socket: Deno.Conn) {
    this.socket = socket;
    this.remoteAddress = formatPeer(socket.remoteAddr);
    if ("setNoDelay" in socket) disableNagle(socket as Deno.TcpConn);
  }

  async read(window: ReadWindow): Promise<boolean> {
    this.#reader ??= this.socket.readable.getReader({ mode: "byob" });
    try {
      const { value, done } = await this.#reader.read(window.room());
      if (done || value === undefined) return false;
      window.filled(value);
      return true;
    } catch (error) {
      // TLS was not closed, but TCP was: what ends MQTT is DISCONNECT anyway.
      if (error instanceof Deno.errors.UnexpectedEof) return false;
      throw error;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    let sentBytes = await this.socket.write(bytes);
    while (sentBytes < bytes.length) {
      sentBytes += await this.socket.write(bytes.subarray(sentBytes));
    }
  }

  closeWrite(): Promise<void> {
    return this.socket.closeWrite();
  }

  close(): void {
    try {
      this.socket.close();
    } catch (error) {
      // The readable stream closes the socket itself at the end of input.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** Small packets must not wait for the acknowledgement of earlier ones. */
function disableNagle(socket: Deno.TcpConn): void {
  try {
    socket.setNoDelay(true);
  } catch {
    // The peer is gone already, which the first read tells.
  }
}

/** As logs and limits name the peer; one of a Unix socket has no address. */
function formatPeer(address: Deno.Addr): string {
  switch (address.transport) {
    case "tcp":
    case "udp":
      return formatHostAndPort(address.hostname, address.port);
    default:
      return "unix";
  }
}

/** An IPv6 address stands in brackets. */
export function formatHostAndPort(hostname: string, port: number): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}
