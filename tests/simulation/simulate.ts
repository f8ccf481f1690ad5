/**
 * `deno task simulate --seeds N [--from S] [--keep-going]` runs many seeds;
 * `deno task simulate --seed S [--trace]` runs one, and tells everything that
 * happens.
 */
import { argument, numberArgument } from "../_arguments.ts";
import { simulate } from "./_run.ts";

const REPORT_INTERVAL = 500;

const isSingle = argument("seed") !== null;
const from = isSingle ? numberArgument("seed", 0) : numberArgument("from", 1);
const count = isSingle ? 1 : numberArgument("seeds", 500);
const isTraced = Deno.args.includes("--trace");
const isKeptGoing = Deno.args.includes("--keep-going");
const options = isTraced
  ? { onTrace: (line: string) => console.log(line) }
  : {};
const startMs = performance.now();
let failureCount = 0;

for (let done = 1; done <= count; done++) {
  const seed = from + done - 1;
  try {
    await simulate(seed, options);
  } catch (error) {
    failureCount++;
    console.error(error);
    console.error(`replay it: deno task simulate --seed ${seed} --trace`);
    if (!isKeptGoing) break;
  }
  if (done % REPORT_INTERVAL === 0 || done === count) {
    const seconds = (performance.now() - startMs) / 1000;
    console.log(
      `${done - failureCount} of ${done} seeds passed in ` +
        `${seconds.toFixed(1)} s`,
    );
  }
}
if (failureCount > 0) Deno.exit(1);
