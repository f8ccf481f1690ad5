import type { AuthenticationRequest } from "../broker/mod.ts";
import { ANONYMOUS } from "./decision_chain.ts";
import {
  type AuthenticationVerdict,
  type Authenticator,
  PASS,
} from "./verdict.ts";

/**
 * Lets in who does not say who they are. Where no link before it checks names,
 * also who says so: many clients always send a user name.
 */
export class AnonymousAuthenticator implements Authenticator {
  readonly name = ANONYMOUS;
  readonly #acceptsNames: boolean;

  constructor(acceptsNames: boolean) {
    this.#acceptsNames = acceptsNames;
  }

  authenticate({ userName }: AuthenticationRequest): AuthenticationVerdict {
    if (userName !== null && !this.#acceptsNames) return PASS;
    return { answer: "allow" };
  }

  isStillWelcome({ userName }: { userName: string | null }): boolean {
    return this.knows(userName);
  }

  knows(userName: string | null): boolean {
    return userName === null || this.#acceptsNames;
  }
}

/** The name of the link that takes the word of the transport. */
export const CERTIFICATE = "certificate";

/**
 * Lets in whom the transport vouches for: by a client certificate, on a
 * listener whose configuration takes the user name from it.
 */
export class VouchedAuthenticator implements Authenticator {
  readonly name = CERTIFICATE;
  readonly #areCertificatesNames: boolean;

  /** Others whom a transport vouches for are few, and leave no Wills. */
  constructor(areCertificatesNames: boolean) {
    this.#areCertificatesNames = areCertificatesNames;
  }

  authenticate({ isVouched }: AuthenticationRequest): AuthenticationVerdict {
    return isVouched ? { answer: "allow" } : PASS;
  }

  isStillWelcome(): boolean {
    return true;
  }

  knows(userName: string | null): boolean {
    return userName !== null && this.#areCertificatesNames;
  }
}
