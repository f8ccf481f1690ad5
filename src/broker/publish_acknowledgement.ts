import { PacketType, writeAcknowledgement } from "../codec/mod.ts";
import type { Waiting } from "../session/mod.ts";
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
  }

  proceed(): void {
    if (this.isSafe) return;
    this.isSafe = true;
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
   * Takes `acknowledgement`, and stops reading from a client of 3.1.1, which
   * knows no Receive Maximum, when it is owed too many.
   */
  push(connection: Connection, acknowledgement: PublishAcknowledgement): void {
    this.#waiting.push(acknowledgement);
    if (acknowledgement.type === PacketType.puback) this.#pubackCount++;
    if (
      !connection.isVersion5 && !this.#isHolding &&
      this.length >= connection.broker.limits.receiveMaximum
    ) {
      this.#isHolding = true;
      connection.hold();
    }
  }

  /** Sends all those at the head of the queue that are safe. */
  release(connection: Connection): void {
    if (connection.state !== ConnectionState.connected) return;
    const waiting = this.#waiting;
    while (this.#head < waiting.length && waiting[this.#head].isSafe) {
      const { type, packetIdentifier, reasonCode } = waiting[this.#head++];
      if (type === PacketType.puback) this.#pubackCount--;
      writeAcknowledgement(
        connection.output,
        type,
        packetIdentifier,
        reasonCode,
        connection.protocolVersion,
      );
      connection.touch();
    }
    if (this.#head === waiting.length || this.#head > 1024) {
      waiting.splice(0, this.#head);
      this.#head = 0;
    }
    if (
      this.#isHolding &&
      this.length * 2 < connection.broker.limits.receiveMaximum
    ) {
      this.#isHolding = false;
      connection.release();
    }
  }
}
