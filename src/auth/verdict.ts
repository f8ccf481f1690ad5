import type {
  Action,
  AuthenticationRequest,
  ClientIdentity,
} from "../broker/mod.ts";

import type { BanList } from "./ban_list.ts";
import type { Grants } from "./grants.ts";
import type { RolesFile } from "./roles_file.ts";

/** What a client is that was let in. */
export interface Admission {
  readonly answer: "allow";
  /** What the answer rests on: compared after a reload, never shown. */
  readonly credential?: string;
  /** The user name to go on with, if not that of the client. */
  readonly userName?: string;
  /** What it may do by this; asked before the controllers. */
  readonly grants?: Grants;
  /** When the credential ends, in milliseconds since the epoch. */
  readonly expiresAtMs?: number;
}

/** What one {@linkcode Authenticator} says to a CONNECT. */
export type AuthenticationVerdict =
  | Admission
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
  | (Admission & {
    /** What the server says last. */
    readonly data: Uint8Array;
  })
  | {
    readonly answer: "deny";
    readonly cause: string;
    /** Whom the client wanted to log in as, if that is known. */
    readonly userName?: string;
    /** 0x87 if it is left out. */
    readonly reasonCode?: number;
  };

/** The server's side of one exchange of AUTH packets. */
export interface AuthenticationExchange {
  proceed(data: Uint8Array): Promise<AuthenticationStep>;
}

/** One link of the chain that a CONNECT goes along. */
export interface Authenticator {
  /** Told in log lines; each link of a chain has its own. */
  readonly name: string;
  /** Whether it may say what a client may do ({@linkcode Admission.grants}). */
  readonly grantsRights?: boolean;
  authenticate(
    request: AuthenticationRequest,
  ): AuthenticationVerdict | Promise<AuthenticationVerdict>;
  /** Begins an exchange; `null` passes the method on to the next link. */
  startExchange?(
    method: string,
    client: ClientIdentity,
  ): AuthenticationExchange | null;
  /**
   * Whether a client that the link of this name has let in before a reload
   * would still be; `credential` is that of the verdict.
   */
  isStillWelcome(client: ClientIdentity, credential: string): boolean;
  /**
   * Whether it may let in a client of that name, whatever the client shows;
   * if it is left out that cannot be told.
   */
  knows?(userName: string | null): boolean;
}

/** What one {@linkcode AccessController} says to an action. */
export interface AccessVerdict {
  readonly isAllowed: boolean;
  /** The rule it went by, as an operator finds it: `acl:12`. */
  readonly rule: string;
  /** In milliseconds since the epoch; `Infinity` until the next reload. */
  readonly expiresAtMs: number;
}

/** "I do not know", when that does not hold until the next reload. */
export interface AccessPass {
  readonly isAllowed: null;
  readonly expiresAtMs: number;
}

/** One link of the chain that decides what a client may do. */
export interface AccessController {
  readonly name: string;
  /** The file that its rules stand in, if they stand in one. */
  readonly path?: string;
  /** Whether all its verdicts hold until the next reload. */
  readonly isTimeless: boolean;
  /** Whether `decide` answers with a promise: it is then asked only once. */
  readonly isAsynchronous: boolean;
  /** What it is asked about; everything if it is left out. */
  readonly actions?: readonly Action[];
  /** `null` passes the question on to the next link. */
  decide(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessVerdict | null | Promise<AccessVerdict | AccessPass | null>;
}

/** Who is asked on one listener. */
export interface Links {
  readonly authenticators: readonly Authenticator[];
  /** Without any, everybody who is let in may do everything. */
  readonly controllers: readonly AccessController[];
}

/** Everything a chain goes by; a reload replaces it as a whole. */
export interface Rules extends Links {
  /** Who is turned away before anything else is asked. */
  readonly bans?: BanList;
  /** What the roles of {@linkcode Admission.grants} stand for. */
  readonly roles?: RolesFile | null;
  /** Listeners with links of their own, by their index. */
  readonly listeners?: ReadonlyMap<number, Links>;
}
