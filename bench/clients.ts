/**
 * The client of this repository beside MQTT.js, each through RQTT in a process
 * of its own: `deno run -A bench/clients.ts [--seconds N]`.
 *
 * One publisher, one subscriber, one topic, 64 bytes of payload, MQTT 5.0; both
 * in this process, so it is its one thread that sets the numbers. There are
 * 1,000 messages under way, as many as the broker takes: each that has arrived
 * and is acknowledged has the next one published.
 */
import { parseArgs } from "@std/cli";
import { inFlightLimit, rqttConfig } from "./_broker_configs.ts";
import { findFreePort, startBroker } from "./_broker_process.ts";
import { type ClientLibrary, mqttJs, rqttClient } from "./_client_libraries.ts";
import { describeMachine } from "./_machine.ts";
import { median } from "../src/cli/bench/statistics.ts";

const ROUNDS = 3;
const WARMUP_MS = 500;
const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** What one cell of the table stands for. */
interface Load {
  readonly scheme: "mqtt" | "ws";
  readonly qos: 0 | 1 | 2;
}

const loads: readonly Load[] = [
  { scheme: "mqtt", qos: 0 },
  { scheme: "mqtt", qos: 1 },
  { scheme: "mqtt", qos: 2 },
  { scheme: "ws", qos: 0 },
  { scheme: "ws", qos: 1 },
  { scheme: "ws", qos: 2 },
];

/** Messages a second that arrive. */
async function measure(
  library: ClientLibrary,
  url: string,
  { qos, seconds }: { readonly qos: 0 | 1 | 2; readonly seconds: number },
): Promise<number> {
  const payload = new Uint8Array(64).fill(0x2a);
  const waiting: (() => void)[] = [];
  let receivedCount = 0;
  let isRunning = true;
  /** Messages that have arrived and have not had the next one published. */
  let readyCount = 0;
  const pair = await library.open(url, qos, () => {
    receivedCount++;
    const resolve = waiting.pop();
    if (resolve === undefined) readyCount++;
    else resolve();
  });
  const publishing = Array.from({ length: inFlightLimit }, async () => {
    while (isRunning) {
      await pair.publish("bench/topic", payload);
      if (readyCount > 0) readyCount--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    }
  });
  await sleep(WARMUP_MS);
  const startCount = receivedCount;
  const startMs = performance.now();
  await sleep(seconds * 1000);
  const rate = (receivedCount - startCount) * 1000 /
    (performance.now() - startMs);
  isRunning = false;
  await Promise.all(publishing);
  await pair.close();
  return rate;
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

async function main(): Promise<void> {
  const seconds = Number(
    parseArgs(Deno.args, { string: ["seconds"] }).seconds ?? 2,
  );
  const directory = await Deno.makeTempDir({ prefix: "rqtt-bench-" });
  const webSocketPort = findFreePort();
  const broker = await startBroker(async (port) => {
    const path = `${directory}/rqtt.yaml`;
    const config = rqttConfig({ port, version: 5 }).replace(
      "limits:",
      `  - type: ws\n    address: 127.0.0.1:${webSocketPort}\nlimits:`,
    );
    await Deno.writeTextFile(path, config);
    return {
      command: Deno.execPath(),
      args: ["run", "-A", MAIN, "--config", path],
    };
  });
  try {
    console.log(
      "| transport | QoS | RQTT client, msg/s | MQTT.js, msg/s | ratio |",
    );
    console.log("| --- | --- | --- | --- | --- |");
    for (const { scheme, qos } of loads) {
      const port = scheme === "mqtt" ? broker.port : webSocketPort;
      const url = `${scheme}://127.0.0.1:${port}${
        scheme === "ws" ? "/mqtt" : ""
      }`;
      const rates = { own: [] as number[], other: [] as number[] };
      for (let round = 0; round < ROUNDS; round++) {
        rates.own.push(await measure(rqttClient, url, { qos, seconds }));
        rates.other.push(await measure(mqttJs, url, { qos, seconds }));
      }
      const own = median(rates.own);
      const other = median(rates.other);
      console.log(
        `| ${scheme} | ${qos} | ${own.toFixed(0)} | ${other.toFixed(0)} | ${
          (own / other).toFixed(1)
        } |`,
      );
    }
    console.log((await describeMachine("bench/clients.ts")).join("\n"));
  } finally {
    await broker.stop();
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) await main();
