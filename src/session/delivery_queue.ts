import type { Delivery } from "./delivery.ts";
import { NEVER } from "./message.ts";

const INITIAL_CAPACITY = 8;

/**
 * First in, first out ring of deliveries that wait for a place in flight.
 * The session bounds it; the ring itself only grows and, once empty, lets
 * its memory go.
 */
export class DeliveryQueue {
  #items: (Delivery | null)[] = [];
  #head = 0;
  #length = 0;
  #sizeBytes = 0;
  #pushedCount = 0;
  #qos0Count = 0;

  get length(): number {
    return this.#length;
  }

  /** Sum of the sizes of the queued messages. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Deliveries that were ever pushed: a moment has its place among them. */
  get pushedCount(): number {
    return this.#pushedCount;
  }

  /** Those of QoS 0 among the queued deliveries. */
  get qos0Count(): number {
    return this.#qos0Count;
  }

  push(delivery: Delivery): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] =
      delivery;
    this.#length++;
    this.#pushedCount++;
    if (delivery.qos === 0) this.#qos0Count++;
    this.#sizeBytes += delivery.message.sizeBytes;
  }

  /** The oldest delivery, which stays, or `null`. */
  peek(): Delivery | null {
    return this.#length === 0 ? null : this.#items[this.#head];
  }

  /** Removes and returns the oldest delivery, or `null`. */
  shift(): Delivery | null {
    if (this.#length === 0) return null;
    const delivery = this.#items[this.#head]!;
    this.#items[this.#head] = null;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    if (delivery.qos === 0) this.#qos0Count--;
    this.#sizeBytes -= delivery.message.sizeBytes;
    if (this.#length === 0 && this.#items.length > 1024) this.clear();
    return delivery;
  }

  /** When the first of the queued messages expires, or {@linkcode NEVER}; looks at all of them. */
  nextExpiryMs(): number {
    let nextMs = NEVER;
    this.forEach(({ message }) => {
      if (message.expiresAtMs < nextMs) nextMs = message.expiresAtMs;
    });
    return nextMs;
  }

  /** Removes and returns what has expired, wherever it stands; looks at all of it. */
  removeExpired(nowMs: number): Delivery[] {
    const expired: Delivery[] = [];
    const items = this.#items;
    const mask = items.length - 1;
    let keptCount = 0;
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#head + i) & mask;
      const delivery = items[at]!;
      items[at] = null;
      if (delivery.message.expiresAtMs > nowMs) {
        items[(this.#head + keptCount++) & mask] = delivery;
        continue;
      }
      expired.push(delivery);
      if (delivery.qos === 0) this.#qos0Count--;
      this.#sizeBytes -= delivery.message.sizeBytes;
    }
    this.#length = keptCount;
    if (keptCount === 0) this.clear();
    return expired;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#length = 0;
    this.#sizeBytes = 0;
    this.#qos0Count = 0;
  }

  /** Calls `visit` for each delivery, oldest first. */
  forEach(visit: (delivery: Delivery) => void): void {
    for (let i = 0; i < this.#length; i++) {
      visit(this.#items[(this.#head + i) & (this.#items.length - 1)]!);
    }
  }

  #grow(): void {
    const capacity = Math.max(INITIAL_CAPACITY, this.#items.length * 2);
    const items: (Delivery | null)[] = new Array(capacity).fill(null);
    for (let i = 0; i < this.#length; i++) {
      items[i] = this.#items[(this.#head + i) & (this.#items.length - 1)];
    }
    this.#items = items;
    this.#head = 0;
  }
}
