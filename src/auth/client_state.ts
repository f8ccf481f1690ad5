import type { ClientIdentity } from "../broker/mod.ts";
import { ClientDecisions } from "./client_decisions.ts";
import type { Grants } from "./grants.ts";
import type { Admission, Rules } from "./verdict.ts";

/** What the chain remembers of a client that it has let in. */
export class ClientState {
  /** The name of the link that has let it in. */
  readonly authenticator: string;
  readonly credential: string;
  readonly grants: Grants | null;
  #decisions: ClientDecisions | null;

  constructor(authenticator: string, admission: Partial<Admission> = {}) {
    this.authenticator = authenticator;
    this.credential = admission.credential ?? "";
    this.grants = admission.grants ?? null;
    this.#decisions = null;
  }

  /** That of `client`; one that somebody else has let in gets one now. */
  static of(client: ClientIdentity): ClientState {
    const { authorization } = client;
    if (authorization instanceof ClientState) return authorization;
    return client.authorization = new ClientState("");
  }

  /** What is known as long as `rules` hold. */
  decisionsBy(rules: Rules): ClientDecisions {
    if (this.#decisions !== null && this.#decisions.rules === rules) {
      return this.#decisions;
    }
    return this.#decisions = new ClientDecisions(rules);
  }
}
