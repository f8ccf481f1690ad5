import type { Broker } from "./broker/mod.ts";
import { Client } from "./client/client.ts";
import type { ConnectOptions } from "./client/options.ts";
import { StreamClientTransport } from "./client/transport_stream.ts";
import { Arrival } from "./transport/arrival.ts";
import { ReadWindow } from "./transport/read_window.ts";
import { makeStreamPair } from "./transport/stream_pair.ts";
import { StreamTransport } from "./transport/stream_transport.ts";

/** How a client within the process connects. */
export interface InProcessOptions extends
  Omit<
    ConnectOptions,
    "userName" | "password" | "authentication" | "dial" | "tls" | "reconnect"
  > {
  /** Whose rights hold; no password is asked for. */
  readonly userName: string;
  /** What logs and rules take for its address; `process` unless given. */
  readonly remoteAddress?: string;
  /**
   * Whether QoS 0 messages are dropped, and counted by the client, while its
   * consumer is slow; else the broker waits a little for it, as for any client.
   */
  readonly dropsWhenSlow?: boolean;
}

/**
 * Connects a client to `broker` without a network. It is a client as any
 * other: limits, rights and acknowledgements are the same, and it is seen
 * among the clients. It does not reconnect.
 * @throws {MqttError} If the broker refuses it.
 */
export function connectInProcess(
  broker: Broker,
  { userName, remoteAddress = "process", dropsWhenSlow = false, ...options }:
    InProcessOptions,
): Promise<Client> {
  return Client.open("mqtt://process", {
    keepAliveSeconds: 0,
    ...options,
    reconnect: false,
  }, () => {
    const [own, brokers] = makeStreamPair(remoteAddress);
    const arrival = new Arrival(brokers);
    arrival.userName = userName;
    // Never rejects, and ends with the stream.
    new StreamTransport(arrival).serve(broker, 0);
    const window = new ReadWindow();
    return Promise.resolve(
      new StreamClientTransport(own, window, !dropsWhenSlow),
    );
  });
}
