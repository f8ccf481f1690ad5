/**
 * The client for browsers, over WebSocket: what `deno task bundle` packs into
 * one module.
 * @module
 */
import { Client } from "./client.ts";
import type { ConnectOptions } from "./options.ts";
import { dialWebSocket } from "./transport_websocket.ts";

export * from "./api.ts";

/**
 * Connects to the server at `url`: `ws:` or `wss:`. Resolves when the server
 * has accepted the connection.
 * @throws {MqttError} If the server cannot be reached or refuses, with its
 * Reason Code.
 * @throws {RangeError} If an option is out of its range.
 */
export function connect(
  url: string | URL,
  options: ConnectOptions = {},
): Promise<Client> {
  return Client.open(url, options, dialWebSocket);
}
