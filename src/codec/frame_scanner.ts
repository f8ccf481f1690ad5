import { ProtocolError } from "./errors.ts";
import { ReasonCode } from "./reason_codes.ts";
import { notMinimal, tooLong } from "./variable_byte_integer.ts";

/** The largest packet there can be: fixed header and Remaining Length. */
export const MAXIMUM_PACKET_SIZE_BYTES = 268_435_460;

/**
 * Finds whole Control Packets in a buffer without copying. One instance is
 * reused: its fields describe the frame that `scan` looked at last.
 */
export class FrameScanner {
  /** Packet type and flags. */
  firstByte = 0;
  frameStart = 0;
  /** Where the variable header begins. */
  bodyStart = 0;
  /** One past the last byte; 0 while the Remaining Length is not known. */
  frameEnd = 0;
  /** Larger packets are refused; may be changed between two scans. */
  maximumPacketSizeBytes: number;

  constructor(maximumPacketSizeBytes: number) {
    this.maximumPacketSizeBytes = maximumPacketSizeBytes;
  }

  /**
   * Looks at the frame that begins at `start`: true when it lies whole before
   * `end`; false when more bytes are needed, and then `frameEnd` says how far
   * it will reach once the fixed header is complete, else it is 0.
   * @throws {MalformedPacketError} If the Remaining Length is padded or longer
   * than four bytes [MQTT-1.5.5-1].
   * @throws {ProtocolError} With 0x95 if the packet is larger than the
   * maximum, as soon as the fixed header shows it [MQTT-3.2.2-15].
   */
  scan(bytes: Uint8Array, start: number, end: number): boolean {
    this.frameStart = start;
    this.frameEnd = 0;
    if (end - start < 2) return false;
    this.firstByte = bytes[start];
    let bodyStart = start + 2;
    let remainingLength = bytes[start + 1];
    if (remainingLength >= 0x80) {
      remainingLength &= 0x7f;
      let shift = 7;
      let byte: number;
      do {
        if (shift > 21) throw tooLong();
        if (bodyStart >= end) return false;
        byte = bytes[bodyStart++];
        remainingLength |= (byte & 0x7f) << shift;
        shift += 7;
      } while (byte >= 0x80);
      if (byte === 0) throw notMinimal();
    }
    const frameEnd = bodyStart + remainingLength;
    if (frameEnd - start > this.maximumPacketSizeBytes) {
      throw tooLarge(frameEnd - start, this.maximumPacketSizeBytes);
    }
    this.bodyStart = bodyStart;
    this.frameEnd = frameEnd;
    return frameEnd <= end;
  }
}

function tooLarge(sizeBytes: number, maximumBytes: number): ProtocolError {
  return new ProtocolError(
    `Cannot accept packet: it has ${sizeBytes} bytes, the maximum is ` +
      `${maximumBytes}`,
    ReasonCode.packetTooLarge,
  );
}
