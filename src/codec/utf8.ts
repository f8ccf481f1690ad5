import { MalformedPacketError, ProtocolError } from "./errors.ts";
import { ReasonCode } from "./reason_codes.ts";

const encoder = new TextEncoder();
// ignoreBOM keeps a leading EF BB BF as U+FEFF [MQTT-1.5.4-3].
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Up to this length a loop over ASCII is quicker than a TextDecoder. */
const SHORT_DECODED_BYTES = 16;
/** Up to this length a loop over ASCII is quicker than a TextEncoder. */
const SHORT_ENCODED_UNITS = 64;

/**
 * The index of the first character in `[start, end)` that a UTF-8 Encoded
 * String must not hold, or -1: ill-formed or cut-off sequences, surrogates,
 * overlong forms, code points past U+10FFFF [MQTT-1.5.4-1] and U+0000
 * [MQTT-1.5.4-2].
 */
export function findInvalidUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let position = start;
  while (position < end) {
    // One comparison for "not U+0000 and ASCII": 0 wraps round to 0xff.
    if (((bytes[position] - 1) & 0xff) < 0x7f) {
      position++;
      continue;
    }
    const size = sequenceSize(bytes, position, end);
    if (size === 0) return position;
    position += size;
  }
  return -1;
}

/** The size of the multi-byte character at `position`; 0 if ill-formed. */
function sequenceSize(
  bytes: Uint8Array,
  position: number,
  end: number,
): number {
  const lead = bytes[position];
  if (lead < 0xc2) return 0;
  const size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead > 0xf4 || position + size > end) return 0;
  const second = bytes[position + 1];
  if ((second & 0xc0) !== 0x80) return 0;
  switch (lead) {
    case 0xe0: // below U+0800: overlong
      if (second < 0xa0) return 0;
      break;
    case 0xed: // U+D800 to U+DFFF: surrogates
      if (second > 0x9f) return 0;
      break;
    case 0xf0: // below U+10000: overlong
      if (second < 0x90) return 0;
      break;
    case 0xf4: // above U+10FFFF
      if (second > 0x8f) return 0;
      break;
  }
  for (let index = 2; index < size; index++) {
    if ((bytes[position + index] & 0xc0) !== 0x80) return 0;
  }
  return size;
}

/**
 * The string in `[start, end)`, which must be valid. A leading U+FEFF stays
 * [MQTT-1.5.4-3].
 */
export function decodeUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  if (end - start <= SHORT_DECODED_BYTES) {
    let text = "";
    for (let position = start; position < end; position++) {
      const byte = bytes[position];
      if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }
  return decoder.decode(bytes.subarray(start, end));
}

/**
 * The UTF-8 bytes of `text`.
 * @throws {RangeError} If it holds U+0000 or a lone surrogate.
 */
export function encodeUtf8(text: string): Uint8Array {
  assertEncodable(text);
  return encoder.encode(text);
}

/**
 * Writes `text` into `bytes` at `position`, where three bytes per UTF-16 unit
 * must be free; returns where it ends.
 * @throws {RangeError} If it holds U+0000 or a lone surrogate.
 */
export function encodeUtf8Into(
  text: string,
  bytes: Uint8Array,
  position: number,
): number {
  const length = text.length;
  if (length <= SHORT_ENCODED_UNITS) {
    let index = 0;
    while (index < length) {
      const unit = text.charCodeAt(index);
      if (unit === 0 || unit >= 0x80) break;
      bytes[position + index++] = unit;
    }
    if (index === length) return position + length;
  }
  assertEncodable(text);
  return position + encoder.encodeInto(text, bytes.subarray(position)).written;
}

function assertEncodable(text: string): void {
  if (!text.isWellFormed()) {
    throw new RangeError("Cannot encode string: it holds a lone surrogate");
  }
  const nullIndex = text.indexOf("\0");
  if (nullIndex >= 0) {
    throw new RangeError(
      `Cannot encode string: it holds U+0000 at index ${nullIndex}`,
    );
  }
}

/**
 * Checks a Topic Name in place: the hot path calls it only for names that no
 * cache knows.
 * @throws {MalformedPacketError} If it is not a valid UTF-8 Encoded String
 * [MQTT-3.3.2-1].
 * @throws {ProtocolError} If it is empty [MQTT-4.7.3-1], or with 0x90 if it
 * holds a wildcard [MQTT-3.3.2-2].
 */
export function validateTopicNameBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (start === end) {
    throw new ProtocolError("Cannot accept Topic Name: it is empty");
  }
  const invalid = findInvalidUtf8(bytes, start, end);
  if (invalid >= 0) {
    throw new MalformedPacketError(
      `Cannot accept Topic Name: ill-formed UTF-8 or U+0000 at byte ${
        invalid - start
      }`,
    );
  }
  if (holdsWildcard(bytes, start, end)) {
    throw new ProtocolError(
      `Cannot accept Topic Name: "${decodeUtf8(bytes, start, end)}" holds a ` +
        "wildcard",
      ReasonCode.topicNameInvalid,
    );
  }
}

/** Whether `[start, end)` holds `#` or `+`. */
export function holdsWildcard(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let position = start; position < end; position++) {
    const byte = bytes[position];
    if (byte === 0x23 || byte === 0x2b) return true;
  }
  return false;
}
