import { assert, assertEquals } from "../_assert.ts";
import { runRound } from "./_round.ts";

const FIRST_SEED = 1;
const ROUNDS = 15;

for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
  Deno.test(`Nothing that was acknowledged is lost, and nothing of QoS 2 comes twice, when the broker is killed (seed ${seed})`, async () => {
    const { violations, crashCount, messageCount } = await runRound({
      seed,
      durability: "commit",
    });
    assertEquals(violations, []);
    assert(crashCount > 0 && messageCount > 400);
  });
}

Deno.test("The check can fail: a broker that keeps nothing on disk is found out", async () => {
  const { violations } = await runRound({
    seed: FIRST_SEED,
    durability: "memory",
  });
  assert(violations.some((each) => each.includes("the session is gone")));
});
