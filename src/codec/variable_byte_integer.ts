import { MalformedPacketError } from "./errors.ts";

/** The largest Variable Byte Integer, and so the largest Remaining Length. */
export const MAXIMUM_VARIABLE_BYTE_INTEGER = 268_435_455;

/** The bytes that `value` takes as a Variable Byte Integer, 1 to 4. */
export function variableByteIntegerSize(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  if (value < 2_097_152) return 3;
  return 4;
}

/**
 * Reads the Variable Byte Integer at `position`. Because only the shortest
 * form is accepted [MQTT-1.5.5-1], it ends at
 * `position + variableByteIntegerSize(value)`.
 * @throws {MalformedPacketError} If it is cut short at `end`, longer than
 * four bytes or padded.
 */
export function readVariableByteInteger(
  bytes: Uint8Array,
  position: number,
  end: number,
): number {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    if (position + index >= end) throw cutShort();
    const byte = bytes[position + index];
    value |= (byte & 0x7f) << (7 * index);
    if (byte < 0x80) {
      if (byte === 0 && index > 0) throw notMinimal();
      return value;
    }
  }
  throw tooLong();
}

/**
 * @internal Puts `value` in its shortest form at `position`, where there is
 * room for it; returns where it ends.
 */
export function putVariableByteInteger(
  bytes: Uint8Array,
  position: number,
  value: number,
): number {
  while (value >= 0x80) {
    bytes[position++] = value | 0x80;
    value >>>= 7;
  }
  bytes[position++] = value;
  return position;
}

/** @internal The error for a Variable Byte Integer padded with zeros. */
export function notMinimal(): MalformedPacketError {
  return new MalformedPacketError(
    "Cannot decode Variable Byte Integer: it uses more bytes than its value " +
      "needs",
  );
}

/** @internal The error for a fourth byte that announces a fifth. */
export function tooLong(): MalformedPacketError {
  return new MalformedPacketError(
    "Cannot decode Variable Byte Integer: it is longer than 4 bytes",
  );
}

function cutShort(): MalformedPacketError {
  return new MalformedPacketError(
    "Cannot decode Variable Byte Integer: the packet ends inside it",
  );
}
