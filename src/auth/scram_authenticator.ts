import type { ClientIdentity } from "../broker/mod.ts";
import { hmacSha256 } from "./_digest.ts";
import type { PasswordHash } from "./password_hash.ts";
import { SCRAM_SHA_256, ScramExchange, type ScramUsers } from "./scram.ts";
import type { ScramCredential } from "./scram_credential.ts";
import {
  type AuthenticationExchange,
  type AuthenticationVerdict,
  type Authenticator,
  PASS,
} from "./verdict.ts";

const SALT_BYTES = 16;
const encoder = new TextEncoder();

/** Salts of users who do not exist: always the same, and nobody can tell. */
const decoySecret = crypto.getRandomValues(new Uint8Array(32));

/** SCRAM-SHA-256 for the users whose passwords are stored for it. */
export class ScramAuthenticator implements Authenticator, ScramUsers {
  readonly name = "scram";
  readonly #hashes: ReadonlyMap<string, PasswordHash>;
  readonly #decoyIterations: number;

  constructor(hashes: ReadonlyMap<string, PasswordHash>) {
    this.#hashes = hashes;
    const first = hashes.values().find(({ scram }) => scram !== null);
    this.#decoyIterations = first?.scram?.iterations ?? 0;
  }

  authenticate(): AuthenticationVerdict {
    return PASS;
  }

  startExchange(method: string): AuthenticationExchange | null {
    return method === SCRAM_SHA_256 && this.#decoyIterations > 0
      ? new ScramExchange(this)
      : null;
  }

  async find(userName: string): Promise<ScramCredential> {
    // Worked out for those who do exist as well, to take the same time.
    const digest = await hmacSha256(decoySecret, encoder.encode(userName));
    const nobodysKey = await hmacSha256(decoySecret, digest);
    return this.#hashes.get(userName)?.scram ?? {
      iterations: this.#decoyIterations,
      salt: digest.subarray(0, SALT_BYTES),
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
