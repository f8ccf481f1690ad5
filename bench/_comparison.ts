import type { RunningBroker } from "./_broker_process.ts";
import type { FoundBroker } from "./_brokers.ts";
import type { BenchCredentials } from "./_credentials.ts";
import { isGeneratorBound, type ScenarioResult } from "./_result.ts";
import { formatRestart, runRestart } from "./_restart.ts";
import type { Scenario } from "./_scenarios.ts";
import { Measurements } from "./_table.ts";
import type { ProtocolVersion } from "../src/cli/bench/wire.ts";

/** What to compare, and how often. */
export interface ComparisonOptions {
  brokers: readonly FoundBroker[];
  scenarios: readonly Scenario[];
  rounds: number;
  version: ProtocolVersion;
  isQuick: boolean;
  /** For scenarios over TLS. */
  credentials?: BenchCredentials;
  /** Called with one line after each run. */
  report(line: string): void;
}

/** What a comparison found. */
export interface Comparison {
  measurements: Measurements;
  /** Runs that failed, a line each. */
  failures: string[];
  /** Runs in which the generator was the limit, a line each. */
  generatorBound: string[];
}

/**
 * Runs every scenario on every broker, in turn, so that what else the machine
 * does meets all of them. Each run gets a broker that has just started: no
 * run inherits another's memory or compiled code.
 */
export async function compareBrokers(
  options: ComparisonOptions,
): Promise<Comparison> {
  const comparison: Comparison = {
    measurements: new Measurements(),
    failures: [],
    generatorBound: [],
  };
  for (let round = 0; round < options.rounds; round++) {
    for (const scenario of options.scenarios) {
      // Every other round in the opposite order: nobody is always first.
      const brokers = round % 2 === 0
        ? options.brokers
        : options.brokers.toReversed();
      for (const broker of brokers) {
        if (!broker.links.includes(scenario.link ?? "tcp")) continue;
        if (scenario.isStored && !broker.canStore) continue;
        if (scenario.isControlled && !broker.canControl) continue;
        const title = `round ${round + 1}, ${scenario.id}, ${broker.name}`;
        await measure(options, { scenario, broker, title, comparison });
      }
    }
  }
  return comparison;
}

interface Run {
  scenario: Scenario;
  broker: FoundBroker;
  title: string;
  comparison: Comparison;
}

async function measure(
  options: ComparisonOptions,
  { scenario, broker, title, comparison }: Run,
): Promise<void> {
  const { measurements, failures, generatorBound } = comparison;
  try {
    const { line, result } = await runOnce(options, scenario, broker);
    for (const metric of scenario.metrics) {
      const value = metric.read(result);
      if (value !== undefined) measurements.add(metric.id, broker.name, value);
    }
    if (isGeneratorBound(result)) generatorBound.push(title);
    options.report(`${title}: ${line}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    for (const metric of scenario.metrics) {
      measurements.fail(metric.id, broker.name, reason);
    }
    failures.push(`${title}: ${reason}`);
    options.report(`${title}: ${reason}`);
  }
}

interface Output {
  line: string;
  result: ScenarioResult;
}

async function runOnce(
  options: ComparisonOptions,
  scenario: Scenario,
  broker: FoundBroker,
): Promise<Output> {
  const { link = "tcp", isControlled } = scenario;
  if (!scenario.isStored) {
    return await load(
      options,
      scenario,
      await broker.start({ link, isControlled }),
    );
  }
  const storeDirectory = await Deno.makeTempDir({ prefix: "rqtt-bench-" });
  const start = () => broker.start({ link, storeDirectory });
  try {
    const output = await load(options, scenario, await start());
    if (!scenario.isRestarted) return output;
    const result = await runRestart(start);
    return { line: `${output.line}; ${formatRestart(result)}`, result };
  } finally {
    await Deno.remove(storeDirectory, { recursive: true });
  }
}

/** Puts the load of `scenario` on `broker`, and stops it. */
async function load(
  options: ComparisonOptions,
  scenario: Scenario,
  broker: RunningBroker,
): Promise<Output> {
  try {
    return await runLoadProcess([
      "--port",
      String(broker.port),
      "--pid",
      String(broker.processId),
      "--version",
      String(options.version),
      ...linkArgs(scenario, options.credentials),
      ...loadArgs(scenario, options.isQuick),
      "--json",
    ]);
  } finally {
    await broker.stop();
  }
}

function linkArgs(
  { link = "tcp" }: Scenario,
  credentials?: BenchCredentials,
): string[] {
  const args: string[] = [];
  if (link === "ws" || link === "wss") args.push("--ws");
  if (link === "tls" || link === "wss") {
    args.push("--tls", "--ca", credentials?.authorityPath ?? "");
  }
  return args;
}

/** The options of a scenario for bench/load.ts. */
export function loadArgs(scenario: Scenario, isQuick: boolean): string[] {
  return [...scenario.args, ...(isQuick ? scenario.quickArgs : [])];
}

/** A process of its own: each run starts with the same cold generator. */
async function runLoadProcess(args: string[]): Promise<Output> {
  const load = new URL("./load.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", load, ...args],
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(decoder.decode(stderr).trim());
  const lines = decoder.decode(stdout).trim().split("\n");
  return { line: lines[0], result: JSON.parse(lines[lines.length - 1]) };
}
