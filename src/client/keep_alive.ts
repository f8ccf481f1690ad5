import { MqttError, ReasonCode } from "../codec/mod.ts";
import type { CancelTimer, ClientClock } from "./clock.ts";

/** The connection, as Keep Alive sees it. */
export interface KeepAliveOwner {
  readonly lastSentMs: number;
  readonly lastReceivedMs: number;
  /** Whether it does not read, so that silence says nothing. */
  readonly isHeld: boolean;
  sendPingreq(): void;
  fail(error: MqttError): void;
}

/** PINGREQ goes out after this share of Keep Alive: timers run late. */
const PING_SHARE = 0.75;
/** The server has this share of Keep Alive for a sign of life. */
const ANSWER_SHARE = 0.5;

/**
 * Sends PINGREQ when nothing has been sent [MQTT-3.1.2-20] or received for a
 * while, and ends the connection when nothing comes then.
 */
export class KeepAlive {
  readonly #owner: KeepAliveOwner;
  readonly #clock: ClientClock;
  readonly #keepAliveMs: number;
  #cancelTimer: CancelTimer = () => {};
  /** When PINGREQ was sent; -1 when none is unanswered. */
  #pingSentMs = -1;

  /** `keepAliveSeconds` 0 turns it off. */
  constructor(
    owner: KeepAliveOwner,
    clock: ClientClock,
    keepAliveSeconds: number,
  ) {
    this.#owner = owner;
    this.#clock = clock;
    this.#keepAliveMs = keepAliveSeconds * 1000;
    if (keepAliveSeconds > 0) this.#wait();
  }

  stop(): void {
    this.#cancelTimer();
  }

  /** One timer, moved on only when it fires: a packet costs no timer work. */
  #wait(): void {
    const dueAtMs = this.#pingSentMs >= 0
      ? this.#pingSentMs + this.#keepAliveMs * ANSWER_SHARE
      : this.#quietSinceMs() + this.#keepAliveMs * PING_SHARE;
    const delayMs = Math.max(0, dueAtMs - this.#clock.nowMs());
    this.#cancelTimer = this.#clock.after(delayMs, () => this.#check());
  }

  #check(): void {
    const { lastReceivedMs, isHeld } = this.#owner;
    const nowMs = this.#clock.nowMs();
    if (lastReceivedMs >= this.#pingSentMs || isHeld) this.#pingSentMs = -1;
    if (this.#pingSentMs >= 0) {
      this.#owner.fail(
        new MqttError(
          "Lost the connection: the server does not answer PINGREQ",
          ReasonCode.keepAliveTimeout,
        ),
      );
      return;
    }
    if (nowMs - this.#quietSinceMs() >= this.#keepAliveMs * PING_SHARE) {
      this.#pingSentMs = nowMs;
      this.#owner.sendPingreq();
    }
    this.#wait();
  }

  #quietSinceMs(): number {
    const { lastSentMs, lastReceivedMs, isHeld } = this.#owner;
    return isHeld ? lastSentMs : Math.min(lastSentMs, lastReceivedMs);
  }
}
