import { makeToken, type Principal, type Tokens } from "./tokens.ts";

/** How long a login lasts. */
export const LOGIN_SECONDS = 12 * 60 * 60;
/** The oldest one ends when there are more. */
const MAXIMUM_LOGINS = 1_000;

interface Login {
  readonly token: string;
  readonly expiresAtMs: number;
}

/**
 * Browsers that have shown a token and got a cookie for it. The token itself
 * is kept here, so that a login ends when its token is no longer accepted.
 */
export class Logins {
  readonly #logins = new Map<string, Login>();

  /** Returns the value of the cookie. */
  begin(token: string, nowMs: number): string {
    const [oldest] = this.#logins.keys();
    if (this.#logins.size >= MAXIMUM_LOGINS) this.#logins.delete(oldest);
    const cookie = makeToken();
    const expiresAtMs = nowMs + LOGIN_SECONDS * 1_000;
    this.#logins.set(cookie, { token, expiresAtMs });
    return cookie;
  }

  /** Who has logged in with this cookie, by the present tokens. */
  find(cookie: string, tokens: Tokens, nowMs: number): Principal | null {
    const login = this.#logins.get(cookie);
    if (login === undefined) return null;
    const principal = login.expiresAtMs > nowMs
      ? tokens.find(login.token)
      : null;
    if (principal === null) this.#logins.delete(cookie);
    return principal;
  }

  end(cookie: string): void {
    this.#logins.delete(cookie);
  }
}
