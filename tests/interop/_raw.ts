import { beforeDeadline } from "./_deadline.ts";

/** CONNECT of 3.1.1 with an empty Client Identifier; the CONNACK that accepts it. */
export const CONNECT = Uint8Array.fromHex("100c00044d5154540402003c0000");
export const CONNACK = Uint8Array.fromHex("20020000");
/** PINGREQ and PINGRESP. */
export const PINGREQ = Uint8Array.fromHex("c000");
export const PINGRESP = Uint8Array.fromHex("d000");

/** Bytes to and from the broker, as the test wants them. */
export class RawConnection implements Disposable {
  readonly #socket: Deno.Conn;

  constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  static async open(port: number): Promise<RawConnection> {
    return new RawConnection(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
  }

  static async openSecure(
    port: number,
    authority: string,
  ): Promise<RawConnection> {
    return new RawConnection(
      await Deno.connectTls({
        hostname: "127.0.0.1",
        port,
        caCerts: [authority],
      }),
    );
  }

  /** `host:port` of this side. */
  get localAddress(): string {
    const { hostname, port } = this.#socket.localAddr as Deno.NetAddr;
    return `${hostname}:${port}`;
  }

  async send(...parts: (Uint8Array | string)[]): Promise<void> {
    for (const part of parts) {
      let bytes = typeof part === "string"
        ? new TextEncoder().encode(part)
        : part;
      while (bytes.length > 0) {
        bytes = bytes.subarray(await this.#socket.write(bytes));
      }
    }
  }

  /** The next `count` bytes in hexadecimal digits, fewer if the broker closes. */
  async receive(count: number): Promise<string> {
    let hex = "";
    const bytes = new Uint8Array(count);
    while (hex.length < count * 2) {
      const read = await this.#read(bytes.subarray(hex.length / 2));
      if (read === null) break;
      const start = hex.length / 2;
      hex += bytes.subarray(start, start + read).toHex();
    }
    return hex;
  }

  /** All that comes until the broker closes, as text. */
  async receiveAll(): Promise<string> {
    const decoder = new TextDecoder();
    const bytes = new Uint8Array(4_096);
    let text = "";
    for (;;) {
      const read = await this.#read(bytes);
      if (read === null) return text;
      text += decoder.decode(bytes.subarray(0, read), { stream: true });
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #read(bytes: Uint8Array): Promise<number | null> {
    try {
      return await beforeDeadline(
        this.#socket.read(bytes),
        "the broker to send or to close",
      );
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return null;
      throw error;
    }
  }
}
