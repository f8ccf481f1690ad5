/** When to try again after a connection is lost. */
export interface ReconnectOptions {
  /** Wait before the first retry; 500 unless given. */
  readonly initialDelayMs?: number;
  /** The wait doubles from retry to retry up to this; 30,000 unless given. */
  readonly maximumDelayMs?: number;
  /** Retries in a row before the client gives up; no limit unless given. */
  readonly maximumRetries?: number;
}

/**
 * Exponential back-off with jitter: each wait is drawn from the upper half of
 * a bound that doubles, so that clients cut off together do not come back
 * together.
 */
export class BackOff {
  readonly #initialDelayMs: number;
  readonly #maximumDelayMs: number;
  readonly #maximumRetries: number;
  readonly #random: () => number;
  #retries = 0;
  #lastBoundMs = 0;

  /** `random` returns numbers from 0 up to 1. */
  constructor(options: ReconnectOptions, random: () => number) {
    this.#initialDelayMs = options.initialDelayMs ?? 500;
    this.#maximumDelayMs = options.maximumDelayMs ?? 30_000;
    this.#maximumRetries = options.maximumRetries ?? Infinity;
    this.#random = random;
  }

  /** The wait before the next retry, or `null` if there is none left. */
  nextDelayMs(): number | null {
    if (this.#retries >= this.#maximumRetries) return null;
    const boundMs = Math.min(
      this.#initialDelayMs * 2 ** this.#retries++,
      this.#maximumDelayMs,
    );
    this.#lastBoundMs = boundMs;
    return boundMs / 2 + this.#random() * boundMs / 2;
  }

  /**
   * A connection has ended that lasted for `durationMs`. Only one that
   * outlasted the wait before it starts the series anew: a server that accepts
   * and drops at once must not be called in a tight loop.
   */
  connectionLasted(durationMs: number): void {
    if (durationMs >= this.#lastBoundMs) this.#retries = 0;
  }
}
