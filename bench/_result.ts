import type { LoadResult } from "../src/cli/bench/report.ts";
import type { RestartResult } from "./_restart.ts";

/** What a scenario measured: by a run, or by what follows it. */
export type ScenarioResult = LoadResult | RestartResult;

/**
 * Whether the generator was the busier side and near a whole core: then the
 * broker could have done more.
 */
export function isGeneratorBound(result: ScenarioResult): boolean {
  if (
    !("brokerCpuSeconds" in result) || result.brokerCpuSeconds === undefined
  ) return false;
  return result.generatorCpuSeconds / result.seconds > 0.9 &&
    result.brokerCpuSeconds / result.seconds < 0.9;
}
