/** Why a message was not delivered to a session. */
export const DropReason = {
  /** The queue of the session is full. */
  queueFull: 0,
  /** QoS 0, and the client does not drain its output. */
  slowConsumer: 1,
  /** Larger than the client's Maximum Packet Size [MQTT-3.1.2-25]. */
  packetTooLarge: 2,
  /** Its Message Expiry Interval ran out [MQTT-3.3.2-5]. */
  expired: 3,
  /** QoS 0, and the client is away. */
  offlineQos0: 4,
  /** The session ended before the message could be delivered. */
  sessionEnded: 5,
  /** The publisher may not publish it, or a bound forbids it. */
  refused: 6,
} as const;

/** Names of {@linkcode DropReason}, by value. */
export const DROP_REASON_NAMES: readonly string[] = [
  "queue_full",
  "slow_consumer",
  "packet_too_large",
  "expired",
  "offline_qos0",
  "session_ended",
  "refused",
];

/** Counters since the start, bumped in place and read by whoever reports them. */
export class Statistics {
  bytesReceived = 0;
  bytesSent = 0;
  /** PUBLISH packets. */
  publishReceived = 0;
  publishSent = 0;
  connectionsAccepted = 0;
  connectionsRefused = 0;
  /** By {@linkcode DropReason}. */
  readonly dropped: number[] = DROP_REASON_NAMES.map(() => 0);
}
