/**
 * `deno task crash --rounds N [--seed S] [--durability commit] [--trace FILE]`
 * kills the real broker at random instants and holds it to what it has
 * acknowledged. Round after round has the next seed. FILE gets what the clients
 * of the last round that failed have sent and received.
 */
import { argument, numberArgument } from "../_arguments.ts";
import { runRound } from "./_round.ts";

const REPORT_INTERVAL = 20;

const rounds = numberArgument("rounds", 15);
const firstSeed = numberArgument("seed", Math.floor(Math.random() * 1e9));
const durability = argument("durability") ?? "commit";
const traceFile = argument("trace");

const startMs = performance.now();
let crashCount = 0;
let messageCount = 0;
let failedCount = 0;
for (let round = 1; round <= rounds; round++) {
  const seed = firstSeed + round - 1;
  const result = await runRound({ seed, durability });
  crashCount += result.crashCount;
  messageCount += result.messageCount;
  if (result.violations.length > 0) {
    failedCount++;
    if (traceFile !== null) {
      await Deno.writeTextFile(traceFile, result.trace.join("\n"));
    }
    console.error(`round ${round} failed, seed ${seed}:`);
    for (const violation of result.violations) console.error(`  ${violation}`);
    console.error(
      `run it again: deno task crash --rounds 1 --seed ${seed} ` +
        `--durability ${durability}`,
    );
  }
  if (round % REPORT_INTERVAL === 0 || round === rounds) {
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(
      `${round} rounds in ${seconds} s: ${failedCount} failed, ` +
        `${crashCount} crashes, ${messageCount} messages`,
    );
  }
}
Deno.exit(failedCount > 0 ? 1 : 0);
