/**
 * Whether logins keep other clients waiting: the latency of messages while
 * 10,000 clients log in with passwords, as a ratio to that of an idle broker.
 *
 * `deno run -A bench/logins.ts [--logins N] [--kind KIND] [--assert]`: `KIND`
 * is what `rqtt passwd -H` takes, and `--assert` fails above the bar. This
 * needs a machine that does nothing else, and measures that it is idle before
 * and after.
 */
import { parseArgs } from "../src/cli/_parse_args.ts";
import {
  PASSWORD_KINDS,
  type PasswordKind,
  storePassword,
} from "../src/auth/passwd.ts";
import { startBroker } from "./_broker_process.ts";

/** The p99 of messages may be so many times that of an idle broker. */
const MAXIMUM_RATIO = 3;
/** Long enough for a p99, slow enough to leave the machine to the logins. */
const LATENCY = ["--mode", "latency", "--rate", "500", "--warmup", "2"];
const USER = "bench";
const PASSWORD = "correct horse battery staple";

async function load(port: number, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("./load.ts", import.meta.url).href,
      "--port",
      String(port),
      "--username",
      USER,
      "--password",
      PASSWORD,
      "--json",
      ...args,
    ],
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr).trim());
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return JSON.parse(lines[lines.length - 1]);
}

async function measure(
  directory: string,
  { logins, kind }: { logins: string; kind: string },
): Promise<number> {
  const hash = await storePassword(PASSWORD, {
    kind: kind as PasswordKind,
    iterations: undefined,
  });
  await Deno.writeTextFile(`${directory}/users`, `${USER}:${hash}\n`);
  const broker = await startBroker(async (port) => {
    const file = `${directory}/rqtt.yaml`;
    await Deno.writeTextFile(
      file,
      `listeners:
  - address: 127.0.0.1:${port}
auth:
  password_file: ${directory}/users
limits:
  max_connection_rate: none
log:
  level: error
`,
    );
    const main = new URL("../main.ts", import.meta.url).href;
    const args = ["run", "-A", "--no-prompt", main, "--config", file];
    return { command: Deno.execPath(), args };
  });
  try {
    const p99 = async (seconds: string): Promise<number> =>
      (await load(broker.port, [...LATENCY, "--seconds", seconds])).latencyMs
        .p99;
    const before = await p99("10");
    const storm = load(broker.port, [
      "--mode",
      "storm",
      "--connections",
      logins,
      "--timeout",
      "300",
    ]);
    // The logins last longer: what is measured are logins all the time.
    const busy = await p99("15");
    const { perSecond } = await storm;
    const after = await p99("10");
    const ratio = busy / ((before + after) / 2);
    console.log(
      `p99 ${before.toFixed(2)} ms and ${after.toFixed(2)} ms idle, ` +
        `${busy.toFixed(2)} ms while ${logins} clients log in ` +
        `(${perSecond.toFixed(0)}/s): ${ratio.toFixed(2)}×, at most ` +
        `${MAXIMUM_RATIO}×`,
    );
    return ratio;
  } finally {
    await broker.stop();
  }
}

if (import.meta.main) {
  const options = parseArgs(Deno.args, {
    string: ["logins", "kind"],
    boolean: ["assert"],
    alias: {},
    unknown: (option) => {
      throw new Error(`Unknown option ${option}`);
    },
  });
  const logins = String(options.logins ?? 10_000);
  const kind = String(options.kind ?? PASSWORD_KINDS[0]);
  const directory = await Deno.makeTempDir({ prefix: "rqtt-logins-" });
  try {
    const ratio = await measure(directory, { logins, kind });
    if (options.assert && ratio > MAXIMUM_RATIO) {
      Deno.exitCode = 1;
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
