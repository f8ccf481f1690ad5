import { type Message, NEVER } from "../session/mod.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession } from "./connection.ts";
import { dropExpired } from "./deliver.ts";
import type { Timer } from "./timers.ts";

/** One queue is looked through once in this time at most. */
const SWEEP_INTERVAL_MS = 1_000;

/**
 * Drops what expires in queues [MQTT-3.3.2-5], also while nobody comes for it:
 * memory, and space in the store, are free again. What is due in between is
 * found when it is about to be sent.
 */
export class QueueExpiry {
  readonly #broker: Broker;
  readonly #timers = new Map<ClientSession, Timer>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** `message`, which may expire, was queued for `session`. */
  noteQueued(session: ClientSession, message: Message): void {
    const { expiresAtMs } = message;
    if (expiresAtMs === NEVER) return;
    const timer = this.#timers.get(session);
    if (timer !== undefined && timer.dueAtMs <= expiresAtMs) return;
    this.#schedule(session, expiresAtMs);
  }

  /** `session` has come back from the store with its queue. */
  restore(session: ClientSession): void {
    if (session.queue.length > 0) this.#continue(session);
  }

  /** `session` ends. */
  forget(session: ClientSession): void {
    this.#broker.timers.cancel(this.#timers.get(session) ?? null);
    this.#timers.delete(session);
  }

  /** Lets nothing expire any more: the broker shuts down. */
  stop(): void {
    for (const session of [...this.#timers.keys()]) this.forget(session);
  }

  #schedule(session: ClientSession, expiresAtMs: number): void {
    this.forget(session);
    const { nowMs, timers } = this.#broker;
    const dueAtMs = Math.max(expiresAtMs, nowMs + SWEEP_INTERVAL_MS);
    const timer = timers.schedule(dueAtMs, () => this.#sweep(session));
    this.#timers.set(session, timer);
  }

  #sweep(session: ClientSession): void {
    this.#timers.delete(session);
    const { queue, retainedReplays } = session;
    // The place of retained messages in the queue is counted from its head.
    if (retainedReplays.length === 0) {
      for (const delivery of queue.removeExpired(this.#broker.nowMs)) {
        dropExpired(this.#broker, session, delivery);
      }
    }
    this.#continue(session);
  }

  #continue(session: ClientSession): void {
    const expiresAtMs = session.queue.nextExpiryMs();
    if (expiresAtMs !== NEVER) this.#schedule(session, expiresAtMs);
  }
}
