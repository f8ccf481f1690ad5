import { base64, fromBase64 } from "./_digest.ts";
import type { Argon2idParameters } from "./hashing/sliced_argon2id.ts";

/** A password stored with argon2id. */
export interface Argon2idEntry {
  readonly parameters: Argon2idParameters;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** What OWASP recommends at the least: 19 MiB, two passes, one lane. */
export const DEFAULT_PARAMETERS: Argon2idParameters = {
  memoryKib: 19_456,
  passes: 2,
  lanes: 1,
  hashBytes: 32,
};
export const SALT_BYTES = 16;

// RFC 9106, 3.1; the upper bounds are ours: whoever checks passwords must have
// the memory and the time for it.
const MAXIMUM_MEMORY_KIB = 1_048_576;
const MAXIMUM_PASSES = 1_000;
const MAXIMUM_LANES = 255;
const MINIMUM_SALT_BYTES = 8;
const MINIMUM_HASH_BYTES = 4;

/**
 * Reads `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 * @returns What is wrong with it, as text, if it cannot be used.
 */
export function parseArgon2idEntry(text: string): Argon2idEntry | string {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([\w+/]+)\$([\w+/]+)$/
      .exec(text);
  const salt = fromBase64(match?.[4] ?? "");
  const hash = fromBase64(match?.[5] ?? "");
  if (match === null || salt === null || hash === null) {
    return "an argon2id entry that is cut short or damaged";
  }
  const [memoryKib, passes, lanes] = match.slice(1, 4).map(Number);
  if (
    passes < 1 || lanes < 1 || memoryKib < 8 * lanes ||
    salt.length < MINIMUM_SALT_BYTES || hash.length < MINIMUM_HASH_BYTES
  ) return "an argon2id entry that is weaker than argon2id can be";
  if (
    memoryKib > MAXIMUM_MEMORY_KIB || passes > MAXIMUM_PASSES ||
    lanes > MAXIMUM_LANES
  ) {
    return `an argon2id entry above m=${MAXIMUM_MEMORY_KIB},` +
      `t=${MAXIMUM_PASSES},p=${MAXIMUM_LANES}`;
  }
  const hashBytes = hash.length;
  return { parameters: { memoryKib, passes, lanes, hashBytes }, salt, hash };
}

/** Writes it in the form that {@linkcode parseArgon2idEntry} reads. */
export function formatArgon2idEntry(
  { parameters: { memoryKib, passes, lanes }, salt, hash }: Argon2idEntry,
): string {
  const [salted, hashed] = [salt, hash].map((bytes) =>
    base64(bytes).replaceAll("=", "")
  );
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}` +
    `$${salted}$${hashed}`;
}
