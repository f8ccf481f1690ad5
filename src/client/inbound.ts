import {
  type AcknowledgementView,
  type FrameScanner,
  PacketType,
  ProtocolError,
  type PublishPacket,
  ReasonCode,
  writeAcknowledgement,
} from "../codec/mod.ts";
import { decodeServerPublish } from "./_packets.ts";
import { Fifo } from "./_fifo.ts";
import { InboundAliases } from "./inbound_aliases.ts";
import type { Link } from "./link.ts";
import { ReceivedMessage } from "./message.ts";
import { Receipt } from "./receipt.ts";

/**
 * Unacknowledged messages that are taken from any server: one of 3.1.1 is told
 * no Receive Maximum, and mosquitto 2.0.11 sends 20 more at each PUBACK,
 * whatever it was told.
 */
const TOLERATED_MAXIMUM = 1_000;

/** What a client announces about messages to itself. */
export interface InboundLimits {
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
}

/**
 * Messages from the server. Each is answered by its QoS when the consumers
 * have finished with it, in the order in which the messages came
 * [MQTT-4.6.0-2] [MQTT-4.6.0-3]; the Receive Maximum then bounds what waits.
 * What has not been answered outlives the connection with the session, so
 * that a repeat is known as one.
 */
export class Inbound {
  readonly #limits: InboundLimits;
  readonly #deliver: (message: ReceivedMessage) => void;
  readonly #receipts = new Map<number, Receipt>();
  /** To be answered on the present connection, in this order. */
  readonly #line = new Fifo<Receipt>();
  #aliases: InboundAliases;
  #link: Link | null = null;
  #openCount = 0;

  constructor(
    limits: InboundLimits,
    deliver: (message: ReceivedMessage) => void,
  ) {
    this.#limits = limits;
    this.#deliver = deliver;
    this.#aliases = new InboundAliases(0);
  }

  /** A connection was accepted; without the session nothing is a repeat [MQTT-3.2.2-5]. */
  start(link: Link, isSessionPresent: boolean): void {
    this.#link = link;
    this.#aliases = new InboundAliases(this.#limits.topicAliasMaximum);
    this.#openCount = 0;
    if (!isSessionPresent) this.#receipts.clear();
  }

  /** The connection has ended: what is not answered will come again. */
  stop(): void {
    this.#link = null;
    for (const receipt of this.#line.drain()) receipt.isInLine = false;
    for (const receipt of this.#receipts.values()) receipt.isOpen = false;
  }

  /**
   * PUBLISH, delivered unless it repeats one [MQTT-4.3.3-10].
   * @throws {MqttError} If it is malformed or breaks what CONNECT announced.
   */
  receivePublish(bytes: Uint8Array, scanner: FrameScanner): void {
    const { protocolVersion } = this.#link!;
    const packet = decodeServerPublish(bytes, scanner, protocolVersion);
    const topicName = this.#aliases.topicNameOf(packet);
    if (packet.qos === 0) {
      this.#deliver(new ReceivedMessage(topicName, packet, null));
      return;
    }
    const known = this.#knownReceipt(packet);
    if (known?.isInLine) return;
    const receipt = known ?? new Receipt(packet.packetIdentifier, packet.qos);
    this.#enter(receipt);
    if (known !== null) return this.#answerInOrder();
    receipt.holderCount = 1;
    this.#receipts.set(receipt.packetIdentifier, receipt);
    this.#deliver(new ReceivedMessage(topicName, packet, receipt));
    this.release(receipt);
  }

  /** PUBREL, answered in any case [MQTT-4.3.3-11]. */
  receivePubrel({ packetIdentifier }: AcknowledgementView): void {
    const receipt = this.#receipts.get(packetIdentifier);
    const isKnown = receipt !== undefined && receipt.qos === 2;
    if (isKnown) {
      if (!receipt.isAnswered) throw earlyPubrel(packetIdentifier);
      this.#settle(receipt);
    }
    this.#write(
      PacketType.pubcomp,
      packetIdentifier,
      isKnown ? ReasonCode.success : ReasonCode.packetIdentifierNotFound,
    );
  }

  /** One holder has finished with the message. */
  release(receipt: Receipt): void {
    receipt.holderCount--;
    if (receipt.holderCount === 0 && receipt.isInLine) this.#answerInOrder();
  }

  /** The receipt of the message that the packet repeats, or `null` if it is new. */
  #knownReceipt(
    { packetIdentifier, qos, isDuplicate }: PublishPacket,
  ): Receipt | null {
    const receipt = this.#receipts.get(packetIdentifier);
    if (receipt === undefined) return null;
    if (receipt.qos === qos && (qos === 2 || isDuplicate)) return receipt;
    if (!receipt.isInLine && qos === 1) return null;
    throw new ProtocolError(
      `Cannot accept PUBLISH: Packet Identifier ${packetIdentifier} is in use`,
    );
  }

  #enter(receipt: Receipt): void {
    receipt.isInLine = true;
    this.#line.push(receipt);
    if (receipt.isOpen) return;
    const { receiveMaximum } = this.#limits;
    if (this.#openCount >= Math.max(receiveMaximum, TOLERATED_MAXIMUM)) {
      throw new ProtocolError(
        `Cannot accept PUBLISH: ${this.#openCount} are unacknowledged ` +
          `already, the Receive Maximum is ${receiveMaximum}`,
        ReasonCode.receiveMaximumExceeded,
      );
    }
    receipt.isOpen = true;
    this.#openCount++;
  }

  #answerInOrder(): void {
    for (;;) {
      const receipt = this.#line.peek();
      if (receipt === undefined || receipt.holderCount > 0) return;
      this.#line.shift();
      receipt.isInLine = false;
      if (receipt.qos === 1) {
        this.#settle(receipt);
        this.#write(PacketType.puback, receipt.packetIdentifier);
      } else {
        receipt.isAnswered = true;
        this.#write(PacketType.pubrec, receipt.packetIdentifier);
      }
    }
  }

  #settle(receipt: Receipt): void {
    if (receipt.isOpen) this.#openCount--;
    receipt.isOpen = false;
    // The identifier may stand for another message by now.
    if (this.#receipts.get(receipt.packetIdentifier) === receipt) {
      this.#receipts.delete(receipt.packetIdentifier);
    }
  }

  #write(type: 4 | 5 | 7, packetIdentifier: number, reasonCode = 0): void {
    const { output, protocolVersion } = this.#link!;
    writeAcknowledgement(
      output,
      type,
      packetIdentifier,
      reasonCode,
      protocolVersion,
    );
    this.#link!.flushSoon();
  }
}

function earlyPubrel(packetIdentifier: number): ProtocolError {
  return new ProtocolError(
    `Cannot accept PUBREL: no PUBREC was sent for ${packetIdentifier}`,
  );
}
