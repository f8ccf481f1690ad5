/**
 * The bounds of everything that can grow.
 */
import type { Limits } from "../broker/limits.ts";
import type { ListenerLimitName, ListenerLimits, OrDefault } from "./config.ts";
import {
  count,
  type Field,
  field,
  type Fields,
  type Section,
} from "./entries.ts";
import {
  BOOLEAN,
  countOrNone,
  integer,
  milliseconds,
  oneOf,
  seconds,
  secondsOrNever,
  size,
  sizeOrNone,
  wordOr,
} from "./scalars.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Fixed header of 5 bytes and the largest Remaining Length. */
const LARGEST_PACKET_BYTES = 5 + 268_435_455;

/** Those of the broker as a whole. */
export const LIMITS: Fields<Limits> = {
  maximumConnections: field("max_connections", count(10_000_000), {
    heading: "Connections and sessions",
    initial: 100_000,
    summary: "connections open at the same time, over all listeners",
  }),
  maximumSessions: field("max_sessions", count(100_000_000), {
    initial: 100_000,
    summary: "sessions kept at the same time, connected or not",
  }),
  connectTimeoutMs: field(
    "connect_timeout",
    milliseconds({ from: 100, to: 10 * 60_000 }),
    {
      initial: "10s",
      summary: "a connection that has not sent its CONNECT by then is closed",
    },
  ),
  maximumKeepAliveSeconds: field(
    "max_keep_alive",
    seconds({ from: 0, to: 65_535 }),
    {
      initial: 0,
      summary: "the longest keep alive granted; 0 grants what the client asks",
    },
  ),
  maximumClientIdentifierBytes: field(
    "max_client_id_bytes",
    size({ from: 23, to: 65_535 }),
    { initial: 1_024, summary: "the longest client identifier accepted" },
  ),
  allowZeroLengthClientIdentifier: field(
    "allow_zero_length_client_id",
    BOOLEAN,
    {
      initial: true,
      summary: "assign an identifier to a client that sends none",
    },
  ),
  sessionExpiryCapSeconds: field("session_expiry_cap", secondsOrNever(), {
    initial: "30d",
    summary: "how long a session may outlive its connection; sessions of " +
      "MQTT 3.1.1 with clean session 0 live this long",
    mosquittoName: "persistent_client_expiration",
  }),

  maximumPacketSizeBytes: field(
    "max_packet_size",
    size({ from: 128, to: LARGEST_PACKET_BYTES }),
    {
      heading: "What a client may send",
      initial: "1MiB",
      summary: "the largest packet accepted; a larger one ends the connection",
    },
  ),
  maximumPayloadBytes: field(
    "max_payload_size",
    size({ from: 0, to: LARGEST_PACKET_BYTES }),
    {
      initial: 0,
      summary: "the largest payload accepted; a larger one is refused and " +
        "the connection stays, unless it is that of a Will; 0 leaves it to " +
        "max_packet_size",
      mosquittoName: "message_size_limit",
    },
  ),
  maximumWillBytes: field("max_will_bytes", size({ from: 1, to: MIB }), {
    initial: "64KiB",
    summary: "bytes of a Will, its topic, payload and properties; a client " +
      "with a larger one is not let in",
  }),
  maximumQos: field("max_qos", oneOf(0, 1, 2), {
    initial: 2,
    summary: "the highest QoS offered",
  }),
  retainAvailable: field("retain_available", BOOLEAN, {
    initial: true,
    summary: "offer retained messages",
  }),
  wildcardSubscriptionAvailable: field(
    "wildcard_subscription_available",
    BOOLEAN,
    { initial: true, summary: "offer + and # in topic filters" },
  ),
  sharedSubscriptionAvailable: field(
    "shared_subscription_available",
    BOOLEAN,
    { initial: true, summary: "offer $share/name/filter" },
  ),
  subscriptionIdentifierAvailable: field(
    "subscription_identifier_available",
    BOOLEAN,
    { initial: true, summary: "offer subscription identifiers" },
  ),
  receiveMaximum: field("receive_maximum", count(65_535), {
    initial: 100,
    summary: "unacknowledged QoS 1 and 2 messages from one client",
  }),
  topicAliasMaximum: field(
    "topic_alias_maximum",
    integer({ from: 0, to: 65_535 }),
    {
      initial: 10,
      summary: "topic aliases from one client; 0 offers none",
      mosquittoName: "max_topic_alias",
    },
  ),
  outboundTopicAliasMaximum: field(
    "outbound_topic_alias_maximum",
    integer({ from: 0, to: 65_535 }),
    {
      initial: 10,
      summary: "topic aliases used towards one client, if it offers that many",
      mosquittoName: "max_topic_alias_broker",
    },
  ),
  maximumTopicLevels: field("max_topic_levels", count(65_535), {
    initial: 200,
    summary: "levels of a topic published or subscribed to, a/b/c being three",
  }),
  maximumSubscriptionsPerClient: field(
    "max_subscriptions_per_client",
    count(10_000_000),
    { initial: 10_000, summary: "subscriptions of one session" },
  ),

  maximumInflightMessages: field("max_inflight_messages", count(65_535), {
    heading: "What waits for a client",
    initial: 20,
    summary: "unacknowledged QoS 1 and 2 messages to one client; " +
      "fewer if it asks for fewer",
  }),
  maximumQueuedMessages: field("max_queued_messages", count(100_000_000), {
    initial: 1_000,
    summary: "messages in the queue of one session",
  }),
  maximumQueuedBytes: field(
    "max_queued_bytes",
    size({ from: KIB, to: 64 * GIB }),
    { initial: "16MiB", summary: "bytes in the queue of one session" },
  ),
  queueQos0Messages: field("queue_qos0_messages", BOOLEAN, {
    initial: false,
    summary: "also queue QoS 0 messages for a session without connection",
  }),
  maximumRetainedMessages: field("max_retained_messages", count(100_000_000), {
    initial: 100_000,
    summary: "retained messages kept by the broker",
  }),
  maximumRetainedBytes: field(
    "max_retained_bytes",
    size({ from: KIB, to: 1024 * GIB }),
    { initial: "256MiB", summary: "bytes of all retained messages" },
  ),

  maximumRouteCacheEntries: field(
    "max_route_cache_entries",
    count(100_000_000),
    {
      heading: "Speed and slow receivers",
      initial: 65_536,
      summary: "topics whose receivers are remembered",
    },
  ),
  outputSoftLimitBytes: field(
    "output_soft_limit",
    size({ from: KIB, to: GIB }),
    {
      initial: "1MiB",
      summary: "unsent bytes of one connection from which on the clients " +
        "that publish to it are paused",
    },
  ),
  outputHardLimitBytes: field(
    "output_hard_limit",
    size({ from: KIB, to: 4 * GIB }),
    {
      initial: "8MiB",
      summary: "unsent bytes of one connection from which on QoS 0 messages " +
        "to it are dropped at once; at least output_soft_limit",
    },
  ),
  slowConsumerGraceMs: field(
    "slow_consumer_grace",
    milliseconds({ from: 0, to: 60_000 }),
    {
      initial: "100ms",
      summary: "the longest such pause; after it QoS 0 messages to the slow " +
        "receiver are dropped and others wait in its queue",
    },
  ),

  maximumRecordedDrops: field("max_recorded_drops", count(1_000_000), {
    initial: 1_000,
    summary: "dropped messages that are remembered with topic, client and " +
      "reason, the newest ones",
  }),

  maximumConnectionsPerSecondPerAddress: field(
    "max_connection_rate",
    countOrNone(1_000_000),
    {
      heading: "Abuse",
      initial: 1_000,
      summary: "connections a second from one address, ten times as many at " +
        "once; a network behind one router is one address",
    },
  ),
  maximumMessagesPerSecond: field(
    "max_message_rate",
    countOrNone(100_000_000),
    {
      initial: "none",
      summary:
        "messages a second from one client; who sends more is slowed down",
    },
  ),
  maximumBytesPerSecond: field(
    "max_byte_rate",
    sizeOrNone({ from: KIB, to: 64 * GIB }),
    { initial: "none", summary: "bytes a second from one client, likewise" },
  ),
  rateGraceMs: field(
    "rate_grace",
    milliseconds({ from: 0, to: 60 * 60_000 }),
    {
      initial: "30s",
      summary: "a client that stays at its rates for so long is disconnected",
    },
  ),
  maximumLoginFailures: field("max_login_failures", count(1_000_000), {
    initial: 10,
    summary: "logins from one address that may fail before it has to wait, " +
      "one second first and twice as long after each further failure",
  }),
  loginBackOffMs: field(
    "login_back_off",
    milliseconds({ from: 1_000, to: DAY_MS }),
    { initial: "1m", summary: "the longest such wait" },
  ),
};

