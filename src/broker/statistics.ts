import { CONNECTION_LIMIT_NAMES } from "./connection_limit.ts";
import { Histogram } from "./histogram.ts";

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

const REASON_CODES = 256;

/** Counters since the start, bumped in place and read by whoever reports them. */
export class Statistics {
  bytesReceived = 0;
  bytesSent = 0;
  /** Control Packets of all types. */
  packetsReceived = 0;
  /** Control Packets other than PUBLISH. */
  repliesSent = 0;
  /** PUBLISH packets by QoS; repeats of a QoS 2 message are not counted. */
  readonly messagesReceived: Float64Array = new Float64Array(3);
  readonly messagesSent: Float64Array = new Float64Array(3);
  /** Bytes of their payloads by QoS. */
  readonly payloadBytesReceived: Float64Array = new Float64Array(3);
  readonly payloadBytesSent: Float64Array = new Float64Array(3);
  /** By {@linkcode DropReason}. */
  readonly dropped: number[] = DROP_REASON_NAMES.map(() => 0);

  connectionsAccepted = 0;
  connectionsRefused = 0;
  /** Those of them that the broker refused, by Reason Code. */
  readonly refused: Float64Array = new Float64Array(REASON_CODES);
  /** Those that a limit has refused, by {@linkcode ConnectionLimit}. */
  readonly overLimit: number[] = CONNECTION_LIMIT_NAMES.map(() => 0);
  /** Ends of connections that had been let in, by Reason Code. */
  readonly disconnected: Float64Array = new Float64Array(REASON_CODES);
  connectsReceived = 0;
  clientsConnected = 0;
  /** The most that `clientsConnected` ever was. */
  clientsConnectedMaximum = 0;
  /** Sessions that outlived their connection, and their time. */
  sessionsExpired = 0;

  /** Times that a publisher was paused for a receiver that did not drain. */
  publisherPauses = 0;
  /** Receivers that did not drain within the grace. */
  slowConsumers = 0;

  /** From the arrival of a PUBLISH to the moment its copy was sent to a receiver; samples. */
  readonly deliverySeconds: Histogram = new Histogram();
  /** From the arrival of a QoS 1 or 2 PUBLISH until PUBACK or PUBREC was sent; samples. */
  readonly acknowledgementSeconds: Histogram = new Histogram();
  /** What the Authorizer took to let a client in or refuse it. */
  readonly authenticationSeconds: Histogram = new Histogram();
  /** What the Authorizer took for a decision that it had to look for. */
  readonly authorizationSeconds: Histogram = new Histogram();
  authenticationFailures = 0;

  /** A client was let in, and told so. */
  noteConnected(): void {
    this.repliesSent++;
    this.clientsConnected++;
    if (this.clientsConnected > this.clientsConnectedMaximum) {
      this.clientsConnectedMaximum = this.clientsConnected;
    }
  }

  /** The Authorizer has taken `seconds` to let a client in or not. */
  noteAuthentication(seconds: number, isLetIn: boolean): void {
    this.authenticationSeconds.observe(seconds);
    if (!isLetIn) this.authenticationFailures++;
  }

  /** PUBLISH packets of every QoS. */
  get publishReceived(): number {
    return sum(this.messagesReceived);
  }

  get publishSent(): number {
    return sum(this.messagesSent);
  }

  /** Control Packets of all types. */
  get packetsSent(): number {
    return this.repliesSent + this.publishSent;
  }
}

function sum(byQos: Float64Array): number {
  return byQos[0] + byQos[1] + byQos[2];
}
