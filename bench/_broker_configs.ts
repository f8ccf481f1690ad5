/**
 * Settings that mean the same for every broker: no authentication, TCP_NODELAY,
 * limits that no scenario reaches, and persistence only where one asks for it.
 */
import type { BenchCredentials } from "./_credentials.ts";
import type { LinkType } from "../src/cli/bench/link.ts";
import type { ProtocolVersion } from "../src/cli/bench/wire.ts";

/** Messages in flight per client, in both directions. */
export const inFlightLimit = 1000;
/** Messages that may wait for one client. */
export const queueLimit = 100_000;
/** Sessions that a broker may have. */
export const sessionLimit = 1_000_000;
/** The largest packet. */
export const packetLimitBytes = 1024 * 1024;

const ACL_RULE_COUNT = 10_000;

/** What a broker's configuration depends on. */
export interface Endpoint {
  port: number;
  version: ProtocolVersion;
  /** What clients connect over; TCP if it is left out. */
  link?: LinkType;
  /** Has to be there for TLS. */
  credentials?: BenchCredentials;
  /** A folder that the broker may use. */
  directory: string;
  /** Where to keep sessions and messages; nowhere if it is left out. */
  storeDirectory?: string;
  /** The file with {@linkcode aclRules}; everything is allowed without. */
  aclPath?: string;
}

/** What does TLS in RQTT. */
export type RqttTlsEngine = "node" | "deno";

/** Rules of an installation with many devices; the last one is that of the load. */
export function aclRules(): string {
  const rules = Array.from(
    { length: ACL_RULE_COUNT - 1 },
    (_, index) =>
      `topic ${index % 2 === 0 ? "read" : "readwrite"} ` +
      `plant/${index % 100}/device-${index}/#`,
  );
  return [...rules, "topic readwrite bench/#", ""].join("\n");
}

/** RQTT: YAML. */
export function rqttConfig(
  { port, link = "tcp", credentials, storeDirectory, aclPath }: Omit<
    Endpoint,
    "directory"
  >,
  tlsEngine: RqttTlsEngine = "node",
): string {
  const tls = link === "tls" || link === "wss"
    ? `
    certificate: ${credentials?.certificatePath}
    private_key: ${credentials?.privateKeyPath}
    tls_engine: ${tlsEngine}`
    : "";
  const persistence = storeDirectory === undefined
    ? ""
    : `persistence:\n  path: ${storeDirectory}/store.db\n`;
  const acl = aclPath === undefined ? "" : `  acl_file: ${aclPath}\n`;
  return `listeners:
  - type: ${link}
    address: 127.0.0.1:${port}${tls}
limits:
  max_connection_rate: none
  max_sessions: ${sessionLimit}
  receive_maximum: ${inFlightLimit}
  max_inflight_messages: ${inFlightLimit}
  max_queued_messages: ${queueLimit}
  max_packet_size: ${packetLimitBytes}
auth:
  allow_anonymous: true
${acl}${persistence}log:
  level: error
`;
}

/** mosquitto: mosquitto.conf. */
export function mosquittoConfig(
  { port, link = "tcp", credentials, directory, storeDirectory, aclPath }:
    Endpoint,
): string {
  // mosquitto 2.0.11 does not count WebSocket listeners: alone they are none.
  const first = link === "ws" || link === "wss"
    ? `listener 0 ${directory}/mosquitto-${port}.sock\n`
    : "";
  const protocol = first === "" ? "" : "protocol websockets\n";
  const tls = link === "tls" || link === "wss"
    ? `certfile ${credentials?.certificatePath}
keyfile ${credentials?.privateKeyPath}
`
    : "";
  const persistence = storeDirectory === undefined
    ? "persistence false"
    : `persistence true
persistence_location ${storeDirectory}/`;
  // Started as root it would change to a user that cannot use these folders.
  return `user root
${first}listener ${port} 127.0.0.1
${protocol}${tls}allow_anonymous true
${aclPath === undefined ? "" : `acl_file ${aclPath}\n`}${persistence}
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