/** Those that one listener may have of its own. */
export const LISTENER_LIMITS: Section<
  OrDefault<Pick<Limits, ListenerLimitName>>
> = {
  kind: "section",
  key: "limits",
  summary: "Limits of its own; default is what holds for all listeners",
  fields: {
    connectTimeoutMs: own("connectTimeoutMs"),
    maximumKeepAliveSeconds: own("maximumKeepAliveSeconds"),
    maximumClientIdentifierBytes: own("maximumClientIdentifierBytes"),
    sessionExpiryCapSeconds: own("sessionExpiryCapSeconds"),
    maximumPacketSizeBytes: own("maximumPacketSizeBytes"),
    maximumPayloadBytes: own("maximumPayloadBytes"),
    maximumWillBytes: own("maximumWillBytes"),
    maximumQos: own("maximumQos"),
    retainAvailable: own("retainAvailable"),
    receiveMaximum: own("receiveMaximum"),
    topicAliasMaximum: own("topicAliasMaximum"),
    maximumTopicLevels: own("maximumTopicLevels"),
    maximumSubscriptionsPerClient: own("maximumSubscriptionsPerClient"),
    maximumInflightMessages: own("maximumInflightMessages"),
    maximumConnectionsPerSecondPerAddress: own(
      "maximumConnectionsPerSecondPerAddress",
    ),
    maximumMessagesPerSecond: own("maximumMessagesPerSecond"),
    maximumBytesPerSecond: own("maximumBytesPerSecond"),
    rateGraceMs: own("rateGraceMs"),
    maximumLoginFailures: own("maximumLoginFailures"),
    loginBackOffMs: own("loginBackOffMs"),
  },
};

function own<Name extends ListenerLimitName>(
  name: Name,
): Field<Limits[Name] | "default"> {
  const { key, scalar, summary } = LIMITS[name] as Field<Limits[Name]>;
  return field(key, wordOr("default", scalar), {
    initial: "default",
    summary: `here: ${summary}`,
  });
}

/** The limits of a listener with limits of its own. */
export function limitsOf(
  limits: Limits,
  own: ListenerLimits | undefined,
): Limits {
  return own === undefined ? limits : { ...limits, ...own };
}
