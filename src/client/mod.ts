/**
 * An MQTT 5.0, 3.1.1 and 3.1 client over TCP, TLS and WebSocket, for Deno.
 *
 * ```ts
 * import { connect } from "@rqtt/rqtt/client";
 *
 * await using client = await connect("mqtt://127.0.0.1");
 * const readings = client.messages("greenhouse/+");
 * await client.subscribe("greenhouse/+", { qos: 1 });
 * await client.publish("greenhouse/temperature", "21.5", { qos: 1 });
 * for await (const message of readings) {
 *   console.log(message.topicName, message.text());
 *   break;
 * }
 * ```
 * @module
 */
import { Client } from "./client.ts";
import { dialByScheme } from "./dial.ts";
import type { ConnectOptions } from "./options.ts";

export * from "./api.ts";

/**
 * Connects to the server at `url`: `mqtt:`, `mqtts:`, `ws:` or `wss:`.
 * Resolves when the server has accepted the connection.
 * @throws {MqttError} If the server cannot be reached or refuses, with its
 * Reason Code.
 * @throws {RangeError} If an option is out of its range.
 */
export function connect(
  url: string | URL,
  options: ConnectOptions = {},
): Promise<Client> {
  return Client.open(url, options, dialByScheme);
}
