import type { Session } from "./handshake.ts";
import { Outbox } from "./outbox.ts";
import type { Topic } from "./topic.ts";
import { PacketType } from "./wire.ts";

const publishQos0 = PacketType.PUBLISH << 4;
const puback = PacketType.PUBACK << 4;
const pubrec = PacketType.PUBREC << 4;
const pubcomp = PacketType.PUBCOMP << 4;

/**
 * Counts the PUBLISH packets of one connection and answers them: all answers
 * to one read leave in one write.
 */
export class Subscriber {
  /** PUBLISH packets received, without QoS 2 packets received twice. */
  delivered = 0;
  /** QoS 2 packets that came again before their PUBREL. */
  duplicates = 0;
  /** When the last PUBLISH came, on the clock of `performance.now()`. */
  lastDeliveryMs = 0;
  protected readonly session: Session;
  readonly #topic: Topic;
  readonly #outbox: Outbox;
  readonly #awaitingPubrel = new Uint8Array(65_536);

  constructor(session: Session, topic: Topic) {
    this.session = session;
    this.#topic = topic;
    this.#outbox = new Outbox(session.connection);
  }

  /**
   * Reads until the server closes the connection.
   * @throws {Error} If the connection breaks.
   */
  async run(): Promise<void> {
    const { connection, cursor } = this.session;
    this.#receive();
    for (;;) {
      const count = await connection.read(cursor.space());
      if (count === null) return;
      cursor.fill(count);
      this.#receive();
    }
  }

  /** Steps over every whole frame that has arrived. */
  protected walk(): void {
    const cursor = this.session.cursor;
    while (cursor.next()) {
      if (cursor.firstByte === publishQos0) {
        this.delivered += 1 + cursor.skipAlike();
      } else {
        this.answer();
      }
    }
  }

  #receive(): void {
    const deliveredBefore = this.delivered;
    this.walk();
    if (this.delivered !== deliveredBefore) {
      this.lastDeliveryMs = performance.now();
      this.#topic.wake();
    }
    this.#outbox.flush();
  }

  /** Counts or answers the frame under the cursor. */
  protected answer(): void {
    const { bytes, firstByte, bodyOffset } = this.session.cursor;
    switch (firstByte >> 4) {
      case PacketType.PUBLISH: {
        const qos = (firstByte >> 1) & 3;
        if (qos === 0) {
          this.delivered++;
          return;
        }
        const at = bodyOffset + 2 +
          ((bytes[bodyOffset] << 8) | bytes[bodyOffset + 1]);
        this.#acknowledge(qos, (bytes[at] << 8) | bytes[at + 1]);
        return;
      }
      case PacketType.PUBREL: {
        const identifier = (bytes[bodyOffset] << 8) | bytes[bodyOffset + 1];
        this.#awaitingPubrel[identifier] = 0;
        this.#outbox.answer(pubcomp, identifier);
        return;
      }
      case PacketType.DISCONNECT:
        throw new Error("Cannot go on receiving: the server sent DISCONNECT");
    }
  }

  #acknowledge(qos: number, packetIdentifier: number): void {
    if (qos === 1) {
      this.delivered++;
      this.#outbox.answer(puback, packetIdentifier);
      return;
    }
    if (this.#awaitingPubrel[packetIdentifier] === 1) this.duplicates++;
    else this.delivered++;
    this.#awaitingPubrel[packetIdentifier] = 1;
    this.#outbox.answer(pubrec, packetIdentifier);
  }
}
