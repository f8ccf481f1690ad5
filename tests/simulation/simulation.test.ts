import { fail } from "../_assert.ts";
import { simulate } from "./_run.ts";
import { SABOTAGES } from "./_sabotages.ts";

const SEEDS = 500;
/** Whatever is broken has to show in one of so many runs. */
const MOST_SEEDS_TO_FIND = SEEDS;

Deno.test({
  name: `nothing is lost in ${SEEDS} schedules of clients, network and store`,
  permissions: "none",
  async fn() {
    for (let seed = 1; seed <= SEEDS; seed++) {
      try {
        await simulate(seed);
      } catch (error) {
        throw new Error(
          `Cannot keep every promise: deno task simulate --seed ${seed} --trace`,
          { cause: error },
        );
      }
    }
  },
});

for (const { name, sabotage, symptom } of SABOTAGES) {
  Deno.test({
    name: `the simulation finds out a broker that ${name}`,
    permissions: "none",
    async fn() {
      for (let seed = 1; seed <= MOST_SEEDS_TO_FIND; seed++) {
        const found = await simulate(seed, { sabotage }).then(
          () => "",
          (error: Error) => error.message,
        );
        if (symptom.test(found)) return;
      }
      fail(`${MOST_SEEDS_TO_FIND} runs did not show it`);
    },
  });
}
