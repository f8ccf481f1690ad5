/**
 * `deno bench -A bench/broker.bench.ts`: small loads on a whole broker, each a
 * fixed number of messages, so that the time of an iteration is what changes.
 * The broker is the one that RQTT_BENCH_TARGET=host:port names, or RQTT,
 * started for this run. bench/compare.ts measures long enough for numbers to
 * quote; this is for before and after a change.
 */
import { killBrokers } from "./_broker_process.ts";
import { brokerFinders } from "./_brokers.ts";
import { parseLoadOptions } from "./load.ts";
import { runLoad } from "../src/cli/bench/run_load.ts";

const loads: Record<string, string[]> = {
  "100,000 × 100 B, QoS 1 without subscriber, 100 in flight": [
    "--mode",
    "puback",
    "--messages",
    "100000",
  ],
  "200,000 × 64 B, 1→1, QoS 0": ["--messages", "200000"],
  "20,000 × 64 B, 1→10, QoS 0": ["--messages", "20000", "--subscribers", "10"],
  "50,000 × 64 B, 1→1, QoS 1": ["--messages", "50000", "--qos", "1"],
  "50,000 × 64 B, 1→1, QoS 2": ["--messages", "50000", "--qos", "2"],
};

const address = await findTarget();
for (const [name, args] of Object.entries(loads)) {
  Deno.bench({
    name,
    ignore: address === undefined,
    n: 5,
    warmup: 1,
    async fn(bench) {
      const options = parseLoadOptions([...args, ...address!]);
      bench.start();
      await runLoad(options);
      bench.end();
    },
  });
}

async function findTarget(): Promise<string[] | undefined> {
  const target = Deno.env.get("RQTT_BENCH_TARGET");
  if (target !== undefined) {
    const [, host, port] = /^(.*):(\d+)$/.exec(target) ?? [];
    if (port === undefined) {
      throw new Error(
        `Cannot bench: RQTT_BENCH_TARGET is "${target}", must be host:port`,
      );
    }
    return ["--host", host, "--port", port];
  }
  const scratchDirectory = await Deno.makeTempDir({ prefix: "rqtt-bench-" });
  globalThis.addEventListener("unload", () => {
    killBrokers();
    Deno.removeSync(scratchDirectory, { recursive: true });
  });
  const found = await brokerFinders.rqtt({ version: 4, scratchDirectory });
  if ("reason" in found) {
    console.error(`skipped: ${found.reason}`);
    return undefined;
  }
  const { port } = await found.start({ link: "tcp" });
  return ["--port", String(port)];
}
