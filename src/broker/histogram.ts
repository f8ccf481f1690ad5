/** From 50 µs to 10 s: what a broker on one machine takes, to what nobody waits for. */
export const LATENCY_BOUNDS_SECONDS: readonly number[] = [
  0.00005,
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/** How often values of each size were seen. Observing one allocates nothing. */
export class Histogram {
  /** In ascending order; a value that equals a bound is not above it. */
  readonly upperBounds: readonly number[];
  /** Values in each bucket alone; the last one is for those above all bounds. */
  readonly counts: Float64Array;
  sum: number;

  constructor(upperBounds: readonly number[] = LATENCY_BOUNDS_SECONDS) {
    this.upperBounds = upperBounds;
    this.counts = new Float64Array(upperBounds.length + 1);
    this.sum = 0;
  }

  observe(value: number): void {
    const { upperBounds } = this;
    let bucket = 0;
    while (bucket < upperBounds.length && value > upperBounds[bucket]) bucket++;
    this.counts[bucket]++;
    this.sum += value;
  }

  /** How many values there were. */
  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}
