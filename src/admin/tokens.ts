import { createHash, timingSafeEqual } from "node:crypto";
import { FileError } from "../auth/mod.ts";
import { ConfigError, explainUnreadable } from "../config/mod.ts";

/** What a token is good for; `write` can do what `read` can. */
export type Role = "read" | "write";

/** Who sends a request. */
export interface Principal {
  readonly role: Role;
  /** Whose rights to topics hold. */
  readonly userName: string;
}

/** The user of tokens that were made by the broker. */
const GENERATED_USER = "admin";

/** Shorter ones could be guessed. */
const SHORTEST_TOKEN = 32;

const LINE = /^(\S+)\s+(\S+)\s+(\S+)$/;

interface Token {
  readonly digest: Uint8Array;
  readonly principal: Principal;
}

/** The tokens that are accepted; only their digests are kept. */
export class Tokens {
  readonly #tokens: readonly Token[];

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** One token with role `write`. */
  static of(token: string): Tokens {
    const principal = { role: "write", userName: GENERATED_USER } as const;
    return new Tokens([{ digest: digestOf(token), principal }]);
  }

  /**
   * Reads lines of a role, a user and a token; `#` begins a comment.
   * @throws {FileError} At the first line that cannot be used.
   */
  static parse(path: string, text: string): Tokens {
    const tokens: Token[] = [];
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      if (/^\s*(#|$)/.test(line)) continue;
      const fields = LINE.exec(line.trim());
      if (fields === null) {
        throw new FileError(
          path,
          index + 1,
          "expected a role, a user and a token",
        );
      }
      const [, role, userName, token] = fields;
      if (role !== "read" && role !== "write") {
        throw new FileError(path, index + 1, "expected read or write first");
      }
      if (token.length < SHORTEST_TOKEN) {
        throw new FileError(
          path,
          index + 1,
          `expected a token of at least ${SHORTEST_TOKEN} characters, found ` +
            `${token.length}`,
        );
      }
      tokens.push({ digest: digestOf(token), principal: { role, userName } });
    }
    if (tokens.length > 0) return new Tokens(tokens);
    throw new FileError(path, 0, "expected one token or more, found none");
  }

  /** Whom `token` belongs to; takes as long for a wrong one as for a right one. */
  find(token: string): Principal | null {
    const digest = digestOf(token);
    let found: Principal | null = null;
    for (const { digest: own, principal } of this.#tokens) {
      if (timingSafeEqual(own, digest)) found = principal;
    }
    return found;
  }
}

/** A token that nobody can guess. */
export function makeToken(): string {
  return crypto.getRandomValues(new Uint8Array(32))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Makes a file of tokens that only its owner can read, unless there is one. */
export function createTokenFile(path: string): void {
  try {
    Deno.writeTextFileSync(
      path,
      "# Who may use the admin API: a role, a user, a token.\n" +
        `write ${GENERATED_USER} ${makeToken()}\n` +
        `read ${GENERATED_USER} ${makeToken()}\n`,
      { createNew: true, mode: 0o600 },
    );
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `Cannot load configuration: admin.token_file: ${path}: cannot be made ` +
        `(${reason}), make it or correct the path`,
      { cause: error },
    );
  }
}

/** @throws {FileError} If the file cannot be read or used. */
export function readTokenFile(path: string): Tokens {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw new ConfigError(
      "Cannot load configuration: admin.token_file: " +
        explainUnreadable(path, error),
      { cause: error },
    );
  }
  return Tokens.parse(path, text);
}

/** Whether more than the owner and the group of the file can read it. */
export function isExposed(path: string): boolean {
  const { mode } = Deno.statSync(path);
  return mode !== null && (mode & 0o004) !== 0;
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
