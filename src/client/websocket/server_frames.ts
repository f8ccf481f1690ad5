import { MqttError, ReasonCode } from "../../codec/mod.ts";
import { Opcode } from "../../transport/websocket/frame.ts";

/** What the next byte is. */
const Expected = { opcode: 0, length: 1, extendedLength: 2, payload: 3 };

const MAXIMUM_CONTROL_BYTES = 125;
const emptyBytes = new Uint8Array(0);

/**
 * Takes the payload out of the frames of a server, in place. Frames and
 * messages have no meaning to MQTT [MQTT-6.0.0-2].
 */
export class ServerFrames {
  /** The payload of the last ping that is not answered yet. */
  ping: Uint8Array | null = null;
  /** The server has sent its close frame; nothing follows. */
  isClosed = false;
  #expected = Expected.opcode;
  #opcode = 0;
  #isInMessage = false;
  /** Bytes of the extended length that are missing. */
  #missingBytes = 0;
  #remainingBytes = 0;
  #control = emptyBytes;

  /**
   * Takes the frames in `bytes[start, end)`: what is left is payload alone,
   * in `bytes[start, n)` where n is the number returned.
   * @throws {MqttError} If the server breaks RFC 6455, or sends text
   * [MQTT-6.0.0-1].
   */
  decode(bytes: Uint8Array, start: number, end: number): number {
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
          this.#remainingBytes = this.#remainingBytes * 256 +
            bytes[position++];
          if (--this.#missingBytes === 0) this.#beginPayload();
          break;
        default: {
          const count = Math.min(end - position, this.#remainingBytes);
          const payloadEnd = position + count;
          if (this.#opcode < Opcode.close) {
            bytes.copyWithin(target, position, payloadEnd);
            target += count;
          } else {
            this.#control.set(
              bytes.subarray(position, payloadEnd),
              this.#control.length - this.#remainingBytes,
            );
          }
          position = payloadEnd;
          this.#remainingBytes -= count;
          if (this.#remainingBytes === 0) this.#endFrame();
        }
      }
    }
    return target;
  }

  #takeOpcode(byte: number): void {
    const opcode = byte & 0x0f;
    const isFinal = byte >= 0x80;
    const isControl = opcode >= Opcode.close;
    if (opcode === Opcode.text) throw violation("text came [MQTT-6.0.0-1]");
    const isAllowed = (byte & 0x70) === 0 && opcode <= Opcode.pong &&
      (isControl
        ? isFinal
        : opcode === (this.#isInMessage ? Opcode.continuation : Opcode.binary));
    if (!isAllowed) throw violation(`a frame begins with ${byte}`);
    if (!isControl) this.#isInMessage = !isFinal;
    this.#opcode = opcode;
    this.#expected = Expected.length;
  }

  #takeLength(byte: number): void {
    const isControl = this.#opcode >= Opcode.close;
    if (byte > (isControl ? MAXIMUM_CONTROL_BYTES : 127)) {
      throw violation("a frame is masked, or a control frame too long");
    }
    this.#remainingBytes = byte <= 125 ? byte : 0;
    if (byte <= 125) return this.#beginPayload();
    this.#missingBytes = byte === 126 ? 2 : 8;
    this.#expected = Expected.extendedLength;
  }

  #beginPayload(): void {
    this.#expected = Expected.payload;
    if (this.#opcode >= Opcode.close) {
      this.#control = new Uint8Array(this.#remainingBytes);
    }
    if (this.#remainingBytes === 0) this.#endFrame();
  }

  #endFrame(): void {
    this.#expected = Expected.opcode;
    if (this.#opcode === Opcode.close) this.isClosed = true;
    if (this.#opcode === Opcode.ping) this.ping = this.#control;
  }
}

function violation(cause: string): MqttError {
  return new MqttError(
    `Cannot read WebSocket: ${cause}`,
    ReasonCode.protocolError,
  );
}
