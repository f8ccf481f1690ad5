/**
 * What can be configured, said once: this table drives parsing, defaults,
 * checks, the names of the environment variables and `config.example.yaml`.
 *
 * It is our own and not a schema library's because what makes it worth having
 * is what the libraries leave out: units (`1MiB`, `30d`), one error line with
 * the line of the file, "did you mean" for an unknown key, and the text of the
 * example. With those added by hand, a library would be left to check that a
 * number is a number.
 */
import type { Limits } from "../broker/limits.ts";
import type {
  AuthConfig,
  Config,
  LogConfig,
  PersistenceConfig,
} from "./config.ts";
import { ADMIN } from "./admin.ts";
import { count, field, type Fields } from "./entries.ts";
import { LISTENER_VARIANTS } from "./listeners.ts";
import { PLUGINS } from "./plugins.ts";
import {
  BOOLEAN,
  BOOLEAN_OR_AUTO,
  countOrNone,
  integer,
  LOG_LEVEL,
  milliseconds,
  oneOf,
  PATH_OR_NONE,
  seconds,
  secondsOrNever,
  size,
  sizeOrNone,
} from "./scalars.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Fixed header of 5 bytes and the largest Remaining Length. */
const LARGEST_PACKET_BYTES = 5 + 268_435_455;

const AUTH: Fields<AuthConfig> = {
  allowAnonymous: field("allow_anonymous", BOOLEAN_OR_AUTO, {
    initial: "auto",
    summary: "let in clients that show no user name; auto does as long as " +
      "there is no password_file, and needs every address to be loopback then",
  }),
  passwordFile: field("password_file", PATH_OR_NONE, {
    initial: "none",
    summary: "users and hashed passwords, as rqtt passwd and " +
      "mosquitto_passwd write them",
  }),
  aclFile: field("acl_file", PATH_OR_NONE, {
    initial: "none",
    summary: "what users may read and write, in the form of mosquitto; " +
      "without this and roles_file they may do everything",
  }),
  rolesFile: field("roles_file", PATH_OR_NONE, {
    initial: "none",
    summary: "the same in YAML, by roles",
  }),
  banFile: field("ban_file", PATH_OR_NONE, {
    initial: "none",
    summary: "who must not connect: lines such as address 192.0.2.0/24, " +
      "client NAME or user NAME",
  }),
};

const LIMITS: Fields<Limits> = {
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
        "the connection stays; 0 leaves it to max_packet_size",
      mosquittoName: "message_size_limit",
    },
  ),
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
    summary: "levels of a topic, a/b/c being three",
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

const PERSISTENCE: Fields<PersistenceConfig> = {
  path: field("path", PATH_OR_NONE, {
    initial: "none",
    summary: "the file that keeps sessions, queued and retained messages " +
      "through a crash; with none a restart forgets them",
  }),
  durability: field("durability", oneOf("commit", "relaxed", "memory"), {
    initial: "commit",
    summary: "commit acknowledges what is on the disk; relaxed acknowledges " +
      "at once and writes within relaxed_interval; memory does not write",
  }),
  relaxedIntervalMs: field(
    "relaxed_interval",
    milliseconds({ from: 1, to: 60_000 }),
    {
      initial: "200ms",
      summary: "with relaxed, what a crash of the machine may lose",
    },
  ),
};

const LOG: Fields<LogConfig> = {
  level: field("level", LOG_LEVEL, {
    initial: "info",
    summary: "the least important lines shown",
  }),
  format: field("format", oneOf("text", "json"), {
    initial: "text",
    summary: "text is for people, json (one object a line) for machines",
  }),
};

/** The whole configuration. */
export const SCHEMA: Fields<Config> = {
  listeners: {
    kind: "variants",
    key: "listeners",
    summary: "Where clients connect: one entry or more, of these types",
    variants: LISTENER_VARIANTS,
  },
  auth: {
    kind: "section",
    key: "auth",
    summary: "Who may connect and what clients may do",
    fields: AUTH,
  },
  plugins: PLUGINS,
  limits: {
    kind: "section",
    key: "limits",
    summary: "The bound of everything that can grow, and what is offered",
    fields: LIMITS,
  },
  persistence: {
    kind: "section",
    key: "persistence",
    summary: "What survives a restart or a crash",
    fields: PERSISTENCE,
  },
  admin: {
    kind: "section",
    key: "admin",
    summary: "Metrics, health, API and dashboard over HTTP",
    fields: ADMIN,
  },
  log: {
    kind: "section",
    key: "log",
    summary: "One line each, on standard error",
    fields: LOG,
  },
  sysIntervalMs: field("sys_interval", milliseconds({ from: 0, to: DAY_MS }), {
    initial: "10s",
    summary: "how often what has changed of $SYS/broker/… is published; " +
      "0 is never",
  }),
  shutdownGraceMs: field(
    "shutdown_grace",
    milliseconds({ from: 0, to: DAY_MS }),
    {
      initial: "5s",
      summary: "how long a graceful stop waits for what is being sent",
    },
  ),
};
