import { PLUGIN, RecordingPluginObserver } from "../auth/plugin/_plugins.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { RawClient } from "../conformance/_raw_client.ts";
import { outputOf } from "../interop/_child.ts";
import { defineTest } from "../interop/_harness.ts";
import { type Given, withServer } from "./_server.ts";

/** Lets in who shows a user name, allows topic "a", and fails with "b". */
const MODULE = `
export default {
  authenticate: ({ userName }) => userName === null ? "deny" : "allow",
  authorize({ topic }) {
    if (topic === "b") throw new Error("no idea");
    return topic === "a" ? "allow" : "deny";
  },
  onConnect() {},
  onPublish({ payload }, { log }) {
    if (payload.length === 0) throw new Error("empty");
    log("info", "taken");
  },
};`;

/** Runs `use` with a server whose plugin has been asked all kinds of things. */
async function withAskedPlugin(
  use: (given: Given) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const module = `${directory}/mine.js`;
  await Deno.writeTextFile(module, MODULE);
  const permissions = { ...PLUGIN.permissions, messages: ["a"] };
  const { auth } = defaultConfig();
  const pluginObserver = new RecordingPluginObserver();
  await withServer(async (given) => {
    const address = { hostname: "127.0.0.1", port: given.mqttPort };
    const stranger = await RawClient.open(address, 5);
    await stranger.sendConnect({ clientIdentifier: "s" });
    await stranger.expectRefused(0x86, 0x87);
    const client = await RawClient.open(address, 5);
    await client.connect({ clientIdentifier: "c", userName: "u" });
    const missed = pluginObserver.waitFor("missed");
    for (const topic of ["a", "b", "c"]) {
      await client.deliver({ topic, payload: "x", qos: 1 });
    }
    await client.deliver({ topic: "a", payload: "", qos: 1 });
    // It is told of in the message that also says what was taken.
    await missed;
    await use(given);
    client.close();
    stranger.close();
  }, {
    pluginObserver,
    config: {
      auth: { ...auth, allowAnonymous: false },
      plugins: [{ ...PLUGIN, module, permissions, actions: ["publish"] }],
    },
  });
  await Deno.remove(directory, { recursive: true });
}

async function readMetrics({ request }: Given): Promise<string[]> {
  const text = await (await request("/metrics")).text();
  return text.split("\n").filter((line) => line.startsWith("rqtt_plugin_"));
}

Deno.test("metrics tell what plugins were asked and what came of it", async () => {
  await withAskedPlugin(async (given) => {
    const lines = await readMetrics(given);
    const plugin = 'plugin="mine"';
    for (
      const line of [
        `rqtt_plugin_running{${plugin}} 1`,
        `rqtt_plugin_restarts_total{${plugin}} 0`,
        `rqtt_plugin_calls_total{${plugin},hook="authenticate",outcome="allow"} 1`,
        `rqtt_plugin_calls_total{${plugin},hook="authenticate",outcome="deny"} 1`,
        `rqtt_plugin_calls_total{${plugin},hook="authorize",outcome="allow"} 1`,
        `rqtt_plugin_calls_total{${plugin},hook="authorize",outcome="deny"} 1`,
        `rqtt_plugin_calls_total{${plugin},hook="authorize",outcome="error"} 1`,
        `rqtt_plugin_calls_total{${plugin},hook="authorize",outcome="timeout"} 0`,
        `rqtt_plugin_calls_total{${plugin},hook="onConnect",outcome="done"} 1`,
        `rqtt_plugin_call_seconds_bucket{${plugin},hook="authorize",le="+Inf"} 3`,
        `rqtt_plugin_call_seconds_count{${plugin},hook="authorize"} 3`,
        `rqtt_plugin_questions{${plugin},state="waiting"} 0`,
        `rqtt_plugin_messages_total{${plugin},result="taken"} 1`,
        `rqtt_plugin_messages_total{${plugin},result="failed"} 1`,
        `rqtt_plugin_messages_total{${plugin},result="dropped"} 0`,
        `rqtt_plugin_waiting_messages{${plugin}} 0`,
        `rqtt_plugin_waiting_bytes{${plugin}} 0`,
      ]
    ) assert(lines.includes(line), `${line} is not in\n${lines.join("\n")}`);
  });
});

Deno.test("the API tells the same of plugins as the metrics", async () => {
  await withAskedPlugin(async (given) => {
    const { items } = await (await given.request("/api/v1/plugins")).json();
    const [{ calls, messages }] = items;
    assertEquals(Object.keys(calls), [
      "authenticate",
      "authorize",
      "onConnect",
    ]);
    const { allow, deny, error, timeout } = calls.authorize.outcomes;
    assertEquals([allow, deny, error, timeout], [1, 1, 1, 0]);
    assert(calls.authorize.p99_seconds >= calls.authorize.p50_seconds);
    const { taken, failed, waiting } = messages;
    assertEquals([taken, failed, waiting], [1, 1, 0]);
  });
});

defineTest({
  name: "promtool finds nothing to say against the metrics of plugins",
  needs: [{
    whyMissing: outputOf("promtool", ["--version"]) === null
      ? "promtool is not installed"
      : null,
  }],
  async run() {
    await withAskedPlugin(async (given) => {
      const text = await (await given.request("/metrics")).text();
      const process = new Deno.Command("promtool", {
        args: ["check", "metrics"],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = process.stdin.getWriter();
      await writer.write(new TextEncoder().encode(text));
      await writer.close();
      const { code, stdout, stderr } = await process.output();
      const decoder = new TextDecoder();
      assertEquals(decoder.decode(stdout) + decoder.decode(stderr), "");
      assertEquals(code, 0);
    });
  },
});
