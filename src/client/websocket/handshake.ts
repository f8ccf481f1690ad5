import type { ByteStream } from "../../transport/byte_stream.ts";
import type { ReadWindow } from "../../transport/read_window.ts";

const MAXIMUM_HEAD_BYTES = 16_384;
/** From RFC 6455, section 1.3. */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * Asks the server at the other end of `stream` for a WebSocket that speaks
 * `mqtt` [MQTT-6.0.0-3]. What comes behind its answer is left in `window`.
 * @throws {Error} If the server has none.
 */
export async function openWebSocket(
  stream: ByteStream,
  window: ReadWindow,
  { host, pathname, search }: URL,
): Promise<void> {
  const key = crypto.getRandomValues(new Uint8Array(16)).toBase64();
  const request = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: mqtt",
  ];
  await stream.write(
    new TextEncoder().encode(`${request.join("\r\n")}\r\n\r\n`),
  );
  const head = await readHead(stream, window);
  const [statusLine, ...lines] = head.split("\r\n");
  const headers = new Map(lines.map(parseHeader));
  if (!/^HTTP\/1\.1 101\b/.test(statusLine)) {
    throw new Error(`the server answers "${statusLine}"`);
  }
  if (headers.get("sec-websocket-accept") !== await answerTo(key)) {
    throw new Error("the server's handshake is not that of a WebSocket");
  }
  if (headers.get("sec-websocket-protocol") !== "mqtt") {
    throw new Error("the server does not speak mqtt");
  }
}

/** Up to the empty line, without it. */
async function readHead(
  stream: ByteStream,
  window: ReadWindow,
): Promise<string> {
  while (window.end - window.start < MAXIMUM_HEAD_BYTES) {
    if (!await stream.read(window)) {
      throw new Error("the server has closed the connection");
    }
    const { start, end } = window;
    const text = new TextDecoder("latin1").decode(
      window.bytes.subarray(start, end),
    );
    const length = text.indexOf("\r\n\r\n");
    if (length >= 0) {
      window.consumed(start + length + 4);
      return text.slice(0, length);
    }
  }
  throw new Error("the head of the server's answer is too long");
}

function parseHeader(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

async function answerTo(key: string): Promise<string> {
  const bytes = new TextEncoder().encode(key + KEY_SUFFIX);
  return new Uint8Array(await crypto.subtle.digest("SHA-1", bytes)).toBase64();
}
