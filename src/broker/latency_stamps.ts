import type { Statistics } from "./statistics.ts";

/**
 * Since when a connection's output holds messages whose latency is measured:
 * one copy of a message and one answer at a time, the oldest. 0 stands for
 * none throughout.
 */
export class LatencyStamps {
  #deliveryMs: number;
  #acknowledgementMs: number;
  /** The same of what the transport is sending. */
  #sendingDeliveryMs: number;
  #sendingAcknowledgementMs: number;

  constructor() {
    this.#deliveryMs = 0;
    this.#acknowledgementMs = 0;
    this.#sendingDeliveryMs = 0;
    this.#sendingAcknowledgementMs = 0;
  }

  /** The output holds a copy of a message that came in at `stampMs`. */
  delivery(stampMs: number): void {
    if (stampMs > 0 && this.#deliveryMs === 0) this.#deliveryMs = stampMs;
  }

  /** The output holds the answer to a message that came in at `stampMs`. */
  acknowledgement(stampMs: number): void {
    if (stampMs > 0 && this.#acknowledgementMs === 0) {
      this.#acknowledgementMs = stampMs;
    }
  }

  /** What the output holds is being sent. */
  flushed(): void {
    this.#sendingDeliveryMs = this.#deliveryMs;
    this.#sendingAcknowledgementMs = this.#acknowledgementMs;
    this.#deliveryMs = 0;
    this.#acknowledgementMs = 0;
  }

  /** Whether something that is being sent is measured. */
  get isSending(): boolean {
    return this.#sendingDeliveryMs + this.#sendingAcknowledgementMs > 0;
  }

  /** It was sent at `nowMs`. */
  sent(statistics: Statistics, nowMs: number): void {
    const { deliverySeconds, acknowledgementSeconds } = statistics;
    if (this.#sendingDeliveryMs > 0) {
      deliverySeconds.observe((nowMs - this.#sendingDeliveryMs) / 1_000);
    }
    if (this.#sendingAcknowledgementMs > 0) {
      acknowledgementSeconds.observe(
        (nowMs - this.#sendingAcknowledgementMs) / 1_000,
      );
    }
    this.#sendingDeliveryMs = 0;
    this.#sendingAcknowledgementMs = 0;
  }
}
