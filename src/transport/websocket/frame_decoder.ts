import { PeerError } from "../byte_stream.ts";
import { CloseStatus, MAXIMUM_CONTROL_BYTES, Opcode } from "./frame.ts";
import { unmask } from "./unmask.ts";

/** A client that breaks RFC 6455; it is told `status` in a close frame. */
export class WebSocketError extends PeerError {
  override readonly name = "WebSocketError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the next byte is. */
const Expected = {
  opcode: 0,
  length: 1,
  extendedLength: 2,
  maskingKey: 3,
  payload: 4,
} as const;

/** The longest payload that can be counted. */
const MAXIMUM_PAYLOAD_BYTES = Number.MAX_SAFE_INTEGER;
const EMPTY = new Uint8Array(0);

/**
 * Takes the payload out of the frames of a client, in place. Frames and
 * messages have no meaning to MQTT: a packet may be cut anywhere, and several
 * may share a frame [MQTT-6.0.0-2].
 */
export class FrameDecoder {
  /** The payload of the last ping that is not answered yet. */
  ping: Uint8Array | null = null;
  /** The client has sent its close frame; nothing follows. */
  isClosed = false;
  #expected: number = Expected.opcode;
  #isFinal = false;
  #opcode = 0;
  #isInMessage = false;
  /** Bytes of the extended length or of the masking key that are missing. */
  #missingBytes = 0;
  #remainingBytes = 0;
  #mask = 0;
  #control = EMPTY;
  #controlBytes = 0;

  /**
   * Takes the frames in `bytes[start, end)`: what is left is payload alone,
   * in `bytes[start, n)` where n is the number returned.
   * @throws {WebSocketError} If the client breaks the protocol, or sends text
   * [MQTT-6.0.0-1].
   */
  decode(bytes: Uint8Array, start: number, end: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let target = start;
    let position = start;
    while (position < end && !this.isClosed) {
      switch (this.#expected) {
        case Expected.opcode:
          this.#takeOpcode(bytes[position++]);
          break;
        case Expected.length:
          this.#takeLength(bytes[position++]);
          break;
        case Expected.extendedLength:
          this.#takeExtendedLength(bytes[position++]);
          break;
        case Expected.maskingKey:
          this.#takeMaskingKey(bytes[position++]);
          break;
        default: {
          const count = Math.min(end - position, this.#remainingBytes);
          const payloadEnd = position + count;
          this.#mask = unmask(view, position, payloadEnd, target, this.#mask);
          position = payloadEnd;
          if (this.#opcode < Opcode.close) target += count;
          else this.#keepControl(bytes, target, count);
          this.#remainingBytes -= count;
          if (this.#remainingBytes === 0) this.#endFrame();
        }
      }
    }
    return target;
  }

  #takeOpcode(byte: number): void {
    if ((byte & 0x70) !== 0) {
      throw violation("a reserved bit of a frame is set");
    }
    this.#isFinal = byte >= 0x80;
    const opcode = byte & 0x0f;
    switch (opcode) {
      case Opcode.continuation:
        if (!this.#isInMessage) {
          throw violation("a frame goes on with a message that has not begun");
        }
        break;
      case Opcode.binary:
        if (this.#isInMessage) {
          throw violation("a message begins within another one");
        }
        break;
      case Opcode.text:
        throw new WebSocketError(
          CloseStatus.unsupportedData,
          "a text frame came, MQTT is binary [MQTT-6.0.0-1]",
        );
      case Opcode.close:
      case Opcode.ping:
      case Opcode.pong:
        if (!this.#isFinal) throw violation("a control frame is fragmented");
        break;
      default:
        throw violation(`a frame has the unknown opcode ${opcode}`);
    }
    this.#opcode = opcode;
    this.#expected = Expected.length;
  }

  #takeLength(byte: number): void {
    if (byte < 0x80) throw violation("a frame is not masked");
    const length = byte & 0x7f;
    if (this.#opcode >= Opcode.close && length > MAXIMUM_CONTROL_BYTES) {
      throw violation(`a control frame is over ${MAXIMUM_CONTROL_BYTES} bytes`);
    }
    if (length <= 125) {
      this.#remainingBytes = length;
      this.#expectMaskingKey();
    } else {
      this.#remainingBytes = 0;
      this.#missingBytes = length === 126 ? 2 : 8;
      this.#expected = Expected.extendedLength;
    }
  }

  #takeExtendedLength(byte: number): void {
    this.#remainingBytes = this.#remainingBytes * 256 + byte;
    if (this.#remainingBytes > MAXIMUM_PAYLOAD_BYTES) {
      throw new WebSocketError(
        CloseStatus.messageTooBig,
        "a frame is longer than can be counted",
      );
    }
    if (--this.#missingBytes === 0) this.#expectMaskingKey();
  }

  #expectMaskingKey(): void {
    this.#missingBytes = 4;
    this.#expected = Expected.maskingKey;
  }

  #takeMaskingKey(byte: number): void {
    this.#mask = (this.#mask >>> 8) | (byte << 24);
    if (--this.#missingBytes > 0) return;
    this.#expected = Expected.payload;
    if (this.#opcode >= Opcode.close) {
      this.#control = new Uint8Array(this.#remainingBytes);
      this.#controlBytes = 0;
    }
    if (this.#remainingBytes === 0) this.#endFrame();
  }

  #keepControl(bytes: Uint8Array, start: number, count: number): void {
    this.#control.set(bytes.subarray(start, start + count), this.#controlBytes);
    this.#controlBytes += count;
  }

  #endFrame(): void {
    this.#expected = Expected.opcode;
    switch (this.#opcode) {
      case Opcode.close:
        this.isClosed = true;
        break;
      case Opcode.ping:
        this.ping = this.#control;
        break;
      case Opcode.pong:
        break;
      default:
        this.#isInMessage = !this.#isFinal;
    }
    this.#control = EMPTY;
  }
}

function violation(message: string): WebSocketError {
  return new WebSocketError(CloseStatus.protocolError, message);
}
