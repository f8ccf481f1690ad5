import type { PluginHost, PluginTimes } from "../../../src/auth/plugin/mod.ts";
import type { PluginConfig } from "../../../src/config/mod.ts";
import { assertEquals } from "../../_assert.ts";
import { TestBroker } from "../../broker/_harness.ts";
import { PLUGIN, PluginFiles, RecordingPluginObserver } from "./_plugins.ts";

/** A Worker on a busy machine may take long to show that it still runs. */
const TIMES = { pongTimeoutMs: 30_000, firstRestartMs: 1 };

/** Does what the payload says, and logs it. */
const PUPPET = `
let release;
export default {
  authorize() { release(); return "allow"; },
  onPublish({ payload }, { log }) {
    const text = new TextDecoder().decode(payload);
    if (text === "loop") for (;;);
    if (text === "throw") throw new Error("no idea");
    if (text === "reject") return Promise.reject(new Error("later"));
    if (text === "hang") return new Promise(() => {});
    if (text === "crash") setTimeout(() => { throw new Error("boom"); });
    if (text.startsWith("lie")) {
      const [count, failed] = text.split(" ").slice(1).map(Number);
      postMessage({ type: "taken", count, failed, late: 0, cause: null });
    }
    log("info", text);
    if (text === "wait") return new Promise((resolve) => release = resolve);
  },
};`;

/** A broker in memory whose messages a plugin in a Worker is told of. */
async function observed(
  files: PluginFiles,
  { times = TIMES, ...config }:
    & Partial<PluginConfig>
    & { times?: Partial<PluginTimes> },
) {
  const observer = new RecordingPluginObserver();
  const host = await files.start(PUPPET, {
    observer,
    times,
    permissions: { ...PLUGIN.permissions, messages: ["#"] },
    ...config,
  });
  const test = new TestBroker();
  test.broker.observeMessages({ audienceOf: () => host.feed });
  const client = test.connect("c");
  const publish = (...texts: string[]) =>
    client.send(...texts.map((text) => client.publication("t", text)));
  return { host, test, observer, client, publish };
}

function counts({ state }: PluginHost) {
  const { taken, failed, late, dropped, waiting } = state.messages!;
  return { taken, failed, late, dropped, waiting };
}

Deno.test("a message for which onPublish throws or rejects is left behind, the next ones are not", async () => {
  await using files = await PluginFiles.create();
  const { host, observer, publish } = await observed(files, {});
  const missed = observer.waitFor("missed");
  publish("throw", "a", "reject", "b");
  await missed;
  assertEquals(observer.lines, [
    "mine info: a",
    "mine info: b",
    "mine missed 0 dropped, 2 failed, 0 late: later",
  ]);
  assertEquals(counts(host), {
    taken: 2,
    failed: 2,
    late: 0,
    dropped: 0,
    waiting: 0,
  });
});

Deno.test("one message is taken after the other, whatever has come meanwhile", async () => {
  await using files = await PluginFiles.create();
  const { host, observer, publish } = await observed(files, {});
  const waits = observer.waitFor("info: wait");
  publish("wait", "a");
  await waits;
  const last = observer.waitFor("info: c");
  publish("b", "c");
  assertEquals(counts(host).waiting, 4);
  assertEquals(await host.ask("authorize", {}), "allow");
  await last;
  assertEquals(observer.lines, [
    "mine info: wait",
    "mine info: a",
    "mine info: b",
    "mine info: c",
  ]);
});

Deno.test("a message that onPublish is not done with in time is left behind", async () => {
  await using files = await PluginFiles.create();
  const { host, observer, publish } = await observed(files, { timeoutMs: 50 });
  const missed = observer.waitFor("missed");
  publish("hang", "a");
  await missed;
  assertEquals(observer.lines, [
    "mine info: a",
    "mine missed 0 dropped, 0 failed, 1 late: " +
    "it did not take a message within 50 ms",
  ]);
  assertEquals(counts(host).taken, 1);
});

Deno.test("a plugin with too many calls that are late is started again", async () => {
  await using files = await PluginFiles.create();
  const { observer, publish } = await observed(files, {
    timeoutMs: 10,
    maximumRunning: 2,
  });
  const restarted = observer.waitFor("restarted");
  publish("hang", "hang", "a");
  await restarted;
  const ended = observer.lines.find((line) => line.includes("ended"));
  assertEquals(
    ended,
    "mine ended (1): too many calls of onPublish are late",
  );
});

Deno.test("a plugin that hangs in onPublish is started again, and goes on with what has gathered", async () => {
  await using files = await PluginFiles.create();
  const { host, observer, publish, client } = await observed(files, {
    timeoutMs: 1_000,
    times: { ...TIMES, pongTimeoutMs: 1_000 },
  });
  const ended = observer.waitFor("ended");
  publish("loop", "lost");
  await ended;
  // The broker does not wait for it.
  const after = observer.waitFor("info: after");
  publish("after");
  assertEquals(client.isClosed, false);
  await after;
  assertEquals(observer.lines.slice(0, 3), [
    "mine missed 2 dropped, 0 failed, 0 late: null",
    "mine ended (1): it does nothing any more",
    "mine restarted",
  ]);
  assertEquals([counts(host).dropped, host.state.restartCount], [2, 1]);
});

Deno.test("a plugin that crashes in onPublish is started again, later each time", async () => {
  await using files = await PluginFiles.create();
  const { host, observer, publish } = await observed(files, {});
  for (const delayMs of [1, 2, 4]) {
    const ended = observer.waitFor(`ended (${delayMs})`);
    const restarted = observer.waitFor("restarted");
    publish("crash");
    await ended;
    await restarted;
  }
  const after = observer.waitFor("info: after");
  publish("after");
  await after;
  assertEquals(host.state.lastFailure?.includes("boom"), true);
});

Deno.test("a plugin that claims messages which it was not given is started again", async () => {
  await using files = await PluginFiles.create();
  const { observer, publish } = await observed(files, {});
  for (const lie of ["lie 9 0", "lie 0 0", "lie 1 2"]) {
    const ended = observer.waitFor("it took messages that it was not given");
    const restarted = observer.waitFor("restarted");
    publish(lie);
    await ended;
    await restarted;
  }
});

Deno.test("over the bound of messages a plugin misses the rest, and subscribers get them", async () => {
  await using files = await PluginFiles.create();
  const { host, test, observer, publish } = await observed(files, {
    maximumWaitingMessages: 3,
  });
  const receiver = test.connect("r");
  receiver.subscribe("t");
  const texts = Array.from({ length: 10 }, (_, index) => `m${index}`);
  const last = observer.waitFor("info: m2");
  publish(...texts);
  assertEquals(receiver.payloads(), texts);
  assertEquals(counts(host), {
    taken: 0,
    failed: 0,
    late: 0,
    dropped: 7,
    waiting: 3,
  });
  await last;
  assertEquals(observer.lines, [
    "mine missed 7 dropped, 0 failed, 0 late: null",
    "mine info: m0",
    "mine info: m1",
    "mine info: m2",
  ]);
});

Deno.test("over the bound of bytes a plugin misses the rest", async () => {
  await using files = await PluginFiles.create();
  const { host, publish } = await observed(files, {
    maximumWaitingBytes: 1_024,
  });
  const text = "x".repeat(300);
  publish(text, text, text, text);
  publish("y".repeat(2_000));
  const { dropped, waiting, waitingBytes } = host.state.messages!;
  assertEquals([dropped, waiting, waitingBytes <= 1_024], [2, 3, true]);
});
