import {
  DEFAULT_PARAMETERS,
  formatArgon2idEntry,
  SALT_BYTES,
} from "./argon2id_entry.ts";
import { dirname } from "node:path";
import { deriveArgon2id, stopHashWorkers } from "./hashing/hash_workers.ts";
import { DEFAULT_ITERATIONS, hashPassword } from "./password_hash.ts";
import {
  deriveScramCredential,
  formatScramCredential,
} from "./scram_credential.ts";

/** How a password is stored. */
export type PasswordKind = "sha512-pbkdf2" | "argon2id" | "scram-sha-256";

/** All kinds, the default first. */
export const PASSWORD_KINDS: readonly PasswordKind[] = [
  "sha512-pbkdf2",
  "argon2id",
  "scram-sha-256",
];

/**
 * Of SCRAM, clients refuse fewer (RFC 7677): a server that asks for few learns
 * more of the password than it should.
 */
export const MINIMUM_ITERATIONS: Readonly<Record<PasswordKind, number>> = {
  "sha512-pbkdf2": 1,
  "argon2id": 1,
  "scram-sha-256": 4_096,
};

/** What to store, and how. */
export interface PasswordOptions {
  readonly kind: PasswordKind;
  /** Undefined for the default of the kind; argon2id has none. */
  readonly iterations: number | undefined;
}

/** Makes what stands behind `user:` in a password file. */
export async function storePassword(
  password: string,
  { kind, iterations }: PasswordOptions,
): Promise<string> {
  const bytes = new TextEncoder().encode(password);
  switch (kind) {
    case "sha512-pbkdf2":
      return await hashPassword(bytes, iterations);
    case "scram-sha-256":
      return formatScramCredential(
        await deriveScramCredential(bytes, iterations ?? DEFAULT_ITERATIONS),
      );
    case "argon2id":
      try {
        const parameters = DEFAULT_PARAMETERS;
        const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
        const hash = await deriveArgon2id(bytes, salt, parameters);
        return formatArgon2idEntry({ parameters, salt, hash });
      } finally {
        stopHashWorkers();
      }
  }
}

/**
 * The text of a password file with the line of `user` replaced by, or one
 * added with, `stored`; with `null` the user is removed. Every other line
 * stays as it is. `undefined` if there is no such user to remove.
 */
export function editPasswordFile(
  text: string,
  user: string,
  stored: string | null,
): string | undefined {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const isOfUser = (line: string) => line.startsWith(`${user}:`);
  const index = lines.findIndex(isOfUser);
  if (stored === null) {
    if (index < 0) return undefined;
    return lines.filter((line) => !isOfUser(line))
      .map((line) => `${line}\n`).join("");
  }
  const line = `${user}:${stored}`;
  if (index < 0) lines.push(line);
  else lines[index] = line;
  return lines.filter((line, i) => i === index || !isOfUser(line) || index < 0)
    .map((line) => `${line}\n`).join("");
}

/**
 * Writes `text` to `path` so that a reader sees the old file or the new one.
 * A file that is there keeps its owner and its mode, for the broker may run as
 * somebody else than who calls this; a new one is its owner's alone.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const old = await findOld(path);
  const target = old?.path ?? path;
  const temporary = await Deno.makeTempFile({
    dir: dirname(target),
    prefix: ".rqtt-passwd-",
  });
  try {
    if (Deno.build.os !== "windows") await takeAfter(temporary, old?.info);
    using file = await Deno.open(temporary, { write: true });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary);
    throw error;
  }
}

/** The file itself where `path` is a link to it; `null` if there is none. */
async function findOld(
  path: string,
): Promise<{ path: string; info: Deno.FileInfo } | null> {
  try {
    const real = await Deno.realPath(path);
    return { path: real, info: await Deno.stat(real) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The owner first: nobody else may see more than before, at no time. */
async function takeAfter(
  path: string,
  info: Deno.FileInfo | undefined,
): Promise<void> {
  await Deno.chmod(path, 0o600);
  if (info === undefined) return;
  const { uid, gid, mode } = info;
  const own = await Deno.stat(path);
  if (own.uid !== uid || own.gid !== gid) await Deno.chown(path, uid, gid);
  if (mode !== null) await Deno.chmod(path, mode & 0o777);
}
