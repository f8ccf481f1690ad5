import { Histogram } from "../../broker/mod.ts";

const INTERVAL_MS = 50;

/** Measures how late the event loop is: everything else waits as long. */
export class EventLoopDelay {
  readonly seconds: Histogram = new Histogram();
  #timer: number | undefined = undefined;
  #dueAtMs = 0;

  start(): void {
    this.#dueAtMs = performance.now() + INTERVAL_MS;
    this.#timer = setTimeout(() => {
      const delayMs = performance.now() - this.#dueAtMs;
      this.seconds.observe(Math.max(0, delayMs) / 1_000);
      this.start();
    }, INTERVAL_MS);
    Deno.unrefTimer(this.#timer);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
