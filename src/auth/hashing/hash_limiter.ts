/** The bounds of a {@linkcode HashLimiter}. */
export interface HashLimits {
  /** Tasks that run at a time. */
  readonly maximumRunning: number;
  /** Tasks that wait for their turn. */
  readonly maximumWaiting: number;
  /** How long the last one may have to wait, going by how long tasks take. */
  readonly maximumWaitMs: number;
}

/** What the last tasks took counts so much less with each that follows. */
const WEIGHT_OF_LAST = 1 / 16;

/**
 * Lets a bounded number of password checks run at a time, and a bounded number
 * wait: whoever floods the broker with logins must not take all its cores, nor
 * all its memory. Nobody is left to wait for longer than clients do: they
 * would be gone when their turn comes, and come back to wait behind others.
 */
export class HashLimiter {
  readonly #limits: HashLimits;
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  #runningCount = 0;
  #averageMs = 0;

  /** `nowMs` is a clock that never goes back. */
  constructor(limits: HashLimits, nowMs = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** Whether one more would be turned away. */
  get isFull(): boolean {
    const { maximumRunning, maximumWaiting, maximumWaitMs } = this.#limits;
    const { length } = this.#waiting;
    return length >= maximumWaiting ||
      length * this.#averageMs / maximumRunning > maximumWaitMs;
  }

  /**
   * Runs `task` when its turn has come; `null` if it `isNeedless` by then, so
   * that those who have gone keep nobody waiting.
   */
  async run<Result>(
    task: () => Promise<Result>,
    isNeedless: () => boolean = () => false,
  ): Promise<Result | null> {
    if (this.#runningCount < this.#limits.maximumRunning) {
      this.#runningCount++;
    } else {
      // The place is handed over: it is not free in between.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return isNeedless() ? null : await this.#measure(task);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#runningCount--;
      else next();
    }
  }

  async #measure<Result>(task: () => Promise<Result>): Promise<Result> {
    const startMs = this.#nowMs();
    try {
      return await task();
    } finally {
      const tookMs = this.#nowMs() - startMs;
      this.#averageMs += (tookMs - this.#averageMs) * WEIGHT_OF_LAST;
    }
  }
}
