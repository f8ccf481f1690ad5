import { LOAD_OPTIONS, readLoadOptions } from "../bench/options.ts";
import { formatLoad } from "../bench/report.ts";
import { runLoad } from "../bench/run_load.ts";
import type { Command } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { Progress } from "../progress.ts";
import { readOptions } from "../read_options.ts";

const PROGRESS_INTERVAL_MS = 500;

/** `rqtt bench`: puts load on a broker and tells what it has taken. */
export const command: Command = {
  name: "bench",
  summary: "put load on a broker, and tell rates, losses and latencies",
  usage: ["[options]"],
  options: LOAD_OPTIONS,
  notes: `\
Modes: throughput (deliveries a second), latency (needs --rate), storm (new
connections a second), idle (memory of connections), puback, drain, populate.`,
  example: {
    purpose: "see how late 5,000 messages a second arrive at ten subscribers",
    line: "bench --rate 5000 --subscribers 10 --qos 1 --seconds 30",
  },
  exitCodes: "0 fine, 1 failure, 2 wrong usage",
  async run(args, surroundings) {
    const { now, writeError, writeOutput } = surroundings;
    const options = readLoadOptions(readOptions(command, args));
    const progress = new Progress(surroundings);
    const startMs = now();
    const timer = setInterval(() => {
      progress.show(() => {
        const seconds = Math.round((now() - startMs) / 1000);
        return `${options.mode}: ${seconds} s`;
      });
    }, PROGRESS_INTERVAL_MS);
    try {
      const result = await runLoad(options);
      progress.clear();
      writeOutput(formatLoad(options, result));
      if (options.isJson) writeOutput(JSON.stringify(result));
      return EXIT_CODE.fine;
    } catch (error) {
      progress.clear();
      writeError(error instanceof Error ? error.message : String(error));
      return EXIT_CODE.failure;
    } finally {
      clearInterval(timer);
    }
  },
};
