/** A flood of misses is told of once in so long. */
const INTERVAL_MS = 10_000;

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

const NONE: Misses = { dropped: 0, failed: 0, late: 0, cause: null };

/** Tells of misses: of the first at once, of what follows in sums. */
export class MissReport {
  readonly #tell: (misses: Misses) => void;
  #misses = NONE;
  #timer: number | undefined = undefined;

  constructor(tell: (misses: Misses) => void) {
    this.#tell = tell;
  }

  note({ dropped = 0, failed = 0, late = 0, cause = null }: Partial<Misses>) {
    const sum = this.#misses;
    this.#misses = {
      dropped: sum.dropped + dropped,
      failed: sum.failed + failed,
      late: sum.late + late,
      cause: cause ?? sum.cause,
    };
    if (this.#timer === undefined) this.#flush();
  }

  /** Tells the rest. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#misses !== NONE) this.#tell(this.#misses);
    this.#misses = NONE;
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#misses === NONE) return;
    const misses = this.#misses;
    this.#misses = NONE;
    this.#timer = setTimeout(() => this.#flush(), INTERVAL_MS);
    Deno.unrefTimer(this.#timer);
    this.#tell(misses);
  }
}
