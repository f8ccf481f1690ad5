import { assert, assertEquals } from "../_assert.ts";
import { concat, raw, uint16 } from "./_bytes.ts";
import type { Address } from "./_raw_client.ts";

/** Opcodes of RFC 6455. */
export const Opcode = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
} as const;

/** The answer to an opening handshake. */
export interface Handshake {
  readonly status: number;
  /** What the server selected, or `null`. */
  readonly subprotocol: string | null;
}

/** How a WebSocket is to be opened. */
export interface WebSocketRequest {
  readonly path?: string;
  readonly subprotocols?: readonly string[];
}

/**
 * A WebSocket from its bytes up: reads and writes like a socket, each write
 * one binary frame, and can send any other frame, too.
 */
export class RawWebSocket {
  readonly #socket: Deno.TcpConn;
  #received: Uint8Array = new Uint8Array(0);
  /** Payload of binary frames that was not read yet. */
  #payload: Uint8Array = new Uint8Array(0);

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
  }

  static async open(
    address: Address,
    { path = "/mqtt", subprotocols = ["mqtt"] }: WebSocketRequest = {},
  ): Promise<[RawWebSocket, Handshake]> {
    const socket = await Deno.connect({ ...address, transport: "tcp" });
    socket.setNoDelay(true);
    const webSocket = new RawWebSocket(socket);
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${address.hostname}:${address.port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version: 13",
    ];
    if (subprotocols.length > 0) {
      lines.push(`Sec-WebSocket-Protocol: ${subprotocols.join(", ")}`);
    }
    await webSocket.#writeAll(raw(`${lines.join("\r\n")}\r\n\r\n`));
    return [webSocket, await webSocket.#readHandshake()];
  }

  /** One binary frame. */
  async write(bytes: Uint8Array): Promise<number> {
    await this.sendFrame(Opcode.binary, bytes);
    return bytes.length;
  }

  /** One frame, masked as a client has to. */
  async sendFrame(
    opcode: number,
    payload: Uint8Array,
    isFinal = true,
  ): Promise<void> {
    const mask = Uint8Array.of(0x12, 0x34, 0x56, 0x78);
    const length = payload.length < 126
      ? Uint8Array.of(0x80 | payload.length)
      : concat([Uint8Array.of(0x80 | 126), uint16(payload.length)]);
    await this.#writeAll(concat([
      Uint8Array.of((isFinal ? 0x80 : 0) | opcode),
      length,
      mask,
      payload.map((byte, index) => byte ^ mask[index % 4]),
    ]));
  }

  /** Payload of the server's frames, all of which have to be binary. */
  async read(target: Uint8Array): Promise<number | null> {
    while (this.#payload.length === 0) {
      const frame = this.#takeFrame();
      if (frame === null) {
        if (!await this.#fill()) return null;
      } else if (frame.opcode === Opcode.close) {
        return null;
      } else {
        assert(
          frame.opcode === Opcode.binary ||
            frame.opcode === Opcode.continuation,
          `The server sent a frame with opcode ${frame.opcode} [MQTT-6.0.0-1]`,
        );
        this.#payload = frame.payload;
      }
    }
    const count = Math.min(target.length, this.#payload.length);
    target.set(this.#payload.subarray(0, count));
    this.#payload = this.#payload.subarray(count);
    return count;
  }

  close(): void {
    this.#socket.close();
  }

  /** The next frame of the server, which must not be masked, or `null`. */
  #takeFrame(): { opcode: number; payload: Uint8Array } | null {
    const bytes = this.#received;
    if (bytes.length < 2) return null;
    assertEquals(bytes[1] & 0x80, 0, "the server masks its frames");
    let start = 2;
    let length = bytes[1];
    if (length === 126) {
      if (bytes.length < 4) return null;
      start = 4;
      length = bytes[2] * 256 + bytes[3];
    }
    assert(bytes[1] < 127, "no frame of these tests is that large");
    if (bytes.length < start + length) return null;
    this.#received = bytes.slice(start + length);
    return {
      opcode: bytes[0] & 0x0f,
      payload: bytes.slice(start, start + length),
    };
  }

  async #readHandshake(): Promise<Handshake> {
    const decoder = new TextDecoder("latin1");
    let end = -1;
    while (end < 0) {
      if (!await this.#fill()) throw new Error("Cannot open: no answer came");
      end = decoder.decode(this.#received).indexOf("\r\n\r\n");
    }
    const head = decoder.decode(this.#received.subarray(0, end));
    this.#received = this.#received.slice(end + 4);
    return {
      status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]),
      subprotocol: /^sec-websocket-protocol: *(\S*)/im.exec(head)?.[1] ?? null,
    };
  }

  /** Reads what there is; false at the end. */
  async #fill(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    const count = await this.#socket.read(chunk);
    if (count === null) return false;
    this.#received = concat([this.#received, chunk.subarray(0, count)]);
    return true;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.#socket.write(bytes));
    }
  }
}
