import { parsePasswordHash, type PasswordHash } from "./password_hash.ts";
import { FileError } from "./file_error.ts";

/**
 * Reads a password file as `mosquitto_passwd` writes it: `user:hash` in each
 * line, empty lines and those that begin with `#` left out. The passwords by
 * user name, in the order of the file; of two lines with one name the last
 * one holds.
 * @throws {FileError} At the first line that cannot be read.
 */
export function parsePasswordFile(
  path: string,
  text: string,
): ReadonlyMap<string, PasswordHash> {
  const hashes = new Map<string, PasswordHash>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    if (colon < 1) {
      throw new FileError(path, index + 1, 'expected "user:hash"');
    }
    const hash = parsePasswordHash(line.slice(colon + 1).trimEnd());
    if (typeof hash === "string") {
      throw new FileError(path, index + 1, `the user has ${hash}`);
    }
    hashes.set(line.slice(0, colon), hash);
  }
  return hashes;
}
