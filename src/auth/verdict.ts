import type {
  Action,
  AuthenticationRequest,
  ClientIdentity,
} from "../broker/mod.ts";

import type { BanList } from "./ban_list.ts";

/** What one {@linkcode Authenticator} says to a CONNECT. */
export type AuthenticationVerdict =
  | {
    readonly answer: "allow";
    /** What the answer rests on: compared after a reload, never shown. */
    readonly credential?: string;
    /** The user name to go on with, if not that of the request. */
    readonly userName?: string;
  }
  | {
    readonly answer: "deny";
    /** For the operator. */
    readonly cause: string;
    /** What CONNACK says; 0x86 if it is left out. */
    readonly reasonCode?: number;
  }
  | { readonly answer: "pass" };

/** "I do not know": the next one is asked. */
export const PASS: AuthenticationVerdict = { answer: "pass" };

/** What one message of an {@linkcode AuthenticationExchange} leads to. */
export type AuthenticationStep =
  | { readonly answer: "continue"; readonly data: Uint8Array }
  | {
    readonly answer: "allow";
    readonly userName: string;
    readonly credential: string;
    /** What the server says last. */
    readonly data: Uint8Array;
  }
  | { readonly answer: "deny"; readonly cause: string };

/** The server's side of one exchange of AUTH packets. */
export interface AuthenticationExchange {
  proceed(data: Uint8Array): Promise<AuthenticationStep>;
}

/** One link of the chain that a CONNECT goes along. */
export interface Authenticator {
  /** Told in log lines; each link of a chain has its own. */
  readonly name: string;
  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationVerdict | Promise<AuthenticationVerdict>;
  /** Begins an exchange; `null` passes the method on to the next link. */
  startExchange?(method: string): AuthenticationExchange | null;
  /**
   * Whether a client that the link of this name has let in before a reload
   * would still be; `credential` is that of the verdict.
   */
  isStillWelcome(client: ClientIdentity, credential: string): boolean;
}

/** What one {@linkcode AccessController} says to an action. */
export interface AccessVerdict {
  readonly isAllowed: boolean;
  /** The rule it went by, as an operator finds it: `acl:12`. */
  readonly rule: string;
  /** In milliseconds since the epoch; `Infinity` until the next reload. */
  readonly expiresAtMs: number;
}

/** One link of the chain that decides what a client may do. */
export interface AccessController {
  readonly name: string;
  /** Whether all its verdicts hold until the next reload. */
  readonly isTimeless: boolean;
  /** Whether `decide` answers with a promise: it is then asked only once. */
  readonly isAsynchronous: boolean;
  /** `null` passes the question on to the next link. */
  decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null | Promise<AccessVerdict | null>;
}

/** Everything a chain goes by; a reload replaces it as a whole. */
export interface Rules {
  readonly authenticators: readonly Authenticator[];
  /** Without any, everybody who is let in may do everything. */
  readonly controllers: readonly AccessController[];
  /** Who is turned away before anything else is asked. */
  readonly bans?: BanList;
}
