import type { AuthenticationRequest, ClientIdentity } from "../broker/mod.ts";
import { ReasonCode } from "../codec/mod.ts";
import type { HashLimiter } from "./hashing/hash_limiter.ts";
import type { PasswordHash } from "./password_hash.ts";
import {
  type AuthenticationVerdict,
  type Authenticator,
  PASS,
} from "./verdict.ts";

const NO_PASSWORD = new Uint8Array(0);

/** Compares user name and password with those of a password file. */
export class PasswordAuthenticator implements Authenticator {
  readonly name = "password_file";
  readonly hashes: ReadonlyMap<string, PasswordHash>;
  readonly #limiter: HashLimiter;
  /** Stands for the one of a user who is unknown, so that it takes as long. */
  readonly #decoy: PasswordHash | undefined;

  constructor(
    hashes: ReadonlyMap<string, PasswordHash>,
    limiter: HashLimiter,
  ) {
    this.hashes = hashes;
    this.#limiter = limiter;
    this.#decoy = mostCommonKind(hashes);
  }

  authenticate(
    { userName, connect }: AuthenticationRequest,
  ): AuthenticationVerdict | Promise<AuthenticationVerdict> {
    if (userName === null) return PASS;
    const known = this.hashes.get(userName);
    const hash = known ?? this.#decoy;
    if (hash === undefined) return PASS;
    if (this.#limiter.isFull) {
      return {
        answer: "deny",
        cause: "too many passwords wait to be checked",
        reasonCode: ReasonCode.serverBusy,
      };
    }
    return this.#verify(hash, connect.password ?? NO_PASSWORD, known);
  }

  async #verify(
    hash: PasswordHash,
    password: Uint8Array,
    known: PasswordHash | undefined,
  ): Promise<AuthenticationVerdict> {
    const isRight = await this.#limiter.run(() => hash.verify(password));
    if (known === undefined) return PASS;
    return isRight
      ? { answer: "allow", credential: known.text }
      : { answer: "deny", cause: "wrong password" };
  }

  isStillWelcome({ userName }: ClientIdentity, credential: string): boolean {
    return userName !== null &&
      this.hashes.get(userName)?.text === credential;
  }

  knows(userName: string | null): boolean {
    return userName !== null && this.hashes.has(userName);
  }
}

/** An entry of the way of hashing, and of its cost, that most entries have. */
function mostCommonKind(
  hashes: ReadonlyMap<string, PasswordHash>,
): PasswordHash | undefined {
  const counts = new Map<string, number>();
  let best: PasswordHash | undefined;
  let bestCount = 0;
  for (const hash of hashes.values()) {
    const kind = kindOf(hash.text);
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count > bestCount) {
      best = hash;
      bestCount = count;
    }
  }
  return best;
}

/** `$7$101`, `$argon2id$v=19$m=…`, `SCRAM-SHA-256$4096`: what decides the cost. */
function kindOf(text: string): string {
  return /^(?:\$7\$\d+|\$argon2id\$[^$]*\$[^$]*|[^$]+\$\d+|\$6)/.exec(text)
    ?.[0] ?? "";
}
