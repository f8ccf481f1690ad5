/**
 * Runs the same loads against RQTT and the other brokers on this machine and
 * prints one table: `deno run -A bench/compare.ts --help`.
 */
import { parseArgs } from "@std/cli";
import { killBrokers } from "./_broker_process.ts";
import {
  brokerFinders,
  type Find,
  type FoundBroker,
  installAedes,
  type MissingBroker,
} from "./_brokers.ts";
import { compareBrokers } from "./_comparison.ts";
import { type BenchCredentials, makeCredentials } from "./_credentials.ts";
import { renderComparison, renderReport, type Report } from "./_markdown.ts";
import { type Scenario, scenarios } from "./_scenarios.ts";
import { selectNamed } from "./_select.ts";
import { judge } from "./_targets.ts";
import type { ProtocolVersion } from "../src/cli/bench/wire.ts";

const usage = `Compare RQTT with other MQTT brokers

deno run -A bench/compare.ts [options]

  --brokers LIST    of ${Object.keys(brokerFinders).join(",")}
  --scenarios LIST  of ${scenarios.map(({ id }) => id).join(",")}
  --rounds N        rounds; the table shows medians (3)
  --version 4|5     MQTT 3.1.1 or 5.0 (4; aedes speaks no 5.0)
  --quick           one round of short runs
  --out FILE        report (bench/results/TIME.md)
  --assert          judge the bars; fail if one is not met
  --install-aedes   install aedes with npm into a temporary folder first

Brokers are looked for on PATH. RQTT_BIN names a compiled RQTT,
RQTT_BENCH_MOSQUITTO and RQTT_BENCH_RUMQTTD a program, RQTT_BENCH_AEDES the
folder whose node_modules holds aedes. "ceiling" is bench/relay.ts: what two
Deno processes reach with no broker between them. "rqtt-deno" is RQTT with
tls_engine: deno, "rqtt-watched" RQTT while metrics and dashboard are asked for
each second, "rqtt-observed" RQTT with a plugin whose onPublish is told of all
messages. Scenarios over TLS need openssl.
`;

/** The command line, checked. */
interface Options {
  finders: Find[];
  scenarios: Scenario[];
  rounds: number;
  version: ProtocolVersion;
  isQuick: boolean;
  isAsserting: boolean;
  isInstalling: boolean;
  file: string;
}

/** @throws {Error} If an option is unknown or its value is out of range. */
function readOptions(args: string[]): Options {
  const given = parseArgs(args, {
    boolean: ["quick", "assert", "install-aedes"],
    string: ["brokers", "scenarios", "rounds", "version", "out"],
    unknown: (argument: string) => {
      throw new Error(`Cannot read options: unknown ${argument}`);
    },
  });
  const rounds = Number(given.rounds ?? (given.quick ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`Cannot read options: --rounds is ${given.rounds}`);
  }
  return {
    finders: selectNamed(given.brokers, Object.entries(brokerFinders)),
    scenarios: selectNamed(
      given.scenarios,
      scenarios.map((scenario) => [scenario.id, scenario]),
    ),
    rounds,
    version: given.version === "5" ? 5 : 4,
    isQuick: given.quick,
    isAsserting: given.assert,
    isInstalling: given["install-aedes"],
    file: given.out ?? defaultFile(),
  };
}

function defaultFile(): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  const directory = `${import.meta.dirname}/results`;
  Deno.mkdirSync(directory, { recursive: true });
  return `${directory}/${time}.md`;
}

/** Returns the exit code: 1 if a bar was judged and not met. */
async function run(options: Options): Promise<number> {
  if (options.isInstalling) await installAedes();
  const scratchDirectory = await Deno.makeTempDir({ prefix: "rqtt-bench-" });
  Deno.addSignalListener("SIGINT", () => {
    killBrokers();
    Deno.removeSync(scratchDirectory, { recursive: true });
    Deno.exit(130);
  });
  try {
    const { version } = options;
    const credentials = options.scenarios.some(needsTls)
      ? await makeCredentials(scratchDirectory)
      : undefined;
    const candidates = await Promise.all(
      options.finders.map((find) =>
        find({ version, scratchDirectory, credentials })
      ),
    );
    return await compare({ ...options, credentials }, candidates);
  } finally {
    await Deno.remove(scratchDirectory, { recursive: true });
  }
}

function needsTls({ link }: Scenario): boolean {
  return link === "tls" || link === "wss";
}

async function compare(
  options: Options & { credentials?: BenchCredentials },
  candidates: readonly (FoundBroker | MissingBroker)[],
): Promise<number> {
  const missing = candidates.filter((one) => "reason" in one);
  const brokers = candidates.filter((one) => "start" in one);
  for (const { name, reason } of missing) {
    console.log(`skipped ${name}: ${reason}`);
  }
  if (brokers.length === 0) {
    throw new Error("Cannot compare: no broker is left");
  }
  const comparison = await compareBrokers({
    ...options,
    brokers,
    report: console.log,
  });
  const report: Report = { ...options, brokers, missing, comparison };
  const table = renderComparison(report);
  const verdicts = options.isAsserting ? judge(comparison.measurements) : [];
  const verdictLines = verdicts.map(({ line }) => line);
  console.log(["", table, "", ...verdictLines].join("\n"));
  await Deno.writeTextFile(
    options.file,
    await renderReport(report, [table, "", ...verdictLines].join("\n")),
  );
  console.log(`written to ${options.file}`);
  return verdicts.every(({ isMet }) => isMet) ? 0 : 1;
}

if (import.meta.main) {
  if (Deno.args.includes("--help")) {
    console.log(usage);
    Deno.exit(0);
  }
  try {
    Deno.exit(await run(readOptions(Deno.args)));
  } catch (error) {
    killBrokers();
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(2);
  }
}
