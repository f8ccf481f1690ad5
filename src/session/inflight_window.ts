import { type Delivery, DeliveryState } from "./delivery.ts";

const INITIAL_SLOTS = 16;
const HIGHEST_PACKET_IDENTIFIER = 65_535;

/**
 * The QoS 1 and 2 deliveries to one client that are not settled, and the
 * Packet Identifiers they hold [MQTT-2.2.1-4].
 *
 * A delivery sits in the slot given by the low bits of its identifier, so
 * that an acknowledgement finds it without a hash table. Identifiers are given
 * in ascending order; one whose slot is taken is passed over.
 */
export class InflightWindow {
  #slots: (Delivery | null)[] = [];
  #count = 0;
  #open = 0;
  #lastPacketIdentifier = 0;
  #lastSequence = 0;
  #resend: Delivery[] = [];
  #resendIndex = 0;

  /** Deliveries that hold a Packet Identifier. */
  get count(): number {
    return this.#count;
  }

  /** Those of them that count against the client's Receive Maximum now. */
  get open(): number {
    return this.#open;
  }

  /** Gives `delivery` a Packet Identifier and counts it as sent. */
  add(delivery: Delivery): void {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let identifier = this.#lastPacketIdentifier;
    do {
      identifier = identifier === HIGHEST_PACKET_IDENTIFIER
        ? 1
        : identifier + 1;
    } while (this.#slots[identifier & mask] !== null);
    this.#lastPacketIdentifier = identifier;
    delivery.packetIdentifier = identifier;
    delivery.state = DeliveryState.published;
    delivery.isOpen = true;
    delivery.sequence = ++this.#lastSequence;
    this.#slots[identifier & mask] = delivery;
    this.#count++;
    this.#open++;
  }

  /** The delivery that holds `packetIdentifier`, or `null`. */
  get(packetIdentifier: number): Delivery | null {
    if (this.#count === 0) return null;
    const delivery = this.#slots[packetIdentifier & (this.#slots.length - 1)];
    return delivery !== null && delivery.packetIdentifier === packetIdentifier
      ? delivery
      : null;
  }

  /** Frees the Packet Identifier of `delivery` [MQTT-4.3.2-3] [MQTT-4.3.3-5]. */
  settle(delivery: Delivery): void {
    const slot = delivery.packetIdentifier & (this.#slots.length - 1);
    if (this.#slots[slot] !== delivery) return;
    this.#slots[slot] = null;
    this.#count--;
    if (delivery.isOpen) this.#open--;
    delivery.isOpen = false;
    delivery.state = DeliveryState.settled;
  }

  /** PUBREC came: PUBREL is due from now on, and PUBLISH never again [MQTT-4.3.3-6]. */
  release(delivery: Delivery): void {
    if (delivery.state === DeliveryState.released) return;
    delivery.state = DeliveryState.released;
    // PUBRELs go in the order of PUBREC [3.1.1 MQTT-4.6.0-6].
    delivery.sequence = ++this.#lastSequence;
  }

  /**
   * Starts a new Network Connection: every PUBLISH that is unacknowledged is
   * due again, in the order of first sending [MQTT-4.4.0-1].
   */
  restart(): void {
    const deliveries = this.inOrder();
    this.#resend = deliveries.filter(isPublished);
    this.#resendIndex = 0;
    this.#open = 0;
    for (const delivery of deliveries) delivery.isOpen = false;
  }

  /** The next delivery to publish again, counted as sent from here on, or `null`. */
  nextResend(): Delivery | null {
    while (this.#resendIndex < this.#resend.length) {
      const delivery = this.#resend[this.#resendIndex++];
      if (!isPublished(delivery)) continue;
      delivery.isOpen = true;
      this.#open++;
      return delivery;
    }
    if (this.#resend.length > 0) {
      this.#resend = [];
      this.#resendIndex = 0;
    }
    return null;
  }

  /** The deliveries whose PUBREL is due, in the order of PUBREC. */
  releasedInOrder(): Delivery[] {
    return this.inOrder().filter((delivery) => !isPublished(delivery));
  }

  /** True while {@linkcode nextResend} may have something. */
  get hasResend(): boolean {
    return this.#resendIndex < this.#resend.length;
  }

  /** Every unsettled delivery in the order in which its present packet was first due. */
  inOrder(): Delivery[] {
    const deliveries: Delivery[] = [];
    for (let i = 0; i < this.#slots.length; i++) {
      const delivery = this.#slots[i];
      if (delivery !== null) deliveries.push(delivery);
    }
    return deliveries.sort((a, b) => a.sequence - b.sequence);
  }

  /** Bytes of the messages that are kept to be sent again. */
  sumSizes(): number {
    let sizeBytes = 0;
    for (let i = 0; i < this.#slots.length; i++) {
      sizeBytes += this.#slots[i]?.message.sizeBytes ?? 0;
    }
    return sizeBytes;
  }

  /** Puts back a delivery that a store kept, with the identifier and the sequence it had. */
  restore(delivery: Delivery): void {
    while (
      this.#slots.length === 0 || this.#count * 2 >= this.#slots.length ||
      this.#slots[delivery.packetIdentifier & (this.#slots.length - 1)] !== null
    ) {
      this.#grow();
    }
    this.#slots[delivery.packetIdentifier & (this.#slots.length - 1)] =
      delivery;
    this.#lastSequence = Math.max(this.#lastSequence, delivery.sequence);
    this.#lastPacketIdentifier = delivery.packetIdentifier;
    this.#count++;
  }

  #grow(): void {
    const slots: (Delivery | null)[] = new Array(
      Math.max(INITIAL_SLOTS, this.#slots.length * 2),
    ).fill(null);
    for (let i = 0; i < this.#slots.length; i++) {
      const delivery = this.#slots[i];
      if (delivery !== null) {
        slots[delivery.packetIdentifier & (slots.length - 1)] = delivery;
      }
    }
    this.#slots = slots;
  }
}

function isPublished(delivery: Delivery): boolean {
  return delivery.state === DeliveryState.published;
}
