import { derivePbkdf2 } from "./hashing/hash_workers.ts";
import { base64, fromBase64, hmacSha256, pbkdf2, sha256 } from "./_digest.ts";

/** What a server keeps of a password for SCRAM-SHA-256 (RFC 5802, RFC 7677). */
export interface ScramCredential {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MAXIMUM_ITERATIONS = 10_000_000;
const encoder = new TextEncoder();

/** Derives what is kept of `password`, with a new salt. */
export async function deriveScramCredential(
  password: Uint8Array,
  iterations: number,
  salt: Uint8Array = crypto.getRandomValues(new Uint8Array(SALT_BYTES)),
): Promise<ScramCredential> {
  const saltedPassword = await pbkdf2("SHA-256", password, salt, {
    iterations,
    bytes: KEY_BYTES,
  });
  const clientKey = await hmacSha256(
    saltedPassword,
    encoder.encode("Client Key"),
  );
  return {
    iterations,
    salt,
    storedKey: await sha256(clientKey),
    serverKey: await serverKeyOf(saltedPassword),
  };
}

function serverKeyOf(saltedPassword: Uint8Array): Promise<Uint8Array> {
  return hmacSha256(saltedPassword, encoder.encode("Server Key"));
}

/** Writes it in the form of RFC 5803: `SCRAM-SHA-256$i:salt$stored:server`. */
export function formatScramCredential(credential: ScramCredential): string {
  const { iterations, salt, storedKey, serverKey } = credential;
  return `SCRAM-SHA-256$${iterations}:${base64(salt)}$` +
    `${base64(storedKey)}:${base64(serverKey)}`;
}

/** Reads the form of RFC 5803; `null` if it is damaged. */
export function parseScramCredential(text: string): ScramCredential | null {
  const match = /^SCRAM-SHA-256\$(\d{1,8}):([\w+/=]+)\$([\w+/=]+):([\w+/=]+)$/
    .exec(text);
  if (match === null) return null;
  const iterations = Number(match[1]);
  const [salt, storedKey, serverKey] = match.slice(2).map(fromBase64);
  if (
    iterations < 1 || iterations > MAXIMUM_ITERATIONS || salt === null ||
    storedKey?.length !== KEY_BYTES || serverKey?.length !== KEY_BYTES
  ) return null;
  return { iterations, salt, storedKey, serverKey };
}

/** Whether `password` is the one that `credential` was derived from. */
export async function verifyScramPassword(
  credential: ScramCredential,
  password: Uint8Array,
): Promise<boolean> {
  const { iterations, salt, serverKey } = credential;
  const derived = await serverKeyOf(
    await derivePbkdf2("SHA-256", password, salt, iterations),
  );
  let difference = 0;
  for (let i = 0; i < KEY_BYTES; i++) difference |= derived[i] ^ serverKey[i];
  return difference === 0;
}
