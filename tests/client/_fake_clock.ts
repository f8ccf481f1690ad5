import type { CancelTimer, ClientClock } from "../../src/client/clock.ts";

/** Time that stands still until a test moves it. */
export class FakeClock implements ClientClock {
  #nowMs = 1_000_000;
  readonly #timers = new Set<{ dueAtMs: number; callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): CancelTimer {
    const timer = { dueAtMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are neither due nor cancelled. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves on, from timer to timer; what each sets off settles before the next. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const next = [...this.#timers]
        .filter(({ dueAtMs }) => dueAtMs <= endMs)
        .sort((a, b) => a.dueAtMs - b.dueAtMs)[0];
      if (next === undefined) break;
      this.#nowMs = Math.max(this.#nowMs, next.dueAtMs);
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#nowMs = endMs;
    await settle();
  }
}

/** Enough turns of the microtask queue for whatever a test has set off. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}
