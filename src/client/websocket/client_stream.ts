import {
  type ByteStream,
  CLOSE_TIMEOUT_MS,
} from "../../transport/byte_stream.ts";
import type { ReadWindow } from "../../transport/read_window.ts";
import { Opcode } from "../../transport/websocket/frame.ts";
import { unmask } from "../../transport/websocket/unmask.ts";
import { ServerFrames } from "./server_frames.ts";

/** Of a frame of a client: opcode, length in up to nine bytes, masking key. */
const MAXIMUM_HEADER_BYTES = 14;
const MASK_BYTES = 4;
/** The payload of a close frame: status 1000. */
const NORMAL_CLOSURE = Uint8Array.of(0x03, 0xe8);

/**
 * The client's side of a WebSocket whose handshake is over, as a stream of
 * the bytes in its binary frames. What is written at once is one frame.
 */
export class WebSocketClientStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #frames = new ServerFrames();
  /** Settles when every frame so far is on its way. */
  #sent: Promise<void> = Promise.resolve();
  #isAnsweringPing = false;
  #closing: Promise<void> | null = null;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  /** Takes the frames that came in one read with the end of the handshake. */
  takePending(window: ReadWindow): void {
    this.#decode(window, window.start);
  }

  async read(window: ReadWindow): Promise<boolean> {
    while (!this.#frames.isClosed) {
      const pendingBytes = window.end - window.start;
      if (!await this.#stream.read(window)) return false;
      const start = window.start + pendingBytes;
      this.#decode(window, start);
      if (window.end > start) return true;
    }
    await this.#answerClose();
    return false;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#send(Opcode.binary, bytes);
  }

  closeWrite(): Promise<void> {
    this.#closing ??= this.#send(Opcode.close, NORMAL_CLOSURE)
      .then(() => this.#stream.closeWrite());
    return this.#closing;
  }

  close(): void {
    this.#stream.close();
  }

  #decode(window: ReadWindow, start: number): void {
    window.shortened(this.#frames.decode(window.bytes, start, window.end));
    if (this.#frames.ping !== null) this.#answerPing(this.#frames.ping);
  }

  /** There is one answer under way: who pings faster gets the last one answered. */
  #answerPing(payload: Uint8Array): void {
    if (this.#isAnsweringPing || this.#closing !== null) return;
    this.#isAnsweringPing = true;
    this.#frames.ping = null;
    this.#send(Opcode.pong, payload).then(() => {
      this.#isAnsweringPing = false;
      if (this.#frames.ping !== null) this.#answerPing(this.#frames.ping);
    }).catch(() => this.close());
  }

  /** Ends the closing handshake, which a server that does not read cannot hold up. */
  async #answerClose(): Promise<void> {
    const timer = setTimeout(() => this.close(), CLOSE_TIMEOUT_MS);
    try {
      await this.closeWrite();
    } catch {
      // The server has closed the connection without waiting for the answer.
    } finally {
      clearTimeout(timer);
    }
  }

  /** Frames go out whole, one after the other. */
  #send(opcode: number, payload: Uint8Array): Promise<void> {
    const frame = toFrame(opcode, payload);
    const sent = this.#sent.then(() => this.#stream.write(frame));
    // Whoever has given the frame hears of the failure.
    this.#sent = sent.catch(() => {});
    return sent;
  }
}

/** A masked frame that is a whole message (RFC 6455, section 5.2). */
function toFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const frame = new Uint8Array(MAXIMUM_HEADER_BYTES + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  let position = 2;
  if (length <= 125) {
    frame[1] = 0x80 | length;
  } else if (length <= 0xffff) {
    frame[1] = 0x80 | 126;
    view.setUint16(2, length);
    position = 4;
  } else {
    frame[1] = 0x80 | 127;
    view.setBigUint64(2, BigInt(length));
    position = 10;
  }
  crypto.getRandomValues(frame.subarray(position, position + MASK_BYTES));
  const mask = view.getInt32(position, true);
  position += MASK_BYTES;
  const end = position + length;
  frame.set(payload, position);
  // To put the mask on is the same as to take it off.
  unmask(view, position, end, position, mask);
  return frame.subarray(0, end);
}
