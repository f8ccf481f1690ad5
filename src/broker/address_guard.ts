import { ReasonCode } from "../codec/mod.ts";
import type { Broker } from "./broker.ts";

/** Addresses remembered; beyond, the one that was quiet longest is forgotten. */
const MAXIMUM_ADDRESSES = 100_000;

/** How many seconds' worth of connections may come at once. */
const BURST_SECONDS = 10;

/** The first back-off; each further failure doubles it. */
const FIRST_BACK_OFF_MS = 1_000;

/** Why a CONNECT is refused before anybody looks at it. */
export interface AddressRefusal {
  readonly reasonCode: number;
  readonly cause: string;
}

interface AddressRecord {
  tokens: number;
  filledAtMs: number;
  failureCount: number;
  failedAtMs: number;
}

/**
 * Slows addresses down that connect too often, or fail to log in too often.
 * Both are checked before a password is: that is what costs.
 */
export class AddressGuard {
  readonly #broker: Broker;
  readonly #records = new Map<string, AddressRecord>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Addresses remembered at present. */
  get size(): number {
    return this.#records.size;
  }

  /** Counts a CONNECT from `remoteAddress`; `null` lets it go on. */
  admit(remoteAddress: string): AddressRefusal | null {
    const { nowMs, limits } = this.#broker;
    const record = this.#recordOf(remoteAddress);
    const rate = limits.maximumConnectionsPerSecondPerAddress;
    if (rate !== Infinity) {
      const gained = (nowMs - record.filledAtMs) * rate / 1_000;
      record.tokens = Math.min(rate * BURST_SECONDS, record.tokens + gained);
      record.filledAtMs = nowMs;
      if (record.tokens < 1) {
        return {
          reasonCode: ReasonCode.connectionRateExceeded,
          cause: `more than ${rate} connections a second from this address`,
        };
      }
      record.tokens--;
    }
    const backOffMs = this.#backOff(record);
    if (nowMs - record.failedAtMs >= backOffMs) return null;
    return {
      reasonCode: ReasonCode.connectionRateExceeded,
      cause: `${record.failureCount} logins from this address have failed`,
    };
  }

  /** What came of the login. */
  loggedIn(remoteAddress: string, hasSucceeded: boolean): void {
    const record = this.#recordOf(remoteAddress);
    if (hasSucceeded) {
      record.failureCount = 0;
      record.failedAtMs = -Infinity;
    } else {
      record.failureCount++;
      record.failedAtMs = this.#broker.nowMs;
    }
  }

  #backOff({ failureCount }: AddressRecord): number {
    const { maximumLoginFailures, loginBackOffMs } = this.#broker.limits;
    const excess = failureCount - maximumLoginFailures;
    if (excess < 0) return 0;
    return Math.min(FIRST_BACK_OFF_MS * 2 ** excess, loginBackOffMs);
  }

  #recordOf(remoteAddress: string): AddressRecord {
    const address = hostOf(remoteAddress);
    let record = this.#records.get(address);
    if (record === undefined) {
      record = {
        tokens: Infinity,
        filledAtMs: this.#broker.nowMs,
        failureCount: 0,
        failedAtMs: -Infinity,
      };
      if (this.#records.size >= MAXIMUM_ADDRESSES) {
        this.#records.delete(this.#records.keys().next().value!);
      }
    } else {
      this.#records.delete(address);
    }
    // The Map keeps the order of insertion: the quietest is its first.
    this.#records.set(address, record);
    return record;
  }
}

/** `address:port` without the port. */
export function hostOf(remoteAddress: string): string {
  return remoteAddress.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
