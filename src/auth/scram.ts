import type { AuthenticationExchange, AuthenticationStep } from "./verdict.ts";
import { base64, fromBase64, hmacSha256, sha256 } from "./_digest.ts";
import type { ScramCredential } from "./scram_credential.ts";
import { equals } from "./password_hash.ts";

/** The name that clients put into CONNECT. */
export const SCRAM_SHA_256 = "SCRAM-SHA-256";

const NONCE_BYTES = 18;
/** Names and nonces are short: nobody makes the broker repeat a megabyte. */
const MAXIMUM_MESSAGE_BYTES = 4_096;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Finds what is kept of a user's password. */
export interface ScramUsers {
  /**
   * What stands for a user who is unknown has to look like a real one: the
   * same answer each time, and no password that fits.
   */
  find(userName: string): Promise<ScramCredential>;
  /** What a login of this user rests on. */
  credentialOf(userName: string): string;
}

/**
 * The server's side of SCRAM-SHA-256 (RFC 5802 and 7677) without channel
 * binding. Names and passwords are taken as they are, without SASLprep.
 */
export class ScramExchange implements AuthenticationExchange {
  readonly #users: ScramUsers;
  readonly #makeNonce: () => string;
  #userName = "";
  #credential: ScramCredential | null = null;
  #clientFirstBare = "";
  #serverFirst = "";
  #gs2Header = "";
  #nonce = "";

  constructor(users: ScramUsers, makeNonce = randomNonce) {
    this.#users = users;
    this.#makeNonce = makeNonce;
  }

  async proceed(data: Uint8Array): Promise<AuthenticationStep> {
    if (data.length > MAXIMUM_MESSAGE_BYTES) {
      return deny(`the message is over ${MAXIMUM_MESSAGE_BYTES} bytes long`);
    }
    let text: string;
    try {
      text = decoder.decode(data);
    } catch {
      return deny("the message is not UTF-8");
    }
    return this.#credential === null
      ? await this.#answerFirst(text)
      : await this.#answerFinal(text, this.#credential);
  }

  async #answerFirst(text: string): Promise<AuthenticationStep> {
    const match = /^([ny],,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+))(?:,.*)?$/
      .exec(text);
    if (/^p=/.test(text)) {
      return deny("it asks for channel binding, which is not supported");
    }
    if (match === null) return deny("the first message is ill-formed");
    const [, gs2Header, bare, name, clientNonce] = match;
    const userName = unescapeName(name);
    if (userName === null) return deny("the user name is ill-formed");
    this.#userName = userName;
    this.#gs2Header = gs2Header;
    this.#clientFirstBare = text.slice(gs2Header.length);
    if (bare.length === 0) return deny("the first message is empty");
    this.#nonce = clientNonce + this.#makeNonce();
    const credential = await this.#users.find(userName);
    this.#credential = credential;
    const { salt, iterations } = credential;
    this.#serverFirst = `r=${this.#nonce},s=${base64(salt)},i=${iterations}`;
    return { answer: "continue", data: encoder.encode(this.#serverFirst) };
  }

  async #answerFinal(
    text: string,
    { storedKey, serverKey }: ScramCredential,
  ): Promise<AuthenticationStep> {
    const match = /^(c=([^,]+),r=([^,]+)),p=([^,]+)$/.exec(text);
    const userName = this.#userName;
    if (match === null) return deny("the last message is ill-formed", userName);
    const [, withoutProof, binding, nonce, proofText] = match;
    const proof = fromBase64(proofText);
    if (
      binding !== btoa(this.#gs2Header) || nonce !== this.#nonce ||
      proof?.length !== storedKey.length
    ) {
      return deny("the last message does not belong to the first", userName);
    }
    const message = encoder.encode(
      `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`,
    );
    const clientSignature = await hmacSha256(storedKey, message);
    const clientKey = proof.map((byte, i) => byte ^ clientSignature[i]);
    if (!equals(await sha256(clientKey), storedKey)) {
      return deny("wrong password or unknown user", userName);
    }
    const signature = await hmacSha256(serverKey, message);
    return {
      answer: "allow",
      userName,
      credential: this.#users.credentialOf(userName),
      data: encoder.encode(`v=${base64(signature)}`),
    };
  }
}

/** `userName` is that of the first message, once there is one. */
function deny(cause: string, userName?: string): AuthenticationStep {
  return { answer: "deny", cause, userName };
}

/** `=2C` is a comma, `=3D` an equals sign; another `=` is an error. */
function unescapeName(name: string): string | null {
  if (/=(?!2C|3D)/.test(name)) return null;
  return name.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

function randomNonce(): string {
  return base64(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}
