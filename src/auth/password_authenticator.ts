import type { AuthenticationRequest, ClientIdentity } from "../broker/mod.ts";
import { ReasonCode } from "../codec/mod.ts";
import { Decoys, digestOfName } from "./decoys.ts";
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
  readonly #decoys: Decoys<PasswordHash>;

  constructor(
    hashes: ReadonlyMap<string, PasswordHash>,
    limiter: HashLimiter,
  ) {
    this.hashes = hashes;
    this.#limiter = limiter;
    this.#decoys = new Decoys(hashes.values(), ({ text }) => kindOf(text));
  }

  authenticate(
    { userName, connect, isAbandoned }: AuthenticationRequest,
  ): AuthenticationVerdict | Promise<AuthenticationVerdict> {
    if (userName === null || this.#decoys.isEmpty) return PASS;
    if (this.#limiter.isFull) {
      return {
        answer: "deny",
        cause: "too many passwords wait to be checked",
        reasonCode: ReasonCode.serverBusy,
      };
    }
    return this.#verify(userName, connect.password ?? NO_PASSWORD, isAbandoned);
  }

  async #verify(
    userName: string,
    password: Uint8Array,
    isAbandoned: (() => boolean) | undefined,
  ): Promise<AuthenticationVerdict> {
    const known = this.hashes.get(userName);
    const isRight = await this.#limiter.run(async () => {
      // For those who do exist as well, to take the same time.
      const decoy = this.#decoys.pick(await digestOfName(userName));
      return (known ?? decoy).verify(password);
    }, isAbandoned);
    if (isRight === null) {
      return {
        answer: "deny",
        cause: "the client has gone before its password was checked",
        reasonCode: ReasonCode.serverBusy,
      };
    }
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

/** `$7$101`, `$argon2id$v=19$m=…`, `SCRAM-SHA-256$4096`: what decides the cost. */
function kindOf(text: string): string {
  return /^(?:\$7\$\d+|\$argon2id\$[^$]*\$[^$]*|[^$]+\$\d+|\$6)/.exec(text)
    ?.[0] ?? "";
}
