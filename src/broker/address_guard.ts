import { ReasonCode } from "../codec/mod.ts";
import { networkOf } from "./address.ts";
import type { Broker } from "./broker.ts";
import type { Connection } from "./connection.ts";
import { ConnectionLimit } from "./connection_limit.ts";
import type { Limits } from "./limits.ts";

/** Addresses remembered; beyond, the one that was quiet longest is forgotten. */
const MAXIMUM_ADDRESSES = 100_000;

/** How many seconds' worth of connections may come at once. */
const BURST_SECONDS = 10;

/** The first back-off; each further failure doubles it. */
const FIRST_BACK_OFF_MS = 1_000;

/** After so many times the longest back-off without a failure all are forgotten. */
const FORGET_FACTOR = 10;

/** Names whose failures are counted apart for one address. */
const MAXIMUM_NAMES = 32;

/** Why a CONNECT is refused before anybody looks at it. */
export interface AddressRefusal {
  /** A {@linkcode ConnectionLimit}. */
  readonly limit: number;
  readonly reasonCode: number;
  readonly cause: string;
}

interface Arrivals {
  tokens: number;
  filledAtMs: number;
}

interface Failures {
  count: number;
  lastAtMs: number;
  /** Those of them that a login with the same user name takes back. */
  readonly byName: Map<string, number>;
}

/**
 * Slows addresses down that connect too often, or fail to log in too often.
 * Both are checked before a password is: that is what costs.
 */
export class AddressGuard {
  readonly #broker: Broker;
  /** By listener and address: each listener has a rate of its own. */
  readonly #arrivals = new Map<string, Arrivals>();
  /** By address: who guesses at one listener guesses at the others. */
  readonly #failures = new Map<string, Failures>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Addresses whose failures are remembered at present. */
  get size(): number {
    return this.#failures.size;
  }

  /** Counts the CONNECT of `connection`; `null` lets it go on. */
  admit({ listener, remoteAddress }: Connection): AddressRefusal | null {
    const { limits, index } = listener;
    const address = networkOf(remoteAddress);
    const rate = limits.maximumConnectionsPerSecondPerAddress;
    if (rate !== Infinity && !this.#arrive(`${index} ${address}`, rate)) {
      return {
        limit: ConnectionLimit.connectionRate,
        reasonCode: ReasonCode.connectionRateExceeded,
        cause: `more than ${rate} connections a second from this address`,
      };
    }
    return this.refuseToLogIn({ listener, remoteAddress });
  }

  /** Why the address of a client has to wait after failed logins, if it has. */
  refuseToLogIn(
    { listener: { limits }, remoteAddress }: Pick<
      Connection,
      "listener" | "remoteAddress"
    >,
  ): AddressRefusal | null {
    if (this.#failures.size === 0) return null;
    const failures = this.#failures.get(networkOf(remoteAddress));
    if (failures === undefined) return null;
    const quietMs = this.#broker.nowMs - failures.lastAtMs;
    if (quietMs >= backOffOf(failures, limits)) return null;
    return {
      limit: ConnectionLimit.loginFailures,
      reasonCode: ReasonCode.connectionRateExceeded,
      cause: `${failures.count} logins from this address have failed`,
    };
  }

  /**
   * Somebody has proven to be `userName`. That takes back what the same user
   * has got wrong, and nothing else: who has one account could guess the
   * passwords of all others otherwise.
   */
  loggedIn({ remoteAddress }: Connection, userName: string): void {
    const address = networkOf(remoteAddress);
    const known = this.#failures.get(address);
    if (known === undefined) return;
    known.count -= known.byName.get(userName) ?? 0;
    known.byName.delete(userName);
    if (known.count === 0) this.#failures.delete(address);
  }

  /**
   * A login with `userName` has failed. With `null` nobody knows whose it was,
   * and no login takes it back.
   */
  loginFailed(connection: Connection, userName: string | null): void {
    const address = networkOf(connection.remoteAddress);
    const known = this.#failures.get(address);
    const { nowMs } = this.#broker;
    const longestMs = connection.listener.limits.loginBackOffMs * FORGET_FACTOR;
    const failures = known === undefined || nowMs - known.lastAtMs > longestMs
      ? { count: 0, lastAtMs: nowMs, byName: new Map<string, number>() }
      : known;
    failures.count++;
    failures.lastAtMs = nowMs;
    const { byName } = failures;
    if (
      userName !== null &&
      (byName.has(userName) || byName.size < MAXIMUM_NAMES)
    ) {
      byName.set(userName, (byName.get(userName) ?? 0) + 1);
    }
    remember(this.#failures, address, failures);
  }

  /** Takes a token; false if there is none. */
  #arrive(key: string, rate: number): boolean {
    const { nowMs } = this.#broker;
    const arrivals = this.#arrivals.get(key) ??
      { tokens: Infinity, filledAtMs: nowMs };
    const gained = (nowMs - arrivals.filledAtMs) * rate / 1_000;
    arrivals.tokens = Math.min(rate * BURST_SECONDS, arrivals.tokens + gained);
    arrivals.filledAtMs = nowMs;
    remember(this.#arrivals, key, arrivals);
    if (arrivals.tokens < 1) return false;
    arrivals.tokens--;
    return true;
  }
}

function backOffOf(
  { count }: Failures,
  { maximumLoginFailures, loginBackOffMs }: Limits,
): number {
  const excess = count - maximumLoginFailures;
  if (excess < 0) return 0;
  return Math.min(FIRST_BACK_OFF_MS * 2 ** excess, loginBackOffMs);
}

/** A Map keeps the order of insertion: the quietest is its first. */
function remember<Value>(
  records: Map<string, Value>,
  key: string,
  value: Value,
): void {
  if (!records.delete(key) && records.size >= MAXIMUM_ADDRESSES) {
    records.delete(records.keys().next().value!);
  }
  records.set(key, value);
}
