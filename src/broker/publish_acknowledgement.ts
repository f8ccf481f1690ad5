import { PacketType, writeAcknowledgement } from "../codec/mod.ts";
import type { Message, Waiting } from "../session/mod.ts";
import type { Trace } from "./tracer.ts";
import { type Connection, ConnectionState } from "./connection.ts";

/**
 * A PUBACK or PUBREC that goes out when what it promises is safe, and not
 * before those of earlier PUBLISH packets of the connection.
 */
export class PublishAcknowledgement implements Waiting {
  readonly #connection: Connection;
  readonly type: 4 | 5;
  readonly packetIdentifier: number;
  readonly reasonCode: number;
  isSafe: boolean;
  /** When the PUBLISH came in, if its latency is measured; else 0. */
  stampMs: number;
  /** The message whose deliveries it also waits for. */
  message: Message | null;
  /** Ends with it. */
  trace: Trace | null;
  /** What the trace says of the message. */
  receiverCount: number;

  constructor(
    connection: Connection,
    type: 4 | 5,
    packetIdentifier: number,
    reasonCode: number,
  ) {
    this.#connection = connection;
    this.type = type;
    this.packetIdentifier = packetIdentifier;
    this.reasonCode = reasonCode;
    this.isSafe = false;
    this.stampMs = 0;
    this.message = null;
    this.trace = null;
    this.receiverCount = 0;
  }

  proceed(): void {
    if (this.isSafe) return;
    this.isSafe = true;
    // The message may wait for long, and must not keep this connection alive.
    if (this.message !== null) this.message.acknowledgement = null;
    this.message = null;
    this.trace?.end(this.reasonCode, this.receiverCount);
    this.trace = null;
    this.#connection.acknowledgements?.release(this.#connection);
  }
}

/** The acknowledgements that a connection owes, in the order of its PUBLISH packets. */
export class AcknowledgementQueue {
  #waiting: PublishAcknowledgement[] = [];
  #head = 0;
  /** Owed PUBACKs; PUBRECs are counted by the session. */
  #pubackCount = 0;
  #isHolding = false;

  get length(): number {
    return this.#waiting.length - this.#head;
  }

  /** QoS 1 messages that count against the Receive Maximum [MQTT-3.3.4-7]. */
  get pubackCount(): number {
    return this.#pubackCount;
  }

  /**
   * Takes `acknowledgement`, and stops reading from the client when it is owed
   * too many: 3.1.1 knows no Receive Maximum, and refusals and repeats are not
   * counted by it.
   */
  push(connection: Connection, acknowledgement: PublishAcknowledgement): void {
    this.#waiting.push(acknowledgement);
    if (acknowledgement.type === PacketType.puback) this.#pubackCount++;
    if (!this.#isHolding && this.length >= boundOf(connection)) {
      this.#isHolding = true;
      connection.hold();
    }
  }

  /** Sends all those at the head of the queue that are safe. */
  release(connection: Connection): void {
    if (connection.state !== ConnectionState.connected) return;
    const waiting = this.#waiting;
    while (this.#head < waiting.length && waiting[this.#head].isSafe) {
      const { type, packetIdentifier, reasonCode, stampMs } =
        waiting[this.#head++];
      if (type === PacketType.puback) this.#pubackCount--;
      writeAcknowledgement(
        connection.output,
        type,
        packetIdentifier,
        reasonCode,
        connection.protocolVersion,
      );
      connection.broker.statistics.repliesSent++;
      connection.latency.acknowledgement(stampMs);
      connection.touch();
    }
    if (this.#head === waiting.length || this.#head > 1024) {
      waiting.splice(0, this.#head);
      this.#head = 0;
    }
    if (
      this.#isHolding &&
      this.length * 2 < boundOf(connection)
    ) {
      this.#isHolding = false;
      connection.release();
    }
  }
}

/**
 * How many may wait. A 5.0 client that keeps to the Receive Maximum never gets
 * there, so that its other packets are always read [MQTT-4.9.0-3].
 */
function boundOf({ offered, isVersion5 }: Connection): number {
  return offered.receiveMaximum * (isVersion5 ? 2 : 1);
}
