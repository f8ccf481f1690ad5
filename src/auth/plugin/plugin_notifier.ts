import type {
  ClientIdentity,
  Connection,
  Observer,
  OverLimit,
} from "../../broker/mod.ts";
import type { ConnectPacket } from "../../codec/mod.ts";
import type { Farewell } from "./api.ts";
import { toClient } from "./client.ts";
import { PluginSet } from "./plugin_set.ts";

/** Tells plugins who comes and goes, and passes everything on. */
export class PluginNotifier implements Observer {
  /** Those that are told; replaced by a reload. */
  plugins = PluginSet.NONE;
  readonly #next: Observer;

  constructor(next: Observer) {
    this.#next = next;
  }

  clientConnected(connection: Connection, connect: ConnectPacket): void {
    for (const plugin of this.plugins) {
      plugin.tell("onConnect", toClient(connection));
    }
    this.#next.clientConnected(connection, connect);
  }

  clientDisconnected(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    for (const plugin of this.plugins) {
      const farewell: Farewell = { ...toClient(connection), reasonCode, cause };
      plugin.tell("onDisconnect", farewell);
    }
    this.#next.clientDisconnected(connection, reasonCode, cause);
  }

  connectionOverLimit(refusal: OverLimit): void {
    this.#next.connectionOverLimit(refusal);
  }

  connectionAbandoned(connection: Connection, cause: string): void {
    this.#next.connectionAbandoned(connection, cause);
  }

  connectionRefused(
    connection: Connection,
    reasonCode: number,
    cause: string,
  ): void {
    this.#next.connectionRefused(connection, reasonCode, cause);
  }

  requestRefused(client: ClientIdentity, cause: string): void {
    this.#next.requestRefused(client, cause);
  }

  clientSlow(connection: Connection): void {
    this.#next.clientSlow(connection);
  }

  subscriptionMade(
    connection: Connection,
    topicFilter: string,
    maximumQos: number,
  ): void {
    this.#next.subscriptionMade(connection, topicFilter, maximumQos);
  }

  subscriptionEnded(connection: Connection, topicFilter: string): void {
    this.#next.subscriptionEnded(connection, topicFilter);
  }

  internalError(connection: Connection | null, error: unknown): void {
    this.#next.internalError(connection, error);
  }
}
