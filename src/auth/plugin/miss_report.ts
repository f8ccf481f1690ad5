/** A flood of misses is told of once in so long. */
const INTERVAL_MS = 10_000;

/** Longer causes are cut off: the plugin has written them. */
const MAXIMUM_CAUSE_LENGTH = 1_000;

/** Messages that a plugin should have been told of. */
export interface Misses {
  /** It never saw them. */
  readonly dropped: number;
  /** Its hook threw. */
  readonly failed: number;
  /** Its hook was not done in time. */
  readonly late: number;
  /** What went wrong last; `null` if nothing but drops did. */
  readonly cause: string | null;
}

/** Tells of misses: of the first at once, of what follows in sums. */
export class MissReport {
  readonly #tell: (misses: Misses) => void;
  #dropped = 0;
  #failed = 0;
  #late = 0;
  #cause: string | null = null;
  #timer: number | undefined = undefined;

  constructor(tell: (misses: Misses) => void) {
    this.#tell = tell;
  }

  /** Part of the hot path where a plugin does not keep up. */
  drop(count: number): void {
    this.#dropped += count;
    if (this.#timer === undefined) this.#flush();
  }

  fail({ failed, late, cause }: Omit<Misses, "dropped">): void {
    this.#failed += failed;
    this.#late += late;
    this.#cause = cause?.slice(0, MAXIMUM_CAUSE_LENGTH) ?? this.#cause;
    if (this.#timer === undefined) this.#flush();
  }

  /** Tells the rest. */
  close(): void {
    clearTimeout(this.#timer);
    if (!this.#isEmpty) this.#tell(this.#take());
  }

  get #isEmpty(): boolean {
    return this.#dropped + this.#failed + this.#late === 0;
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#isEmpty) return;
    this.#timer = setTimeout(() => this.#flush(), INTERVAL_MS);
    Deno.unrefTimer(this.#timer);
    this.#tell(this.#take());
  }

  #take(): Misses {
    const misses: Misses = {
      dropped: this.#dropped,
      failed: this.#failed,
      late: this.#late,
      cause: this.#cause,
    };
    this.#dropped = this.#failed = this.#late = 0;
    this.#cause = null;
    return misses;
  }
}
