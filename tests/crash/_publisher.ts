import { type Packet, PacketType, ReasonCode } from "../../src/codec/mod.ts";
import { Client, type ClientOptions, unexpected } from "./_client.ts";
import type { Ledger, SentMessage } from "./_ledger.ts";

const encoder = new TextEncoder();

/** A message to be sent. */
export interface Draft {
  readonly topicName: string;
  readonly qos: 1 | 2;
  readonly isRetained: boolean;
  /** The payload is empty: the retained message is to be removed. */
  readonly isRemoval: boolean;
  /** What the payload has beside its key. */
  readonly fillerBytes: number;
}

/** What was sent and is not acknowledged to the end. */
interface Exchange {
  readonly message: SentMessage;
  readonly payload: Uint8Array;
  readonly packetIdentifier: number;
  /** PUBREC came: PUBREL is what to send again. */
  isReleased: boolean;
}

export interface PublisherOptions extends ClientOptions {
  readonly ledger: Ledger;
  /** What to send, in this order. */
  readonly drafts: readonly Draft[];
  /** Unacknowledged messages at most. */
  readonly windowSize: number;
}

/**
 * Publishes at QoS 1 and 2 as fast as it is acknowledged, and after a crash
 * sends again what was not: with DUP and the same identifiers, in the same
 * order [MQTT-4.4.0-1].
 */
export class Publisher extends Client {
  readonly #options: PublisherOptions;
  readonly #exchanges = new Map<number, Exchange>();
  #number = 0;
  #lastPacketIdentifier = 0;
  #finished: (() => void) | null = null;

  constructor(options: PublisherOptions) {
    super(options);
    this.#options = options;
  }

  /** Resolves when everything is sent and acknowledged. */
  finished(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finished = resolve;
    this.#tellIfFinished();
    return promise;
  }

  /** What it waits for, for messages. */
  describe(): string {
    const open = [...this.#exchanges.values()].map(({ message, isReleased }) =>
      `${message.key}${isReleased ? " (released)" : ""}`
    );
    return `${this.clientIdentifier} waits for ${open.join(", ")}`;
  }

  protected override onConnected(isSessionPresent: boolean): void {
    for (const exchange of this.#exchanges.values()) {
      if (!exchange.isReleased) {
        this.#send(exchange, true);
        continue;
      }
      if (!isSessionPresent) {
        this.#options.ledger.violated(
          `${this.clientIdentifier}: the session is gone after PUBREC`,
        );
      }
      this.answer(PacketType.pubrel, exchange.packetIdentifier);
    }
    this.#fill();
  }

  protected override onPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.puback:
      case PacketType.pubrec:
      case PacketType.pubcomp:
        break;
      default:
        throw unexpected(this, packet);
    }
    const { type, packetIdentifier, reasonCode } = packet;
    const exchange = this.#exchanges.get(packetIdentifier);
    // A PUBREL that is sent again finds the exchange finished.
    const isFine = reasonCode < 0x80 || type === PacketType.pubcomp &&
        reasonCode === ReasonCode.packetIdentifierNotFound;
    const isExpected = exchange !== undefined && isFine &&
      (type === PacketType.puback) === (exchange.message.qos === 1);
    if (!isExpected) throw unexpected(this, packet);
    if (type === PacketType.pubrec) {
      if (!exchange.isReleased) {
        this.#options.ledger.acknowledged(exchange.message.key);
      }
      exchange.isReleased = true;
      this.answer(PacketType.pubrel, packetIdentifier);
      return;
    }
    if (type === PacketType.puback) {
      this.#options.ledger.acknowledged(exchange.message.key);
    }
    this.#exchanges.delete(packetIdentifier);
    this.#fill();
    this.#tellIfFinished();
  }

  #tellIfFinished(): void {
    const isDone = this.#number === this.#options.drafts.length &&
      this.#exchanges.size === 0;
    if (isDone) this.#finished?.();
  }

  #fill(): void {
    const { drafts, windowSize } = this.#options;
    while (this.#exchanges.size < windowSize && this.#number < drafts.length) {
      this.#send(this.#make(drafts[this.#number++]), false);
    }
  }

  #make({ fillerBytes, ...draft }: Draft): Exchange {
    const key = `${this.clientIdentifier}/${this.#number}`;
    const message: SentMessage = {
      ...draft,
      key,
      publisher: this.clientIdentifier,
      number: this.#number,
      sentAt: 0,
      acknowledgedAt: 0,
    };
    this.#options.ledger.sent(message);
    const text = draft.isRemoval ? "" : `${key} ${".".repeat(fillerBytes)}`;
    const exchange: Exchange = {
      message,
      payload: encoder.encode(text),
      packetIdentifier: this.#freeIdentifier(),
      isReleased: false,
    };
    this.#exchanges.set(exchange.packetIdentifier, exchange);
    return exchange;
  }

  /** Goes round in a small circle, so that identifiers are used again soon. */
  #freeIdentifier(): number {
    const count = this.#options.windowSize * 2;
    do {
      this.#lastPacketIdentifier = this.#lastPacketIdentifier % count + 1;
    } while (this.#exchanges.has(this.#lastPacketIdentifier));
    return this.#lastPacketIdentifier;
  }

  #send(exchange: Exchange, isDuplicate: boolean): void {
    const { message: { topicName, qos, isRetained } } = exchange;
    this.send({
      type: PacketType.publish,
      topicName,
      payload: exchange.payload,
      qos,
      isDuplicate,
      isRetained,
      packetIdentifier: exchange.packetIdentifier,
      properties: {},
    });
  }
}
