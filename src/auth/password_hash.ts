import { parseArgon2idEntry } from "./argon2id_entry.ts";
import { base64, fromBase64, pbkdf2, sha512 } from "./_digest.ts";
import { deriveArgon2id, derivePbkdf2 } from "./hashing/hash_workers.ts";
import {
  parseScramCredential,
  type ScramCredential,
  verifyScramPassword,
} from "./scram_credential.ts";

/** One way to store a password: the part of a line after `user:`. */
export interface PasswordHash {
  /** The line's text, to tell whether it has changed. */
  readonly text: string;
  /** What SCRAM needs, if the password was stored for it. */
  readonly scram: ScramCredential | null;
  /** Takes as long for a wrong password as for the right one. */
  verify(password: Uint8Array): Promise<boolean>;
}

const SALT_BYTES = 12;
const PBKDF2_BYTES = 64;
const MAXIMUM_ITERATIONS = 10_000_000;
/**
 * Some five milliseconds of one core: a fleet of thousands reconnects within
 * seconds, not minutes. Whoever has people choose passwords asks for more.
 */
export const DEFAULT_ITERATIONS = 10_000;

/**
 * Reads one stored password: `$6$salt$hash`, `$7$iterations$salt$hash`,
 * `$argon2id$…` or `SCRAM-SHA-256$…`.
 * @returns What is wrong with it, as text, if it cannot be read.
 */
export function parsePasswordHash(text: string): PasswordHash | string {
  if (text.startsWith("$argon2id$")) {
    const entry = parseArgon2idEntry(text);
    if (typeof entry === "string") return entry;
    const { salt, hash, parameters } = entry;
    return {
      text,
      scram: null,
      verify: async (password) =>
        equals(await deriveArgon2id(password, salt, parameters), hash),
    };
  }
  if (text.startsWith("SCRAM-SHA-256$")) {
    const scram = parseScramCredential(text);
    if (scram === null) return "a SCRAM entry that is cut short or damaged";
    const verify = (password: Uint8Array) =>
      verifyScramPassword(scram, password);
    return { text, scram, verify };
  }
  const [empty, algorithm, ...fields] = text.split("$");
  if (empty !== "" || (algorithm !== "6" && algorithm !== "7")) {
    return "a password that is not hashed, or in an unknown way";
  }
  const iterations = algorithm === "7" ? Number(fields.shift()) : 1;
  if (
    !Number.isInteger(iterations) || iterations < 1 ||
    iterations > MAXIMUM_ITERATIONS
  ) {
    return `a number of iterations that is not 1 to ${MAXIMUM_ITERATIONS}`;
  }
  const salt = fromBase64(fields[0] ?? "");
  const hash = fromBase64(fields[1] ?? "");
  if (fields.length !== 2 || salt === null || hash?.length !== PBKDF2_BYTES) {
    return "a hash that is cut short or damaged";
  }
  const derive = (password: Uint8Array) =>
    algorithm === "6"
      ? sha512(password, salt)
      : derivePbkdf2("SHA-512", password, salt, iterations);
  return {
    text,
    scram: null,
    verify: async (password) => equals(await derive(password), hash),
  };
}

/** Stores a password as `mosquitto_passwd` does: `$7$`, PBKDF2 with SHA-512. */
export async function hashPassword(
  password: Uint8Array,
  iterations: number = DEFAULT_ITERATIONS,
): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await pbkdf2("SHA-512", password, salt, {
    iterations,
    bytes: PBKDF2_BYTES,
  });
  return `$7$${iterations}$${base64(salt)}$${base64(hash)}`;
}

/** Compares without telling by its time where the first difference is. */
export function equals(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
}
