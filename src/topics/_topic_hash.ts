/**
 * Topic bytes as words of 32 bits. Reading a byte costs more than anything
 * done with it, so hashing leaves the words behind, and comparing takes them
 * from there instead of reading the bytes again.
 */

/** Odd, with its bits well spread: each bit of a word reaches the high half. */
const MULTIPLIER = 0x9e3779b1 | 0;

/** The words that `lengthBytes` bytes fill, the last one with zero to three. */
export function countWords(lengthBytes: number): number {
  return (lengthBytes >> 2) + 1;
}

/**
 * Packs `bytes[start, end)` into `words`, which has room for them, and returns
 * their hash: as FNV-1a does with bytes, and with a shift that brings the high
 * bits, which then depend on the whole word, down to where the next word meets
 * them. It is not cryptographic: what keeps a client from gaining by collisions
 * is that no cost of the route cache grows with their number.
 */
export function packTopic(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
  words: Int32Array,
): number {
  let hash = seed ^ (end - start);
  let count = 0;
  let i = start;
  for (; i + 3 < end; i += 4) {
    const word = bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 |
      bytes[i + 3] << 24;
    words[count++] = word;
    hash = Math.imul(hash ^ word, MULTIPLIER);
    hash ^= hash >>> 15;
  }
  let rest = 0;
  for (; i < end; i++) rest = rest << 8 | bytes[i];
  words[count] = rest;
  hash = Math.imul(hash ^ rest, MULTIPLIER);
  return hash ^ hash >>> 15;
}

/**
 * Whether `words` begins with all of `own`. Bytes packed into both are equal
 * if their number is too.
 */
export function startsWithWords(words: Int32Array, own: Int32Array): boolean {
  for (let i = 0; i < own.length; i++) {
    if (own[i] !== words[i]) return false;
  }
  return true;
}
