/**
 * `deno task fuzz --seconds N [--seed S] [--corpus DIRECTORY]`: gives damaged
 * packets and streams to the codec, to brokers in memory and to a server with
 * sockets until the time is over or something breaks.
 */
import { argument, numberArgument } from "../_arguments.ts";
import { Corpus } from "./_corpus.ts";
import { formatCase } from "./_fuzz_case.ts";
import { Finding, Fuzzer } from "./_fuzzer.ts";
import { ServerTarget } from "./_server_target.ts";
import { shrink } from "./_shrink.ts";

const REPORT_INTERVAL_MS = 10_000;

const seconds = numberArgument("seconds", 60);
const seed = numberArgument("seed", Date.now() % 1_000_000);
const directory = argument("corpus") ??
  Deno.makeTempDirSync({ prefix: "rqtt-fuzz-" });
Deno.mkdirSync(directory, { recursive: true });

const rejections: unknown[] = [];
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  rejections.push(event.reason);
});

const corpus = new Corpus(directory);
const server = await ServerTarget.start();
const fuzzer = new Fuzzer(seed, corpus, server);
const startMs = performance.now();
let reportAtMs = startMs + REPORT_INTERVAL_MS;

console.log(`fuzzing for ${seconds} s, seed ${seed}, corpus in ${directory}`);
try {
  while (performance.now() - startMs < seconds * 1000) {
    await fuzzer.step();
    for (const reason of rejections) throw reason;
    if (performance.now() < reportAtMs) continue;
    reportAtMs += REPORT_INTERVAL_MS;
    report();
  }
} catch (error) {
  report();
  await tell(error);
  Deno.exit(1);
}
await server.stop();
report();
console.log("nothing broke");

function report(): void {
  const elapsed = Math.round((performance.now() - startMs) / 1000);
  const { rss } = Deno.memoryUsage();
  console.log(
    `${elapsed} s: ${fuzzer.caseCount} cases, corpus ${corpus.size}, ` +
      `${corpus.outcomeCount} outcomes, ${Math.round(rss / 1_048_576)} MiB`,
  );
}

/** Prints what broke, and the smallest case that was found to break it. */
async function tell(error: unknown): Promise<void> {
  if (!(error instanceof Finding)) {
    console.error("outside of a case:", error);
    return;
  }
  console.error(error.cause);
  for (const [index, fuzzCase] of error.cases.entries()) {
    // To make it smaller may take longer than anybody waits.
    console.error(corpus.save(`finding-${seed}-${index}-whole`, fuzzCase));
    const smallest = await shrink(fuzzCase, error.message);
    const path = corpus.save(`finding-${seed}-${index}`, smallest);
    console.error(`${path}:\n${formatCase(smallest)}`);
  }
  console.error("put it into tests/fuzz/regressions when it is fixed");
}
