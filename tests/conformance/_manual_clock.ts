import type { Clock } from "../../src/broker/mod.ts";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs = 1_000_000_000;
  #dueAtMs = Infinity;
  #soon: number | undefined = undefined;
  #callback: () => void = () => {};

  nowMs(): number {
    return this.#nowMs;
  }

  setAlarm(dueAtMs: number, callback: () => void): void {
    clearTimeout(this.#soon);
    this.#dueAtMs = dueAtMs;
    this.#callback = callback;
    if (dueAtMs <= this.#nowMs) this.#soon = setTimeout(() => this.advance(0));
  }

  /** Moves on by `durationMs`, from alarm to alarm. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    while (this.#dueAtMs <= endMs) {
      this.#nowMs = Math.max(this.#nowMs, this.#dueAtMs);
      this.#dueAtMs = Infinity;
      this.#callback();
    }
    this.#nowMs = endMs;
  }
}
