import { type Link, writeAll } from "./link.ts";

const HEADER_BYTES = 14;
const HANDSHAKE_BYTES = 4096;
const BINARY = 0x82;
/** Bytes of a masking key, and as the number that four of them are. */
const KEY = Uint8Array.of(0x5a, 0xc3, 0x96, 0x0f);
const KEY_WORD = new DataView(KEY.buffer).getUint32(0, true);

/**
 * The client's side of the WebSocket handshake.
 * @throws {Error} If the server does not switch to MQTT.
 */
export async function openWebSocket(
  link: Link,
  host: string,
): Promise<WebSocketLink> {
  const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
  const request = [
    "GET /mqtt HTTP/1.1",
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: mqtt",
  ].map((line) => `${line}\r\n`).join("");
  await writeAll(link, new TextEncoder().encode(`${request}\r\n`));
  const bytes = new Uint8Array(HANDSHAKE_BYTES);
  let text = "";
  while (!text.endsWith("\r\n\r\n")) {
    const count = await link.read(bytes);
    if (count === null) throw new Error("Cannot upgrade: the server closed");
    text += new TextDecoder().decode(bytes.subarray(0, count));
  }
  if (!text.startsWith("HTTP/1.1 101 ")) {
    throw new Error(`Cannot upgrade: the server answers "${text}"`);
  }
  return new WebSocketLink(link);
}

/** One binary frame a write; what a read leaves is the payload of frames. */
export class WebSocketLink implements Link {
  readonly #link: Link;
  #frame = new Uint8Array(1024);
  /** Of the frame whose payload is coming. */
  #remainingBytes = 0;
  /** The beginning of a header that is incomplete. */
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    for (;;) {
      const count = await this.#link.read(into);
      if (count === null) return null;
      const payloadBytes = this.#unwrap(into, count);
      if (payloadBytes > 0) return payloadBytes;
    }
  }

  async write(bytes: Uint8Array): Promise<number> {
    const frameBytes = HEADER_BYTES + bytes.length + 4;
    if (this.#frame.length < frameBytes) {
      this.#frame = new Uint8Array(frameBytes * 2);
    }
    const end = wrap(this.#frame, bytes);
    await writeAll(this.#link, this.#frame.subarray(0, end));
    return bytes.length;
  }

  close(): void {
    this.#link.close();
  }

  /** Moves the payload in `bytes[0, end)` to the front; returns its size. */
  #unwrap(bytes: Uint8Array, end: number): number {
    let target = 0;
    let position = 0;
    while (position < end) {
      if (this.#remainingBytes === 0) {
        this.#header[this.#headerBytes++] = bytes[position++];
        this.#readHeader();
        continue;
      }
      const count = Math.min(this.#remainingBytes, end - position);
      bytes.copyWithin(target, position, position + count);
      target += count;
      position += count;
      this.#remainingBytes -= count;
    }
    return target;
  }

  #readHeader(): void {
    const header = this.#header;
    if (this.#headerBytes < 2) return;
    const length = header[1] & 0x7f;
    const wantedBytes = length === 127 ? 10 : length === 126 ? 4 : 2;
    if (this.#headerBytes < wantedBytes) return;
    this.#headerBytes = 0;
    // A close frame, or a ping, is nothing that a load test gets over.
    if ((header[0] & 0x0f) > 2) throw new Error("A control frame came");
    const view = new DataView(header.buffer);
    this.#remainingBytes = wantedBytes === 2
      ? length
      : wantedBytes === 4
      ? view.getUint16(2)
      : Number(view.getBigUint64(2));
  }
}

/** Writes one masked frame to the start of `frame`; returns its end. */
function wrap(frame: Uint8Array<ArrayBuffer>, bytes: Uint8Array): number {
  const view = new DataView(frame.buffer);
  let offset = 2;
  frame[0] = BINARY;
  if (bytes.length < 126) {
    frame[1] = 0x80 | bytes.length;
  } else if (bytes.length <= 0xffff) {
    frame[1] = 0x80 | 126;
    view.setUint16(2, bytes.length);
    offset = 4;
  } else {
    frame[1] = 0x80 | 127;
    view.setBigUint64(2, BigInt(bytes.length));
    offset = 10;
  }
  frame.set(KEY, offset);
  const start = offset + KEY.length;
  const end = start + bytes.length;
  frame.set(bytes, start);
  // Up to three bytes behind the payload are masked too, and not sent.
  for (let i = start; i < end; i += 4) {
    view.setUint32(i, view.getUint32(i, true) ^ KEY_WORD, true);
  }
  return end;
}
