import type { Message } from "./message.ts";

/** Where a {@linkcode Delivery} stands on its way to the client. */
export const DeliveryState = {
  /** Waits in the queue; it has no Packet Identifier yet. */
  queued: 0,
  /** PUBLISH was sent on this or an earlier connection; PUBACK or PUBREC is awaited. */
  published: 1,
  /** PUBREC came, PUBREL is the packet to send (again); PUBCOMP is awaited. */
  released: 2,
  /** Acknowledged, refused by the client, expired or dropped. */
  settled: 3,
} as const;

/** One message on its way to one session at QoS 1 or 2 (or a QoS 0 message queued for an absent client). */
export class Delivery {
  readonly message: Message;
  /** The lower of the published QoS and the granted one [MQTT-3.8.4-8]. */
  readonly qos: number;
  /** RETAIN as this client gets it. */
  readonly isRetained: boolean;
  readonly subscriptionIdentifiers: readonly number[];
  /** 0 until the window gives one. */
  packetIdentifier: number;
  state: number;
  /** Whether it was sent on the present connection, and so counts against Receive Maximum. */
  isOpen: boolean;
  /** Whether its PUBLISH has gone out before, so that DUP is 1 from now on [MQTT-3.3.1-1]. */
  wasSent: boolean;
  /** Whether a store was told of it. */
  isRecorded: boolean;
  /** Where a store has put it; the store's own. */
  record: object | null;
  /** Position in the order of first sending; re-sending follows it. */
  sequence: number;

  constructor(
    message: Message,
    qos: number,
    isRetained: boolean,
    subscriptionIdentifiers: readonly number[],
  ) {
    this.message = message;
    this.qos = qos;
    this.isRetained = isRetained;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.packetIdentifier = 0;
    this.state = DeliveryState.queued;
    this.isOpen = false;
    this.wasSent = false;
    this.isRecorded = false;
    this.record = null;
    this.sequence = 0;
  }
}
