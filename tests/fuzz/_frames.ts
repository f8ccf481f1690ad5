import { concatenate } from "./_fuzz_case.ts";

const LONGEST_LENGTH_BYTES = 4;

/**
 * Cuts a byte stream where its Remaining Lengths say, however wrong they are:
 * what is left over is the last piece.
 */
export function splitFrames(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let start = 0;
  while (start < bytes.length) {
    const bodyStart = endOfHeader(bytes, start);
    const end = Math.min(
      bytes.length,
      bodyStart + remainingLength(bytes, start + 1, bodyStart),
    );
    frames.push(bytes.slice(start, end));
    start = end;
  }
  return frames;
}

/** Where the variable header of the frame at `start` begins. */
export function endOfHeader(bytes: Uint8Array, start = 0): number {
  let end = start + 1;
  const last = Math.min(bytes.length, end + LONGEST_LENGTH_BYTES);
  while (end < last && bytes[end++] >= 0x80);
  return end;
}

/** A whole frame with the Remaining Length that its body needs. */
export function makeFrame(firstByte: number, body: Uint8Array): Uint8Array {
  return concatenate([
    new Uint8Array([firstByte, ...encodeLength(body.length)]),
    body,
  ]);
}

/** `frame` with the Remaining Length that fits what follows it. */
export function repairFrame(frame: Uint8Array): Uint8Array {
  if (frame.length < 2) return frame;
  return makeFrame(frame[0], frame.slice(endOfHeader(frame)));
}

/** A Variable Byte Integer in its shortest form. */
export function encodeLength(value: number): number[] {
  const bytes: number[] = [];
  while (value >= 0x80) {
    bytes.push((value & 0x7f) | 0x80);
    value >>>= 7;
  }
  bytes.push(value);
  return bytes;
}

function remainingLength(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    value += (bytes[i] & 0x7f) * 2 ** (7 * (i - start));
  }
  return value;
}
