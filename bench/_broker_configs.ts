/**
 * Settings that mean the same for every broker: no persistence, no
 * authentication, TCP_NODELAY, and limits that no scenario reaches.
 */
import type { ProtocolVersion } from "./_wire.ts";

/** Messages in flight per client, in both directions. */
export const inFlightLimit = 1000;
/** Messages that may wait for one client. */
export const queueLimit = 100_000;
/** The largest packet. */
export const packetLimitBytes = 1024 * 1024;

/** What a broker's configuration depends on. */
export interface Endpoint {
  port: number;
  version: ProtocolVersion;
}

/** RQTT: YAML. */
export function rqttConfig({ port }: Endpoint): string {
  return `listeners:
  - type: tcp
    address: 127.0.0.1:${port}
limits:
  receive_maximum: ${inFlightLimit}
  max_inflight_messages: ${inFlightLimit}
  max_queued_messages: ${queueLimit}
  max_packet_size: ${packetLimitBytes}
log:
  level: error
`;
}

/** mosquitto: mosquitto.conf. */
export function mosquittoConfig({ port }: Endpoint): string {
  return `listener ${port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_inflight_messages ${inFlightLimit}
max_queued_messages ${queueLimit}
max_packet_size ${packetLimitBytes}
log_type error
`;
}

/** rumqttd: TOML; each of its servers speaks one version. */
export function rumqttdConfig({ port, version }: Endpoint): string {
  return `id = 0
[router]
id = 0
max_connections = 100000
max_outgoing_packet_count = ${inFlightLimit}
max_segment_size = 104857600
max_segment_count = 10
[v${version}.1]
name = "v${version}-1"
listen = "127.0.0.1:${port}"
next_connection_delay_ms = 0
[v${version}.1.connections]
connection_timeout_ms = 10000
max_payload_size = ${packetLimitBytes}
max_inflight_count = ${inFlightLimit}
dynamic_filters = true
`;
}

/** aedes: a program, as it is a library. */
export function aedesProgram({ port }: Endpoint): string {
  return `import { createServer } from "node:net";
import { Aedes } from "aedes";
const broker = await Aedes.createBroker({
  concurrency: ${inFlightLimit},
  maxInflightInbound: ${inFlightLimit},
  queueLimit: ${queueLimit},
});
createServer({ noDelay: true }, broker.handle).listen(${port}, "127.0.0.1");
`;
}
