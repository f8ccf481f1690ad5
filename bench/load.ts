/**
 * A load generator for any MQTT broker: `deno run -A bench/load.ts --help`.
 *
 * It is one process of one thread: on two cores, two of them shared out the
 * same 22 M messages/s that one moves through bench/relay.ts alone.
 */
import { runDrain } from "./_drain.ts";
import { runLatency } from "./_latency.ts";
import { type LoadOptions, parseLoadOptions, usage } from "./_options.ts";
import { runPopulate } from "./_populate.ts";
import { formatLoad, type LoadResult } from "./_report.ts";
import { runIdle, runStorm } from "./_storm.ts";
import { runThroughput } from "./_throughput.ts";

/**
 * Runs one load.
 * @throws {Error} If the broker refuses, breaks off or takes too long.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    timeout.reject(
      new Error(`Cannot finish: ${options.timeoutSeconds} s are over`),
    );
  }, options.timeoutSeconds * 1000);
  try {
    return await Promise.race([dispatch(options), timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function dispatch(options: LoadOptions): Promise<LoadResult> {
  switch (options.mode) {
    case "latency":
      return runLatency(options);
    case "storm":
      return runStorm(options);
    case "idle":
      return runIdle(options);
    case "drain":
      return runDrain(options);
    case "populate":
      return runPopulate(options);
    case "throughput":
    case "puback":
      return runThroughput(options);
  }
}

async function run(args: string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(usage);
    return;
  }
  try {
    const options = parseLoadOptions(args);
    const result = await runLoad(options);
    console.log(formatLoad(options, result));
    if (options.isJson) console.log(JSON.stringify(result));
    Deno.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

if (import.meta.main) await run(Deno.args);
