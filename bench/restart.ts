/**
 * How long a broker with much to remember takes to start:
 * `deno run -A bench/restart.ts [--sessions N] [--subscriptions N] [--messages N]`
 * builds a store of N sessions with N subscriptions each and N queued messages
 * of 64 bytes, and starts a broker on it three times; RQTT_BIN names a compiled
 * one.
 */
import { parseArgs } from "@std/cli";
import type { ClientSession, StoreOwner } from "../src/broker/mod.ts";
import {
  Delivery,
  MessageSlab,
  NEVER,
  Session,
  SESSION_NEVER_EXPIRES,
} from "../src/session/mod.ts";
import { openStore } from "../src/store/mod.ts";
import { Subscription } from "../src/topics/mod.ts";
import { type Launch, startBroker } from "./_broker_process.ts";
import { readResidentBytes } from "./_process.ts";

const ROUNDS = 3;
const PAYLOAD_BYTES = 64;

interface Size {
  readonly sessions: number;
  /** Of each session. */
  readonly subscriptions: number;
  readonly messages: number;
}

/** Builds a store at `path` by telling it what a broker would. */
async function build(path: string, size: Size): Promise<void> {
  const store = await openStore({
    path,
    durability: "commit",
    relaxedIntervalMs: 1,
  });
  const owner: StoreOwner = {
    clock: { nowMs: Date.now, setAlarm() {} },
    restoreSession() {},
    restoreRetained() {},
    proceed(waiting) {
      for (const each of waiting) each.proceed();
    },
  };
  await store.load(owner);
  const sessions: ClientSession[] = [];
  for (let i = 0; i < size.sessions; i++) {
    const session: ClientSession = new Session(`device-${i}`);
    session.expiryIntervalSeconds = SESSION_NEVER_EXPIRES;
    store.sessionChanged(session);
    for (let k = 0; k < size.subscriptions; k++) {
      const filter = `site/${i % 100}/device-${i}/${k}/+`;
      const subscription = new Subscription(session, filter, { qos: 1 });
      session.subscriptions.set(filter, subscription);
      store.subscriptionAdded(filter, subscription, null);
    }
    sessions.push(session);
  }
  const slab = new MessageSlab();
  const encoder = new TextEncoder();
  for (let i = 0; i < size.messages; i++) {
    const session = sessions[i % sessions.length];
    const topicName = `site/${i % 100}/${session.clientIdentifier}/0/x`;
    const topicBytes = encoder.encode(topicName);
    const message = slab.copy({
      topicBytes,
      topicStart: 0,
      topicEnd: topicBytes.length,
      propertiesBytes: topicBytes,
      propertiesStart: 0,
      propertiesEnd: 0,
      payloadBytes: new Uint8Array(PAYLOAD_BYTES),
      payloadStart: 0,
      payloadEnd: PAYLOAD_BYTES,
    }, { topicName, qos: 1, isRetained: false, expiresAtMs: NEVER });
    store.deliveryAdded(session, new Delivery(message, 1, false, []));
  }
  await store.close();
}

/** Starts a broker with the configuration `file`; returns a line of what it took. */
async function measure(file: string): Promise<string> {
  const startMs = performance.now();
  const broker = await startBroker((port) =>
    Promise.resolve(launch(port, file))
  );
  const elapsedMs = performance.now() - startMs;
  const residentMb = await readResidentBytes(broker.processId) / 1e6;
  await broker.stop();
  return `${(elapsedMs / 1000).toFixed(2)} s until it accepts, ` +
    `${residentMb.toFixed(0)} MB`;
}

function launch(port: number, file: string): Launch {
  const binary = Deno.env.get("RQTT_BIN");
  const main = new URL("../main.ts", import.meta.url).href;
  const [command, ...args] = binary === undefined
    ? [Deno.execPath(), "run", "-A", main]
    : [binary];
  return { command, args: [...args, "--port", `${port}`, "--config", file] };
}

function readSize(): Size {
  const given = parseArgs(Deno.args, {
    string: ["sessions", "subscriptions", "messages"],
  });
  return {
    sessions: Number(given.sessions ?? 100_000),
    subscriptions: Number(given.subscriptions ?? 5),
    messages: Number(given.messages ?? 100_000),
  };
}

const size = readSize();
const folder = await Deno.makeTempDir({ prefix: "rqtt-restart-" });
try {
  const path = `${folder}/store.db`;
  const startMs = performance.now();
  await build(path, size);
  console.log(
    `${size.sessions} sessions of ${size.subscriptions} subscriptions, ` +
      `${size.messages} queued messages: ` +
      `${(Deno.statSync(path).size / 1e6).toFixed(1)} MB, built in ` +
      `${((performance.now() - startMs) / 1000).toFixed(1)} s`,
  );
  const [empty, full] = [`${folder}/empty.yaml`, `${folder}/full.yaml`];
  const log = "log: { level: error }\n";
  await Deno.writeTextFile(empty, log);
  await Deno.writeTextFile(full, `${log}persistence: { path: ${path} }\n`);
  console.log(`without a store: ${await measure(empty)}`);
  for (let round = 1; round <= ROUNDS; round++) {
    console.log(`restart ${round}: ${await measure(full)}`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
