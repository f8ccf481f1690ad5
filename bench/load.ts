/**
 * The load generator of `rqtt bench`, without the program around it:
 * `deno run -A bench/load.ts --mode latency --rate 1000`.
 *
 * It is one process of one thread: on two cores, two of them shared out the
 * same 22 M messages/s that one moves through bench/relay.ts alone.
 */
import { formatLoad } from "../src/cli/bench/report.ts";
import {
  LOAD_OPTIONS,
  type LoadOptions,
  readLoadOptions,
} from "../src/cli/bench/options.ts";
import { runLoad } from "../src/cli/bench/run_load.ts";
import { readOptions } from "../src/cli/read_options.ts";

/**
 * Reads the command line.
 * @throws {UsageError} If an option is unknown or its value is out of range.
 */
export function parseLoadOptions(args: readonly string[]): LoadOptions {
  return readLoadOptions(
    readOptions({ name: "bench", options: LOAD_OPTIONS }, args),
  );
}

async function run(args: readonly string[]): Promise<void> {
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
