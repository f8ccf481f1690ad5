import { SeededRandom } from "../broker/_harness.ts";

/** All chance of a run comes out of one seed. */
export class Dice extends SeededRandom {
  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.integer(count) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.integer(values.length)];
  }

  /** At least `low`, below `high`; hardly ever the same twice. */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }
}
