/**
 * The broker's configuration, as every other part of the program sees it.
 *
 * It is checked once, at the door (`loadConfig`), and deeply readonly after
 * that. Words and units are those of MQTT 5.0; units come last in a name. In
 * YAML the same fields are in snake case and take `1MiB`, `30d` or `100ms`.
 */

/** Everything that can be configured. */
export interface Config {
  /** At least one; each opens one listening socket. */
  readonly listeners: readonly Listener[];
  readonly limits: Limits;
  readonly log: LogConfig;
  /** How long a graceful stop waits for connections to drain. */
  readonly shutdownGraceMs: number;
}

/** One listening socket; `type` tells the kinds apart. */
export type Listener = TcpListener;

/** MQTT over plain TCP. */
export interface TcpListener {
  readonly type: "tcp";
  /** An IP address or a host name; IPv6 without brackets. */
  readonly hostname: string;
  /** 0 lets the system choose a free port. */
  readonly port: number;
  /** Connections accepted at the same time through this listener. */
  readonly maximumConnections: number;
}

/** The Maximum QoS a Server can offer. */
export type MaximumQos = 0 | 1 | 2;

/** The Session Expiry Interval that means "never". */
export const SESSION_NEVER_EXPIRES = 0xffff_ffff;

/** The bound of everything that can grow, and what the broker offers. */
export interface Limits {
  /** Network Connections open at the same time, over all listeners. */
  readonly maximumConnections: number;
  /** Session States held at the same time, connected or not. */
  readonly maximumSessions: number;
  /** From accepting a Network Connection to the end of its CONNECT. */
  readonly connectTimeoutMs: number;
  /** The longest Keep Alive granted; 0 grants what the Client asks. */
  readonly maximumKeepAliveSeconds: number;
  /** The longest Client Identifier accepted, in UTF-8 bytes. */
  readonly maximumClientIdentifierBytes: number;
  /** Whether the broker assigns a Client Identifier to who sends none. */
  readonly allowZeroLengthClientIdentifier: boolean;
  /**
   * The longest Session Expiry Interval granted;
   * {@linkcode SESSION_NEVER_EXPIRES} grants what the Client asks. A session
   * of MQTT 3.1.1 with Clean Session 0 asks for "never".
   */
  readonly sessionExpiryCapSeconds: number;

  /** The largest Control Packet accepted, fixed header included. */
  readonly maximumPacketSizeBytes: number;
  /** The largest payload accepted; 0 leaves it to the packet size. */
  readonly maximumPayloadBytes: number;
  /** The Maximum QoS of a PUBLISH accepted and of a Subscription granted. */
  readonly maximumQos: MaximumQos;
  readonly retainAvailable: boolean;
  readonly wildcardSubscriptionAvailable: boolean;
  readonly sharedSubscriptionAvailable: boolean;
  readonly subscriptionIdentifierAvailable: boolean;
  /** Unacknowledged QoS 1 and 2 PUBLISH accepted from one Client. */
  readonly receiveMaximum: number;
  /** Topic Aliases a Client may set towards the broker; 0 allows none. */
  readonly topicAliasMaximum: number;
  /** Topic Aliases the broker sets towards one Client; 0 sets none. */
  readonly outboundTopicAliasMaximum: number;
  /** Levels of a Topic Name or Topic Filter. */
  readonly maximumTopicLevels: number;
  /** Subscriptions held by one Session. */
  readonly maximumSubscriptionsPerClient: number;

  /** Unacknowledged QoS 1 and 2 PUBLISH sent to one Client. */
  readonly maximumInflightMessages: number;
  /** Messages that wait in one Session's queue. */
  readonly maximumQueuedMessages: number;
  /** Bytes (Topic Names and payloads) that wait in one Session's queue. */
  readonly maximumQueuedBytes: number;
  /** Whether QoS 0 messages are queued for a Session without connection. */
  readonly queueQos0Messages: boolean;
  /** Retained messages held by the broker. */
  readonly maximumRetainedMessages: number;
  /** Bytes (Topic Names and payloads) of all retained messages. */
  readonly maximumRetainedBytes: number;

  /** Topic Names whose receivers are remembered. */
  readonly maximumRouteCacheEntries: number;
  /** Unsent bytes of one connection from which its publishers are paused. */
  readonly outputSoftLimitBytes: number;
  /** Unsent bytes of one connection that are never exceeded. */
  readonly outputHardLimitBytes: number;
  /** The longest pause of publishers for the sake of one slow receiver. */
  readonly slowConsumerGraceMs: number;
}

/** From the most to the least talkative. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** `text` is for people, `json` (one object a line) for machines. */
export type LogFormat = "text" | "json";

/** What the broker logs, and how. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** The configuration of a broker that was told nothing: loopback only. */
export function defaultConfig(): Config {
  return {
    listeners: [{
      type: "tcp",
      hostname: "127.0.0.1",
      port: 1883,
      maximumConnections: 100_000,
    }],
    limits: {
      maximumConnections: 100_000,
      maximumSessions: 100_000,
      connectTimeoutMs: 10_000,
      maximumKeepAliveSeconds: 0,
      maximumClientIdentifierBytes: 1_024,
      allowZeroLengthClientIdentifier: true,
      sessionExpiryCapSeconds: 30 * 24 * 60 * 60,
      maximumPacketSizeBytes: 1_048_576,
      maximumPayloadBytes: 0,
      maximumQos: 2,
      retainAvailable: true,
      wildcardSubscriptionAvailable: true,
      sharedSubscriptionAvailable: true,
      subscriptionIdentifierAvailable: true,
      receiveMaximum: 100,
      topicAliasMaximum: 10,
      outboundTopicAliasMaximum: 10,
      maximumTopicLevels: 200,
      maximumSubscriptionsPerClient: 10_000,
      maximumInflightMessages: 20,
      maximumQueuedMessages: 1_000,
      maximumQueuedBytes: 16 * 1_048_576,
      queueQos0Messages: false,
      maximumRetainedMessages: 100_000,
      maximumRetainedBytes: 256 * 1_048_576,
      maximumRouteCacheEntries: 65_536,
      outputSoftLimitBytes: 1_048_576,
      outputHardLimitBytes: 8 * 1_048_576,
      slowConsumerGraceMs: 100,
    },
    log: { level: "info", format: "text" },
    shutdownGraceMs: 5_000,
  };
}
