import type { Connection, Observer } from "../broker/mod.ts";
import { type ConnectPacket, ReasonCode, reasonName } from "../codec/mod.ts";
import type { Logger } from "./logger.ts";

/** Names of the versions as people know them, by the byte on the wire. */
const VERSION_NAMES: Readonly<Record<number, string>> = {
  3: "3.1",
  4: "3.1.1",
  5: "5.0",
};

/** Writes what happens to connections as one log line each. */
export class LogObserver implements Observer {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  clientConnected(connection: Connection, connect: ConnectPacket): void {
    this.#logger.info("client connected", {
      client: connection.clientIdentifier,
      address: connection.remoteAddress,
      version: VERSION_NAMES[connect.protocolVersion],
      cleanStart: connect.cleanStart,
      keepAlive: connection.keepAliveSeconds,
      user: connection.userName ?? undefined,
    });
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
    });
  }

  connectionRefused(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    this.#logger.warn("connection refused", {
      address: connection.remoteAddress,
      client: connection.clientIdentifier || undefined,
      reason: nameOf(reasonCode),
      cause,
    });
  }

  requestRefused(connection: Connection, cause: string): void {
    this.#logger.warn("request refused", {
      client: connection.clientIdentifier,
      cause,
    });
  }

  internalError(connection: Connection | null, error: unknown): void {
    this.#logger.error("internal error", {
      client: connection?.clientIdentifier,
      error: error instanceof Error ? error : new Error(String(error)),
    });
  }
}

/** For instance `0x8e Session taken over`. */
function nameOf(reasonCode: number): string {
  const name = reasonCode === ReasonCode.normalDisconnection
    ? "Normal disconnection"
    : reasonName(reasonCode);
  return `0x${reasonCode.toString(16).padStart(2, "0")} ${name}`;
}
