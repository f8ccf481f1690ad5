const MINUTE_MS = 60_000;

/** The windows of the averages: their names and minutes. */
export const LOAD_WINDOWS = [["1min", 1], ["5min", 5], ["15min", 15]] as const;

/**
 * How often something happens a minute, on average over the last 1, 5 and 15
 * minutes: each average moves towards the present rate and forgets the past
 * exponentially, as the load averages of Unix do.
 */
export class LoadAverage {
  readonly #averages = LOAD_WINDOWS.map(() => 0);
  #lastCount: number;

  /** `count` is what was counted up to now. */
  constructor(count: number) {
    this.#lastCount = count;
  }

  /** `elapsedMs` have passed since the last call; returns the averages a minute. */
  update(count: number, elapsedMs: number): readonly number[] {
    const perMinute = (count - this.#lastCount) * MINUTE_MS / elapsedMs;
    this.#lastCount = count;
    for (const [index, [, minutes]] of LOAD_WINDOWS.entries()) {
      const kept = Math.exp(-elapsedMs / MINUTE_MS / minutes);
      const average = this.#averages[index];
      this.#averages[index] = perMinute + kept * (average - perMinute);
    }
    return this.#averages;
  }
}
