import type { Clock } from "../broker/mod.ts";
import type { StoreObserver, StoreProgress } from "./observer.ts";

const INTERVAL_MS = 1_000;

/** Tells once a second how far reading has come, and how much it was at the end. */
export class Progress {
  readonly #clock: Clock;
  readonly #observer: StoreObserver;
  readonly #startMs: number;
  #toldMs: number;
  #segmentCount = 0;
  #sizeBytes = 0;

  constructor(clock: Clock, observer: StoreObserver) {
    this.#clock = clock;
    this.#observer = observer;
    this.#startMs = this.#toldMs = clock.nowMs();
  }

  add(sizeBytes: number): void {
    this.#segmentCount++;
    this.#sizeBytes += sizeBytes;
    this.goOn();
  }

  /** A part of the work is done that adds nothing. */
  goOn(): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#toldMs < INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#observer.storeReading(this.#progress(nowMs));
  }

  finish(): void {
    this.#observer.storeRead(this.#progress(this.#clock.nowMs()));
  }

  #progress(nowMs: number): StoreProgress {
    return {
      segmentCount: this.#segmentCount,
      sizeBytes: this.#sizeBytes,
      elapsedMs: nowMs - this.#startMs,
    };
  }
}
