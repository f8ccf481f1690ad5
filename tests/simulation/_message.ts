import type { QoS } from "../../src/codec/mod.ts";
import type { LiveOffer } from "./_offer.ts";

interface MessageFields {
  readonly topicName: string;
  readonly qos: QoS;
  readonly isRetained: boolean;
  /** Empty only where it removes a retained message. */
  readonly payload: string;
  /** What receivers know it by: its payload, or its Content Type if it has none. */
  readonly tag: string;
  /** `null` is never. */
  readonly expirySeconds: number | null;
  /** The Client Identifier of who publishes it. */
  readonly author: string;
}

/** One publication of a client, or a Will; its tag tells it from all others. */
export class Message {
  readonly topicName: string;
  readonly qos: QoS;
  readonly isRetained: boolean;
  readonly payload: string;
  readonly tag: string;
  readonly expirySeconds: number | null;
  readonly author: string;
  /** What the broker owed for it, each time it took it. */
  readonly offers: LiveOffer[] = [];
  /** How often the broker took it for a new one. */
  takenCount = 0;
  /** Whether its publisher was told that it is safe. */
  isAcknowledged = false;
  /** Whether it was perhaps refused because of full queues. */
  isUncertain = false;
  /** What the broker had owed when it said that nobody could take it. */
  refusedOffers: readonly LiveOffer[] = [];

  constructor(fields: MessageFields) {
    this.topicName = fields.topicName;
    this.qos = fields.qos;
    this.isRetained = fields.isRetained;
    this.payload = fields.payload;
    this.tag = fields.tag;
    this.expirySeconds = fields.expirySeconds;
    this.author = fields.author;
  }

  toString(): string {
    const flags = this.isRetained ? " retained" : "";
    return `"${this.tag}" to ${this.topicName} at QoS ${this.qos}${flags} of ` +
      this.author;
  }
}
