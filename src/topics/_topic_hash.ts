/**
 * Hashes of topic bytes. Not cryptographic: what keeps a client from gaining
 * by collisions is that no cost of the route cache grows with their number.
 */

const FNV_OFFSET_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
/** Odd, with its bits well spread: each bit of a word reaches the high half. */
const WORD_MULTIPLIER = 0x9e3779b1 | 0;

/**
 * Hashes `bytes[start, end)` to 32 bits: FNV-1a with words of four bytes for
 * bytes, which is four times as fast, and a shift that brings the high bits,
 * which then depend on the whole word, down to where the next word meets them.
 */
export function hashTopic(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
): number {
  let hash = seed ^ (end - start);
  let i = start;
  for (; i + 3 < end; i += 4) {
    const word = bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 |
      bytes[i + 3] << 24;
    hash = Math.imul(hash ^ word, WORD_MULTIPLIER);
    hash ^= hash >>> 15;
  }
  let rest = 0;
  for (; i < end; i++) rest = rest << 8 | bytes[i];
  hash = Math.imul(hash ^ rest, WORD_MULTIPLIER);
  return hash ^ hash >>> 15;
}

/** Whether `own` has the same bytes as `bytes[start, end)`. */
export function equalsTopic(
  own: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = own.length;
  if (end - start !== length) return false;
  let i = 0;
  for (; i + 3 < length; i += 4, start += 4) {
    const difference = own[i] ^ bytes[start] |
      own[i + 1] ^ bytes[start + 1] |
      own[i + 2] ^ bytes[start + 2] |
      own[i + 3] ^ bytes[start + 3];
    if (difference !== 0) return false;
  }
  for (; i < length; i++, start++) {
    if (own[i] !== bytes[start]) return false;
  }
  return true;
}

/** The hash of no bytes, from which {@linkcode extendHash} goes on. */
export function startHash(seed: number): number {
  return seed ^ FNV_OFFSET_BASIS;
}

/** FNV-1a, one byte at a time, for prefixes that grow level by level. */
export function extendHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, FNV_PRIME);
}
