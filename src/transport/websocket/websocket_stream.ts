import { type ByteStream, CLOSE_TIMEOUT_MS } from "../byte_stream.ts";
import type { ReadWindow } from "../read_window.ts";
import {
  CloseStatus,
  makeCloseFrame,
  makeControlFrame,
  MAXIMUM_HEADER_BYTES,
  Opcode,
  writeFrameHeader,
} from "./frame.ts";
import { FrameDecoder, WebSocketError } from "./frame_decoder.ts";

/** A longer payload is written behind its header, not copied behind it. */
const LONGEST_COPY_BYTES = 65_536;

/** Where frames are put together. */
export interface BufferSource {
  /** An array of at least `minimumBytes`. */
  acquire(minimumBytes: number): Uint8Array;
  /** Takes it back. */
  release(bytes: Uint8Array): void;
}

/**
 * The server's side of a WebSocket whose handshake is over, as a stream of
 * the bytes in its binary frames. What is written at once is one frame.
 */
export class WebSocketStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #buffers: BufferSource;
  readonly #decoder = new FrameDecoder();
  #closeStatus: number = CloseStatus.normal;
  /** The client has broken the protocol: what it still sends is thrown away. */
  #hasFailed = false;
  /** Settles when every frame so far is on its way. */
  #sent: Promise<void> = Promise.resolve();
  #isAnsweringPing = false;
  #closing: Promise<void> | null = null;

  constructor(stream: ByteStream, buffers: BufferSource) {
    this.#stream = stream;
    this.#buffers = buffers;
  }

  get remoteAddress(): string {
    return this.#stream.remoteAddress;
  }

  /**
   * Takes the frames that are in `window` already, behind the handshake.
   * @throws {WebSocketError} If the client breaks the protocol.
   */
  takePending(window: ReadWindow): void {
    this.#decode(window, window.start);
  }

  async read(window: ReadWindow): Promise<boolean> {
    while (!this.#decoder.isClosed) {
      const pendingBytes = window.end - window.start;
      if (!await this.#stream.read(window)) return false;
      const start = window.start + pendingBytes;
      if (this.#hasFailed) {
        window.shortened(start);
        return true;
      }
      this.#decode(window, start);
      if (window.end > start) return true;
    }
    await this.#answerClose();
    return false;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const isLong = bytes.length > LONGEST_COPY_BYTES;
    const frame = this.#buffers.acquire(
      MAXIMUM_HEADER_BYTES + (isLong ? 0 : bytes.length),
    );
    const start = writeFrameHeader(frame, Opcode.binary, bytes.length);
    if (isLong) {
      await this.#send(frame.subarray(0, start), bytes);
    } else {
      frame.set(bytes, start);
      await this.#send(frame.subarray(0, start + bytes.length));
    }
    this.#buffers.release(frame);
  }

  closeWrite(): Promise<void> {
    this.#closing ??= this.#send(makeCloseFrame(this.#closeStatus))
      .then(() => this.#stream.closeWrite());
    return this.#closing;
  }

  close(): void {
    this.#stream.close();
  }

  #decode(window: ReadWindow, start: number): void {
    try {
      window.shortened(this.#decoder.decode(window.bytes, start, window.end));
    } catch (error) {
      window.shortened(start);
      if (error instanceof WebSocketError) {
        this.#hasFailed = true;
        this.#closeStatus = error.status;
      }
      throw error;
    }
    if (this.#decoder.ping !== null) this.#answerPing(this.#decoder.ping);
  }

  /** There is one answer under way: who pings faster gets the last one answered. */
  #answerPing(payload: Uint8Array): void {
    if (this.#isAnsweringPing || this.#closing !== null) return;
    this.#isAnsweringPing = true;
    this.#decoder.ping = null;
    this.#send(makeControlFrame(Opcode.pong, payload)).then(() => {
      this.#isAnsweringPing = false;
      if (this.#decoder.ping !== null) this.#answerPing(this.#decoder.ping);
    }).catch(() => this.close());
  }

  /** Ends the closing handshake, which a client that does not read cannot hold up. */
  async #answerClose(): Promise<void> {
    const timer = setTimeout(() => this.close(), CLOSE_TIMEOUT_MS);
    try {
      await this.closeWrite();
    } catch {
      // The client has closed the connection without waiting for the answer.
    } finally {
      clearTimeout(timer);
    }
  }

  /** Frames go out whole, one after the other; `rest` is the end of one. */
  #send(frame: Uint8Array, rest?: Uint8Array): Promise<void> {
    const sent = this.#sent.then(() => this.#writeFrame(frame, rest));
    // Whoever has given the frame hears of the failure.
    this.#sent = sent.catch(() => {});
    return sent;
  }

  async #writeFrame(frame: Uint8Array, rest?: Uint8Array): Promise<void> {
    await this.#stream.write(frame);
    if (rest !== undefined) await this.#stream.write(rest);
  }
}
