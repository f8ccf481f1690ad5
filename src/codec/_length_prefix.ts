import type { ByteWriter } from "./byte_writer.ts";
import {
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  putVariableByteInteger,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";

/**
 * Leaves one byte for a length that is not known yet; returns where the
 * content begins, for `closeLength`.
 */
export function openLength(out: ByteWriter): number {
  out.writeUint8(0);
  return out.length;
}

/**
 * Writes the size of all that followed `openLength` in front of it, and moves
 * the content up when the length needs more than one byte.
 * @throws {RangeError} If it is over 268,435,455 bytes.
 */
export function closeLength(out: ByteWriter, contentStart: number): void {
  const size = out.length - contentStart;
  if (size > MAXIMUM_VARIABLE_BYTE_INTEGER) throw tooLong(size);
  const shift = variableByteIntegerSize(size) - 1;
  if (shift > 0) {
    out.ensureCapacity(shift);
    out.bytes.copyWithin(contentStart + shift, contentStart, out.length);
  }
  putVariableByteInteger(out.bytes, contentStart - 1, size);
  out.length += shift;
}

function tooLong(sizeBytes: number): RangeError {
  return new RangeError(
    `Cannot encode packet: a section has ${sizeBytes} bytes, the maximum is ` +
      `${MAXIMUM_VARIABLE_BYTE_INTEGER}`,
  );
}
