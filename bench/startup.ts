/**
 * How long the program takes from its start until it accepts connections:
 * `deno run -A bench/startup.ts [--rounds N] [--assert]`. RQTT_BIN names the
 * executable, else it is `main.ts`. With `--assert` the exit code is 1 if a
 * median is over what the project promises.
 */
import { parseArgs } from "@std/cli";
import { percentile } from "../src/cli/bench/statistics.ts";

/** What the executable may take, in milliseconds. */
const PROMISED_MEDIAN_MS = 150;

const LISTENING = /listening on (\S+):(\d+)/;

/** What a start has to do beside listening. */
interface Case {
  readonly name: string;
  readonly yaml: string;
}

/** Every case listens on a port that the system chooses. */
function cases(directory: string): Case[] {
  const listeners = "listeners: [{ address: 127.0.0.1:0 }]\n";
  return [
    { name: "no file", yaml: "" },
    { name: "a file", yaml: listeners },
    {
      name: "a file and a store",
      yaml: `${listeners}persistence: { path: ${directory}/store.db }\n`,
    },
  ];
}

function program(): string[] {
  const binary = Deno.env.get("RQTT_BIN");
  const main = new URL("../main.ts", import.meta.url).href;
  return binary ? [binary] : [Deno.execPath(), "run", "-A", main];
}

/** Without what would configure the program. */
function inheritedEnvironment(): Record<string, string> {
  const variables = Object.entries(Deno.env.toObject());
  return Object.fromEntries(
    variables.filter(([name]) => !name.startsWith("RQTT_")),
  );
}

/** Starts it once; returns the milliseconds until a connection is there. */
async function measure(args: readonly string[]): Promise<number> {
  const [command, ...before] = program();
  const startMs = performance.now();
  const process = new Deno.Command(command, {
    args: [...before, ...args],
    clearEnv: true,
    env: inheritedEnvironment(),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = process.stderr.pipeThrough(new TextDecoderStream())
    .getReader();
  let log = "";
  for (;;) {
    const match = LISTENING.exec(log);
    if (match !== null) {
      const connection = await Deno.connect({
        hostname: match[1],
        port: Number(match[2]),
      });
      const elapsedMs = performance.now() - startMs;
      connection.close();
      process.kill("SIGTERM");
      while (!(await lines.read()).done);
      await process.status;
      return elapsedMs;
    }
    const { value, done } = await lines.read();
    if (done) throw new Error(`Cannot start ${command}: it says "${log}"`);
    log += value;
  }
}

async function measureCase(
  { yaml }: Case,
  { directory, rounds }: { directory: string; rounds: number },
): Promise<Float64Array> {
  const args = ["--port", "0"];
  if (yaml !== "") {
    const file = `${directory}/rqtt.yaml`;
    await Deno.writeTextFile(file, yaml);
    args.push("--config", file);
  }
  // The first start pays for a cold disk.
  await measure(args);
  const times = new Float64Array(rounds);
  for (let round = 0; round < rounds; round++) {
    times[round] = await measure(args);
  }
  return times.sort();
}

const options = parseArgs(Deno.args, {
  string: ["rounds"],
  boolean: ["assert"],
});
const rounds = Number(options.rounds ?? 20);
const directory = await Deno.makeTempDir({ prefix: "rqtt-startup-" });
let isKept = true;
try {
  console.log(`${program().join(" ")}, ${rounds} starts each, milliseconds:`);
  for (const each of cases(directory)) {
    const times = await measureCase(each, { directory, rounds });
    const [least, middle, most] = [0, 0.5, 0.95].map((fraction) =>
      percentile(times, fraction).toFixed(0)
    );
    console.log(`${each.name}: median ${middle}, ${least} to ${most} (p95)`);
    if (percentile(times, 0.5) > PROMISED_MEDIAN_MS) isKept = false;
  }
} finally {
  await Deno.remove(directory, { recursive: true });
}
if (options.assert && !isKept) {
  console.error(`A median is over ${PROMISED_MEDIAN_MS} ms`);
  Deno.exit(1);
}
