import fc from "fast-check";
import { Opcode } from "../../src/transport/websocket/frame.ts";

/** One frame of a client. */
export interface ClientFrame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Uint8Array;
  /** Four bytes; `null` leaves the mask out, which is not allowed. */
  readonly maskingKey: Uint8Array | null;
  /** Bits that no extension has asked for. */
  readonly reservedBits?: number;
}

/** The bytes of a frame, written by the book (RFC 6455, section 5.2). */
export function encodeFrame(frame: ClientFrame): Uint8Array {
  const { opcode, isFinal, payload, maskingKey, reservedBits = 0 } = frame;
  const { length } = payload;
  const extended = length < 126
    ? []
    : length <= 0xffff
    ? [length >> 8, length & 0xff]
    : [0, 0, 0, 0, ...[24, 16, 8, 0].map((shift) => (length >> shift) & 0xff)];
  const short = extended.length === 0
    ? length
    : extended.length === 2
    ? 126
    : 127;
  return Uint8Array.of(
    (isFinal ? 0x80 : 0) | reservedBits << 4 | opcode,
    (maskingKey === null ? 0 : 0x80) | short,
    ...extended,
    ...maskingKey ?? [],
    ...maskingKey === null
      ? payload
      : payload.map((byte, i) => byte ^ maskingKey[i % 4]),
  );
}

/** A masked frame that is a whole message. */
export function wholeFrame(
  opcode: number,
  payload: Uint8Array | string = "",
): Uint8Array {
  return encodeFrame({
    opcode,
    isFinal: true,
    payload: typeof payload === "string"
      ? new TextEncoder().encode(payload)
      : payload,
    maskingKey: Uint8Array.of(1, 2, 3, 4),
  });
}

/** Frames one behind the other. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

const maskingKey = fc.uint8Array({ minLength: 4, maxLength: 4 });

const controlFrame: fc.Arbitrary<ClientFrame> = fc.record({
  opcode: fc.constantFrom(Opcode.ping, Opcode.pong),
  isFinal: fc.constant(true),
  payload: fc.uint8Array({ maxLength: 125 }),
  maskingKey,
});

/** A message in one frame or several, with control frames between them. */
const message: fc.Arbitrary<ClientFrame[]> = fc.array(
  fc.record({
    payload: fc.oneof(
      { weight: 30, arbitrary: fc.uint8Array({ maxLength: 200 }) },
      {
        weight: 1,
        arbitrary: fc.uint8Array({ minLength: 60, maxLength: 700 }),
      },
      {
        weight: 1,
        arbitrary: fc.nat(255).map((byte) => new Uint8Array(70_000).fill(byte)),
      },
    ),
    maskingKey,
    controls: fc.array(controlFrame, { maxLength: 2 }),
  }),
  { minLength: 1, maxLength: 4 },
).map((parts) =>
  parts.flatMap(({ payload, maskingKey, controls }, i) => [
    ...i === 0 ? [] : controls,
    {
      opcode: i === 0 ? Opcode.binary : Opcode.continuation,
      isFinal: i === parts.length - 1,
      payload,
      maskingKey,
    },
  ])
);

/** What a client that keeps to the rules sends. */
export const clientFrames: fc.Arbitrary<ClientFrame[]> = fc.array(
  fc.oneof(message, controlFrame.map((frame) => [frame])),
  { maxLength: 6 },
).map((groups) => groups.flat());

/** Where to cut a stream of bytes: parts of what is left. */
export const cuts: fc.Arbitrary<number[]> = fc.array(
  fc.double({ min: 0, max: 1, noNaN: true }),
  { maxLength: 12 },
);

/** `bytes` in pieces. */
export function cutAt(
  bytes: Uint8Array,
  cuts: readonly number[],
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const part of cuts) {
    // Most pieces are short: headers are where decoders go wrong.
    const end = start + Math.floor((bytes.length - start) * part ** 3);
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  pieces.push(bytes.slice(start));
  return pieces;
}
