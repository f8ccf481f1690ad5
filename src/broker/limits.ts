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
  /** The largest payload accepted, of Wills too; 0 leaves it to the packet size. */
  readonly maximumPayloadBytes: number;
  /** Bytes of a Will: its topic, its payload and its properties. */
  readonly maximumWillBytes: number;
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

  /** Records of dropped messages, of which the newest are kept. */
  readonly maximumRecordedDrops: number;

  /** CONNECTs a second from one address; ten seconds' worth may come at once. */
  readonly maximumConnectionsPerSecondPerAddress: number;
  /** PUBLISH packets a second from one client; `Infinity` sets no limit. */
  readonly maximumMessagesPerSecond: number;
  /** Bytes a second from one client; `Infinity` sets no limit. */
  readonly maximumBytesPerSecond: number;
  /** How long a client may stay at these before it is disconnected. */
  readonly rateGraceMs: number;
  /** Failed logins from one address after which it has to wait. */
  readonly maximumLoginFailures: number;
  /** The longest such wait; it begins with a second and doubles. */
  readonly loginBackOffMs: number;
}

/** The Session Expiry Interval in force for a client that asks for `seconds`. */
export function grantSessionExpiry(limits: Limits, seconds: number): number {
  return Math.min(seconds, limits.sessionExpiryCapSeconds);
}
