import type { SeededRandom } from "../broker/_harness.ts";
import { formatCase, type FuzzCase } from "./_fuzz_case.ts";

const MOST_CASES = 4_000;

/** The cases that showed something new, to go on from. */
export class Corpus {
  readonly #directory: string | null;
  readonly #cases: FuzzCase[] = [];
  readonly #outcomes = new Set<string>();
  #savedCount = 0;

  /** Cases are also written to `directory`, if there is one. */
  constructor(directory: string | null) {
    this.#directory = directory;
  }

  get size(): number {
    return this.#cases.length;
  }

  /** Different things that any case has led to. */
  get outcomeCount(): number {
    return this.#outcomes.size;
  }

  /** Takes `fuzzCase` in if one of its outcomes was never seen before. */
  add(fuzzCase: FuzzCase, outcomes: ReadonlySet<string>): void {
    const countBefore = this.#outcomes.size;
    for (const outcome of outcomes) this.#outcomes.add(outcome);
    if (this.#outcomes.size === countBefore) return;
    if (this.#cases.length >= MOST_CASES) this.#cases.shift();
    this.#cases.push(fuzzCase);
    this.save(`case-${++this.#savedCount}`, fuzzCase);
  }

  /** One of the cases, or `null` while there is none. */
  pick(random: SeededRandom): FuzzCase | null {
    const { length } = this.#cases;
    return length === 0 ? null : this.#cases[random.integer(length)];
  }

  /** Writes `fuzzCase` down; returns where. */
  save(name: string, fuzzCase: FuzzCase): string {
    if (this.#directory === null) return "";
    const path = `${this.#directory}/${name}.txt`;
    Deno.writeTextFileSync(path, formatCase(fuzzCase));
    return path;
  }
}
