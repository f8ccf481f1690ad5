import type { AdminObserver } from "../admin/observer.ts";
import type { CalledHook, Misses, PluginObserver } from "../auth/mod.ts";
import type {
  ClientIdentity,
  Connection,
  Observer,
  OverLimit,
} from "../broker/mod.ts";
import { type ConnectPacket, ReasonCode, reasonName } from "../codec/mod.ts";
import type { LogLevel } from "../config/mod.ts";
import type { StoreObserver, StoreProgress } from "../store/mod.ts";
import {
  formatListeningAddress,
  type ListenerObserver,
  type ListeningAddress,
} from "../transport/mod.ts";
import type { Logger } from "./logger.ts";

/** Names of the versions as people know them, by the byte on the wire. */
const VERSION_NAMES: Readonly<Record<number, string>> = {
  3: "3.1",
  4: "3.1.1",
  5: "5.0",
};

/** A store that fails is told of once in this time, not once a second. */
const STORE_WARNING_INTERVAL_MS = 60_000;

/** Writes what happens to connections, listeners and the store as one log line each. */
export class LogObserver
  implements
    Observer,
    StoreObserver,
    ListenerObserver,
    PluginObserver,
    AdminObserver {
  readonly #logger: Logger;
  readonly #now: () => number;
  #storeWarnedAtMs = -Infinity;
  /** Whether the last line about the store says that it fails. */
  #isStoreWarned = false;

  /** `now` counts milliseconds. */
  constructor(logger: Logger, now: () => number = Date.now) {
    this.#logger = logger;
    this.#now = now;
  }

  clientConnected(connection: Connection, connect: ConnectPacket): void {
    this.#logger.info("client connected", {
      client: connection.clientIdentifier,
      address: connection.remoteAddress,
      version: VERSION_NAMES[connect.protocolVersion],
      cleanStart: connect.cleanStart,
      keepAlive: connection.keepAliveSeconds,
      user: connection.userName ?? undefined,
    }, { subject: connection });
  }

  clientDisconnected(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    this.#logger.info("client disconnected", {
      client: connection.clientIdentifier,
      reason: nameOf(reasonCode),
      cause,
    }, { subject: connection });
  }

  connectionOverLimit(
    { remoteAddress, listener, maximum, setting }: OverLimit,
  ): void {
    this.#logger.warn("connection refused, there are too many", {
      listener: listener || undefined,
      address: remoteAddress,
      limit: maximum,
      setting,
    });
  }

  /** At `info`: most are probes, and they must not hide who is refused. */
  connectionAbandoned(connection: Connection, cause: string): void {
    this.#logger.info("connection ended before the client was accepted", {
      listener: connection.listener.name || undefined,
      address: connection.remoteAddress,
      client: connection.clientIdentifier || undefined,
      user: connection.userName ?? undefined,
      cause,
    }, { subject: connection });
  }

  connectionRefused(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    this.#logger.warn("connection refused", {
      listener: connection.listener.name || undefined,
      address: connection.remoteAddress,
      client: connection.clientIdentifier || undefined,
      user: connection.userName ?? undefined,
      reason: nameOf(reasonCode),
      cause,
    }, { subject: connection });
  }

  requestRefused(client: ClientIdentity, cause: string): void {
    this.#logger.warn("request refused", {
      client: client.clientIdentifier,
      user: client.userName ?? undefined,
      cause,
    }, { subject: client });
  }

  clientSlow(connection: Connection): void {
    this.#logger.warn("client slow, what it misses at QoS 0 is dropped", {
      client: connection.clientIdentifier,
      waiting: connection.pendingBytes,
    }, { subject: connection });
  }

  subscriptionMade(
    connection: Connection,
    topicFilter: string,
    maximumQos: number,
  ): void {
    this.#logger.debug("subscribed", {
      client: connection.clientIdentifier,
      filter: topicFilter,
      qos: maximumQos,
    }, { subject: connection });
  }

  subscriptionEnded(connection: Connection, topicFilter: string): void {
    this.#logger.debug("unsubscribed", {
      client: connection.clientIdentifier,
      filter: topicFilter,
    }, { subject: connection });
  }

  internalError(connection: Connection | null, error: unknown): void {
    this.#logger.error("internal error", {
      client: connection?.clientIdentifier,
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }

  adminChanged(userName: string, address: string, request: string): void {
    this.#logger.info("changed through the admin API", {
      user: userName,
      address,
      request,
    });
  }

  adminRefused(address: string, cause: string): void {
    this.#logger.warn("admin request refused", { address, cause });
  }

  tokensExposed(path: string): void {
    this.#logger.warn(
      "everybody on this machine can read the admin tokens, chmod o= helps",
      { path },
    );
  }

  acceptFailed(address: ListeningAddress, error: unknown): void {
    this.#logger.error("accepting connections fails, it is tried again", {
      listener: formatListeningAddress(address),
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }

  arrivalRefused(remoteAddress: string, cause: string): void {
    this.#logger.warn("connection refused", { address: remoteAddress, cause });
  }

  certificateRenewed(address: ListeningAddress, expiresAtMs: number): void {
    this.#logger.info("the certificate was renewed", {
      listener: formatListeningAddress(address),
      expires: new Date(expiresAtMs).toISOString(),
    });
  }

  certificateRejected(address: ListeningAddress, cause: string): void {
    this.#logger.error(
      "the new certificate cannot be used, the old one stays",
      { listener: formatListeningAddress(address), cause },
    );
  }

  storeReading(progress: StoreProgress): void {
    this.#logger.info("reading the store", progressFields(progress));
  }

  storeRead(progress: StoreProgress): void {
    this.#logger.info("the store was read", progressFields(progress));
  }

  storeFailing(error: unknown): void {
    const nowMs = this.#now();
    if (nowMs - this.#storeWarnedAtMs < STORE_WARNING_INTERVAL_MS) return;
    this.#storeWarnedAtMs = nowMs;
    this.#isStoreWarned = true;
    this.#logger.error(
      "writing the store fails, messages that need it are refused",
      { error: error instanceof Error ? error : new Error(String(error)) },
    );
  }

  storeWorking(): void {
    if (!this.#isStoreWarned) return;
    this.#isStoreWarned = false;
    this.#logger.info("writing the store works again");
  }

  storeCommitted(): void {}

  storeDamaged(cause: string): void {
    this.#logger.warn("a part of the damaged store is lost", { cause });
  }

  storeMoved(path: string): void {
    this.#logger.warn("the old store was moved aside", { path });
  }

  pluginLogged(name: string, level: LogLevel, text: string): void {
    this.#logger[level](`plugin ${name}`, { text });
  }

  pluginSilenced(name: string, lineCount: number): void {
    this.#logger.warn(`plugin ${name}: left out`, { lines: lineCount });
  }

  pluginFailed(name: string, hook: CalledHook, cause: string): void {
    const fields = { hook, cause };
    if (hook === "onConnect" || hook === "onDisconnect") {
      this.#logger.warn(
        `plugin ${name} failed with a notice, which denies nothing`,
        fields,
      );
      return;
    }
    const effect = hook === "authorize"
      ? "what it was asked about is denied"
      : "the login is refused";
    this.#logger.error(`plugin ${name} failed, ${effect}`, fields);
  }

  pluginEnded(name: string, cause: string, delayMs: number): void {
    this.#logger.error(`plugin ${name} has ended and is started again`, {
      cause,
      delay: `${delayMs}ms`,
    });
  }

  pluginRestarted(name: string): void {
    this.#logger.info(`plugin ${name} runs again`);
  }

  pluginMissed(name: string, misses: Misses): void {
    const { dropped, failed, late, cause } = misses;
    this.#logger.warn(`plugin ${name} misses messages`, {
      dropped: dropped || undefined,
      failed: failed || undefined,
      late: late || undefined,
      cause: cause ?? undefined,
    });
  }

  pluginUntold(name: string): void {
    this.#logger.warn(
      `plugin ${name} has onPublish, but is told of no messages: list their ` +
        "Topic Filters in its permissions.messages",
    );
  }
}

function progressFields(progress: StoreProgress) {
  return {
    segments: progress.segmentCount,
    bytes: progress.sizeBytes,
    elapsed: `${Math.round(progress.elapsedMs)}ms`,
  };
}

/** For instance `0x8e Session taken over`. */
function nameOf(reasonCode: number): string {
  const name = reasonCode === ReasonCode.normalDisconnection
    ? "Normal disconnection"
    : reasonName(reasonCode);
  return `0x${reasonCode.toString(16).padStart(2, "0")} ${name}`;
}
