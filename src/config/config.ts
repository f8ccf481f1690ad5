/**
 * The broker's configuration, as every other part of the program sees it.
 *
 * It is checked once, at the door (`loadConfig`), and deeply readonly after
 * that. Words and units are those of MQTT 5.0; units come last in a name. In
 * YAML the same fields are in snake case and take `1MiB`, `30d` or `100ms`.
 */

import type { Limits } from "../broker/limits.ts";
import type { PluginConfig } from "./plugin_config.ts";
import type { ListenerOptions } from "../transport/mod.ts";

export type { PluginConfig, PluginPermissions } from "./plugin_config.ts";

/** Everything that can be configured. */
export interface Config {
  /** At least one; each opens one listening socket. */
  readonly listeners: readonly Listener[];
  readonly auth: AuthConfig;
  /** Each has a name of its own. */
  readonly plugins: readonly PluginConfig[];
  readonly limits: Limits;
  readonly persistence: PersistenceConfig;
  readonly admin: AdminConfig;
  readonly log: LogConfig;
  readonly tracing: TracingConfig;
  /** Between two publications of `$SYS/broker/…`; 0 is never. */
  readonly sysIntervalMs: number;
  /** How long a graceful stop waits for connections to drain. */
  readonly shutdownGraceMs: number;
}

/** One listening socket; `type` tells the kinds apart. */
export type Listener = ListenerOptions & ListenerPolicy;

/** How clients that connect through one listener are dealt with. */
export interface ListenerPolicy {
  /** As with the other listeners if it is left out. */
  readonly auth?: ListenerAuth;
  /** As with the other listeners if they are left out. */
  readonly limits?: ListenerLimits;
}

/** Who is asked, by their names and in their order. */
export interface LinkNames {
  /** `auto` asks all there are. */
  readonly authenticators: "auto" | readonly string[];
  readonly authorizers: "auto" | readonly string[];
}

/** Those of one listener that are not those of all. */
export type ListenerAuth = Partial<LinkNames>;

/** Limits that a listener may have of its own. */
export type ListenerLimitName =
  | "connectTimeoutMs"
  | "maximumKeepAliveSeconds"
  | "maximumClientIdentifierBytes"
  | "sessionExpiryCapSeconds"
  | "maximumPacketSizeBytes"
  | "maximumPayloadBytes"
  | "maximumWillBytes"
  | "maximumQos"
  | "retainAvailable"
  | "receiveMaximum"
  | "topicAliasMaximum"
  | "maximumTopicLevels"
  | "maximumSubscriptionsPerClient"
  | "maximumInflightMessages"
  | "maximumConnectionsPerSecondPerAddress"
  | "maximumMessagesPerSecond"
  | "maximumBytesPerSecond"
  | "rateGraceMs"
  | "maximumLoginFailures"
  | "loginBackOffMs";

/** Those of one listener that are not those of all. */
export type ListenerLimits = Partial<Pick<Limits, ListenerLimitName>>;

/** What the configuration has of it: `default` stands for that of all. */
export type OrDefault<Values> = {
  readonly [Name in keyof Values]-?: Values[Name] | "default";
};

/** Who may connect and what clients may do. */
export interface AuthConfig extends LinkNames {
  /** `auto` is yes as long as there are no password file and no plugins. */
  readonly allowAnonymous: boolean | "auto";
  readonly passwordFile: string | null;
  /** Without this and `rolesFile`, who is let in may do everything. */
  readonly aclFile: string | null;
  readonly rolesFile: string | null;
  readonly banFile: string | null;
  /** Whether nobody but its user gets a session, and the Client Identifier of it. */
  readonly sessionsBelongToUsers: boolean;
}

/** When an acknowledgement goes out, with respect to the disk. */
export type Durability = "commit" | "relaxed" | "memory";

/** Where sessions and messages are kept, and how strictly. */
export interface PersistenceConfig {
  /** The database file; `null` keeps everything in memory only. */
  readonly path: string | null;
  readonly durability: Durability;
  /** With `relaxed`: the longest time until a change is on the disk. */
  readonly relaxedIntervalMs: number;
}

/** How the broker is looked at and looked after over HTTP. */
export interface AdminConfig {
  /** `null` leaves it to listeners of type `auto`, if they serve it. */
  readonly address: HostAndPort | null;
  /** Without a certificate there is no TLS. */
  readonly certificatePath: string | null;
  readonly privateKeyPath: string | null;
  /** `null` makes a token for each run. */
  readonly tokenFile: string | null;
  /** Names that browsers may call it by, in lower case; `null` if there are none. */
  readonly allowedHosts: readonly string[] | null;
  readonly maximumConnections: number;
  /** Live subscriptions at the same time. */
  readonly maximumStreams: number;
  readonly maximumBodyBytes: number;
}

/** An address to listen on. */
export interface HostAndPort {
  /** An IP address or a host name; IPv6 without brackets. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** From the most to the least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * `text` is for people, `json` (one object a line) for machines; `auto` is
 * `text` on a terminal and `json` elsewhere.
 */
export type LogFormat = "auto" | "text" | "json";

/** What the broker logs, and how. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** Which packets are traced. */
export interface TracingConfig {
  readonly isEnabled: boolean;
  /** From 0 to 1, of packets without trace context. */
  readonly sampleRatio: number;
  readonly maximumTracesPerSecond: number;
}
