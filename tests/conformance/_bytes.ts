/**
 * Bytes as the standard draws them, without the broker's codec: what a test
 * puts on the wire must not be shaped by what it tests.
 */

/** Text, or bytes that stand in its place whether they are UTF-8 or not. */
export type Text = string | Uint8Array;

const encoder = new TextEncoder();

/** The bytes of `hex("10 0c 00 04")`. */
export function hex(digits: string): Uint8Array {
  const compact = digits.replace(/\s/g, "");
  if (compact.length % 2 !== 0 || /[^0-9a-f]/i.test(compact)) {
    throw new RangeError(`Cannot read hex: "${digits}" is no row of bytes`);
  }
  return Uint8Array.from(
    { length: compact.length / 2 },
    (_, index) => parseInt(compact.slice(2 * index, 2 * index + 2), 16),
  );
}

/** All `parts`, one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(size);
  let position = 0;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  return bytes;
}

export function uint8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function uint32(value: number): Uint8Array {
  return concat([uint16(value >>> 16), uint16(value & 0xffff)]);
}

/** A Variable Byte Integer in its shortest form. */
export function variable(value: number): Uint8Array {
  const bytes: number[] = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest > 0 ? 0x80 : 0));
    value = rest;
  } while (value > 0);
  return Uint8Array.from(bytes);
}

/** The bytes of `text` without a length. */
export function raw(text: Text): Uint8Array {
  return typeof text === "string" ? encoder.encode(text) : text;
}

/** A UTF-8 Encoded String, or Binary Data: the form is the same. */
export function lengthPrefixed(text: Text): Uint8Array {
  const bytes = raw(text);
  return concat([uint16(bytes.length), bytes]);
}

/** A Control Packet with a fixed header that fits `body`. */
export function frame(firstByte: number, ...body: Uint8Array[]): Uint8Array {
  const bytes = concat(body);
  return concat([uint8(firstByte), variable(bytes.length), bytes]);
}
