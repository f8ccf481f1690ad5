import { runDrain } from "./drain.ts";
import { runLatency } from "./latency.ts";
import type { LoadOptions } from "./options.ts";
import { runPopulate } from "./populate.ts";
import type { LoadResult } from "./report.ts";
import { runIdle, runStorm } from "./storm.ts";
import { runThroughput } from "./throughput.ts";

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
