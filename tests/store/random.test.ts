import fc from "fast-check";
import { assertEquals } from "../_assert.ts";
import { act, type Action, ACTIONS } from "./_actions.ts";
import { Journal, MemoryPlace } from "./_journal.ts";

/** So small that everything is cleaned and moved all the time. */
const EAGER = { toleratedBytes: 500, toleratedSegments: 3, movedBytes: 100 };

type Step =
  | Action
  /** Time passes: what was scheduled happens. */
  | { readonly kind: "run" }
  /** The write under way succeeds. */
  | { readonly kind: "finish" }
  | { readonly kind: "crash" };

const RUN: Step = { kind: "run" };
const FINISH: Step = { kind: "finish" };
const CRASH: Step = { kind: "crash" };

const number = fc.nat({ max: 7 });
const action: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...ACTIONS),
  a: fc.nat({ max: 2 }),
  b: number,
  c: number,
});

/** Mostly something happens and is written; sometimes more comes in between. */
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.array(action, { maxLength: 5 })
        .map((actions) => [...actions, RUN, FINISH]),
    },
    { weight: 2, arbitrary: action.map((action) => [action, RUN]) },
    { weight: 2, arbitrary: fc.constant([FINISH]) },
    { weight: 2, arbitrary: fc.constant([CRASH]) },
  ),
  { maxLength: 60, size: "max" },
).map((parts) => parts.flat());

/** Runs steps and checks after each crash that exactly what was written is there. */
class Run {
  readonly #place = new MemoryPlace();
  #journal!: Journal;
  /** The state as of the last write that succeeded. */
  #written!: unknown;
  #finish: (() => void) | null = null;

  async run(steps: readonly Step[]): Promise<void> {
    this.#journal = await Journal.open(this.#place, { cleaning: EAGER });
    this.#written = this.#journal.world.describe();
    this.#place.medium.beforeWrite = () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const writing = this.#journal.world.describe();
      this.#finish = () => {
        this.#written = writing;
        resolve();
      };
      return promise;
    };
    for (const step of steps) await this.#take(step);
    await this.#crash();
    // Twice, because what is read must be what the next crash finds too.
    await this.#crash();
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case "run":
        return this.#journal.run();
      case "finish": {
        const finish = this.#finish;
        this.#finish = null;
        finish?.();
        for (let turn = 0; turn < 6; turn++) await Promise.resolve();
        return;
      }
      case "crash":
        return await this.#crash();
      default:
        act(this.#journal.world, step);
    }
  }

  async #crash(): Promise<void> {
    this.#finish = null;
    this.#journal = await this.#journal.crash();
    assertEquals(this.#journal.world.describe(), this.#written);
  }
}

Deno.test("After any crash the state is that of the last write, whatever was cleaned before", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      (steps) => new Run().run(steps),
    ),
    { numRuns: 500 },
  );
});
