import { ReasonCode } from "../codec/mod.ts";
import type { Connection } from "./connection.ts";
import type { Timer } from "./timers.ts";

/**
 * Holds one client to its messages and bytes a second. What a read brought is
 * charged as a whole, so a message costs nothing; a client in debt is not read
 * from until it is paid. One that stays at its limit for the whole grace is
 * flooding, and is disconnected.
 */
export class RateLimit {
  readonly #connection: Connection;
  readonly #messages: Bucket | null;
  readonly #bytes: Bucket | null;
  /** When it was first in debt without catching up since; -1 if it is not. */
  #lateSinceMs = -1;
  #timer: Timer | null = null;

  private constructor(
    connection: Connection,
    messages: Bucket | null,
    bytes: Bucket | null,
  ) {
    this.#connection = connection;
    this.#messages = messages;
    this.#bytes = bytes;
  }

  /** `null` if the configuration sets no limits. */
  static of(connection: Connection): RateLimit | null {
    const { nowMs } = connection.broker;
    const { limits } = connection.listener;
    const { maximumMessagesPerSecond, maximumBytesPerSecond } = limits;
    if (
      Math.min(maximumMessagesPerSecond, maximumBytesPerSecond) === Infinity
    ) {
      return null;
    }
    return new RateLimit(
      connection,
      Bucket.of(maximumMessagesPerSecond, nowMs),
      Bucket.of(maximumBytesPerSecond, nowMs),
    );
  }

  /** Charges what one read has brought. */
  charge(messageCount: number, sizeBytes: number): void {
    const { nowMs } = this.#connection.broker;
    const messagesMs = this.#messages?.take(messageCount, nowMs) ?? 0;
    const bytesMs = this.#bytes?.take(sizeBytes, nowMs) ?? 0;
    const debtMs = Math.max(messagesMs, bytesMs);
    if (debtMs > 0) {
      this.#hold(debtMs, messagesMs >= bytesMs);
    } else if (this.#hasCaughtUp()) {
      this.#lateSinceMs = -1;
    }
  }

  stop(): void {
    this.#connection.broker.timers.cancel(this.#timer);
    this.#timer = null;
  }

  /** Another one takes its place: the connection owes nothing any more. */
  retire(): void {
    const isHolding = this.#timer !== null;
    this.stop();
    if (isHolding) this.#connection.release();
  }

  #hold(debtMs: number, isForMessages: boolean): void {
    const connection = this.#connection;
    const { nowMs, timers } = connection.broker;
    const { limits } = connection.listener;
    if (this.#timer !== null) return;
    if (this.#lateSinceMs < 0) this.#lateSinceMs = nowMs;
    if (nowMs - this.#lateSinceMs > limits.rateGraceMs) {
      connection.close(
        isForMessages
          ? ReasonCode.messageRateTooHigh
          : ReasonCode.quotaExceeded,
        `the client has sent more than its ${
          isForMessages ? "messages" : "bytes"
        } a second for ${limits.rateGraceMs} ms`,
      );
      return;
    }
    connection.hold();
    this.#timer = timers.schedule(nowMs + debtMs, () => {
      this.#timer = null;
      connection.release();
    });
  }

  #hasCaughtUp(): boolean {
    return (this.#messages?.isHalfFull ?? true) &&
      (this.#bytes?.isHalfFull ?? true);
  }
}

/** A token bucket that holds what one second brings, and may go into debt. */
class Bucket {
  readonly #perSecond: number;
  #tokens: number;
  #filledAtMs: number;

  private constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#tokens = perSecond;
    this.#filledAtMs = nowMs;
  }

  static of(perSecond: number, nowMs: number): Bucket | null {
    return perSecond === Infinity ? null : new Bucket(perSecond, nowMs);
  }

  get isHalfFull(): boolean {
    return this.#tokens * 2 >= this.#perSecond;
  }

  /** Takes `count`; returns for how many milliseconds there is a debt. */
  take(count: number, nowMs: number): number {
    const gained = (nowMs - this.#filledAtMs) * this.#perSecond / 1_000;
    this.#tokens = Math.min(this.#perSecond, this.#tokens + gained) - count;
    this.#filledAtMs = nowMs;
    return this.#tokens >= 0 ? 0 : -this.#tokens * 1_000 / this.#perSecond;
  }
}
