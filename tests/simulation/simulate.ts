/**
 * `deno task simulate --seeds N [--from S]` runs many seeds; `deno task
 * simulate --seed S [--trace]` runs one, and tells everything that happens.
 */
import { argument, numberArgument } from "../_arguments.ts";
import { simulate } from "./_run.ts";

const REPORT_INTERVAL = 500;

const isSingle = argument("seed") !== null;
const from = isSingle ? numberArgument("seed", 0) : numberArgument("from", 1);
const count = isSingle ? 1 : numberArgument("seeds", 500);
const isTraced = Deno.args.includes("--trace");
const startMs = performance.now();

for (let seed = from; seed < from + count; seed++) {
  try {
    await simulate(
      seed,
      isTraced ? { onTrace: (line) => console.log(line) } : {},
    );
  } catch (error) {
    console.error(error);
    console.error(`replay it: deno task simulate --seed ${seed} --trace`);
    Deno.exit(1);
  }
  const done = seed - from + 1;
  if (done % REPORT_INTERVAL === 0 || done === count) {
    const seconds = (performance.now() - startMs) / 1000;
    console.log(`${done} of ${count} seeds passed in ${seconds.toFixed(1)} s`);
  }
}
