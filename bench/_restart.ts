import type { RunningBroker } from "./_broker_process.ts";
import { readResidentBytes } from "../src/cli/bench/process.ts";
import { formatSeconds } from "../src/cli/bench/report.ts";

/** What starting a broker on what it has kept measured. */
export interface RestartResult {
  mode: "restart";
  /** From the start of the process until it accepts connections. */
  seconds: number;
  residentBytes: number;
}

/** Starts a broker, measures, and stops it. */
export async function runRestart(
  start: () => Promise<RunningBroker>,
): Promise<RestartResult> {
  const startMs = performance.now();
  const broker = await start();
  const seconds = (performance.now() - startMs) / 1000;
  try {
    const residentBytes = await readResidentBytes(broker.processId);
    return { mode: "restart", seconds, residentBytes };
  } finally {
    await broker.stop();
  }
}

/** One line for people. */
export function formatRestart(
  { seconds, residentBytes }: RestartResult,
): string {
  return `restart: accepts after ${formatSeconds(seconds)}, ` +
    `${(residentBytes / 1024 ** 2).toFixed(0)} MB`;
}
