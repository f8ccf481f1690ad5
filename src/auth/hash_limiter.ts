/**
 * Lets a bounded number of password checks run at a time, and a bounded number
 * wait: whoever floods the broker with logins must not take all its cores, nor
 * all its memory.
 */
export class HashLimiter {
  readonly #maximumRunning: number;
  readonly #maximumWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #runningCount = 0;

  constructor(maximumRunning: number, maximumWaiting: number) {
    this.#maximumRunning = maximumRunning;
    this.#maximumWaiting = maximumWaiting;
  }

  /** Whether one more would be turned away. */
  get isFull(): boolean {
    return this.#waiting.length >= this.#maximumWaiting;
  }

  /** Runs `task` when its turn has come. */
  async run<Result>(task: () => Promise<Result>): Promise<Result> {
    if (this.#runningCount < this.#maximumRunning) {
      this.#runningCount++;
    } else {
      // The place is handed over: it is not free in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#runningCount--;
      else next();
    }
  }
}
