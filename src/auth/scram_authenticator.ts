import type { ClientIdentity } from "../broker/mod.ts";
import { hmacSha256, pbkdf2 } from "./_digest.ts";
import { Decoys, digestOfName } from "./decoys.ts";
import type { PasswordHash } from "./password_hash.ts";
import { SCRAM_SHA_256, ScramExchange, type ScramUsers } from "./scram.ts";
import type { ScramCredential } from "./scram_credential.ts";
import {
  type AuthenticationExchange,
  type AuthenticationVerdict,
  type Authenticator,
  PASS,
} from "./verdict.ts";

/** What is made up for users who do not exist. */
const [KEY, SALT] = ["key", "salt"].map((use) => new TextEncoder().encode(use));

/** SCRAM-SHA-256 for the users whose passwords are stored for it. */
export class ScramAuthenticator implements Authenticator, ScramUsers {
  readonly name = "scram";
  readonly #hashes: ReadonlyMap<string, PasswordHash>;
  readonly #decoys: Decoys<ScramCredential>;

  constructor(hashes: ReadonlyMap<string, PasswordHash>) {
    this.#hashes = hashes;
    const credentials = [...hashes.values()].flatMap(({ scram }) =>
      scram ?? []
    );
    this.#decoys = new Decoys(
      credentials,
      ({ iterations, salt }) => `${iterations} ${salt.length}`,
    );
  }

  authenticate(): AuthenticationVerdict {
    return PASS;
  }

  startExchange(method: string): AuthenticationExchange | null {
    return method === SCRAM_SHA_256 && !this.#decoys.isEmpty
      ? new ScramExchange(this)
      : null;
  }

  async find(userName: string): Promise<ScramCredential> {
    // Worked out for those who do exist as well, to take the same time.
    const digest = await digestOfName(userName);
    const { iterations, salt } = this.#decoys.pick(digest);
    const nobodysKey = await hmacSha256(digest, KEY);
    // Nothing of the digest itself, which tells what the name gets.
    const nobodysSalt = await pbkdf2("SHA-256", digest, SALT, {
      iterations: 1,
      bytes: salt.length,
    });
    return this.#hashes.get(userName)?.scram ?? {
      iterations,
      salt: nobodysSalt,
      // No key hashes to this one that anybody could know.
      storedKey: nobodysKey,
      serverKey: digest,
    };
  }

  credentialOf(userName: string): string {
    return this.#hashes.get(userName)?.text ?? "";
  }

  isStillWelcome({ userName }: ClientIdentity, credential: string): boolean {
    return userName !== null && this.credentialOf(userName) === credential;
  }

  knows(userName: string | null): boolean {
    return userName !== null && this.#hashes.get(userName)?.scram != null;
  }
}
