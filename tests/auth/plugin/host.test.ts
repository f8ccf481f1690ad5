import { assertEquals, assertRejects } from "../../_assert.ts";
import { PluginFiles, RecordingPluginObserver } from "./_plugins.ts";

Deno.test("a plugin is asked with its question and its options", async () => {
  await using files = await PluginFiles.create();
  const host = await files.start(
    `import { definePlugin } from "@rqtt/rqtt/plugin";
    export default definePlugin({
      setup({ name, log }) { log("info", "I am " + name); },
      authenticate: ({ userName }, { options }) =>
        userName === options.friend ? "allow" : "pass",
    });`,
    { options: { friend: "alice" } },
  );
  assertEquals(host.has("authenticate"), true);
  assertEquals(host.has("authorize"), false);
  const answers = ["alice", "bob"].map((userName) =>
    host.ask("authenticate", { userName })
  );
  assertEquals(await Promise.all(answers), ["allow", "pass"]);
});

Deno.test("a plugin may be a plain object in a file that imports nothing", async () => {
  await using files = await PluginFiles.create();
  const host = await files.start(
    `export default { authorize: async () => "deny" };`,
  );
  assertEquals(await host.ask("authorize", {}), "deny");
});

Deno.test("what a hook throws rejects its question and no other", async () => {
  await using files = await PluginFiles.create();
  const host = await files.start(`export default { authorize({ topic }) {
    if (topic === "a") throw new Error("no a");
    return "allow";
  } };`);
  const bad = host.ask("authorize", { topic: "a" });
  const good = host.ask("authorize", { topic: "b" });
  const { message } = await assertRejects(() => bad, Error);
  assertEquals([message, await good], ["no a", "allow"]);
});

Deno.test("a plugin that cannot be loaded or set up does not start", async () => {
  await using files = await PluginFiles.create();
  const texts: [string, string][] = [
    ["export default 5;", "the default export is not a plugin, but 5"],
    ["export default {};", "there is none of the hooks"],
    ["export default { authorize: 5 };", "authorize is not a function"],
    [
      "export default { authorize() {}, setup() { throw new Error('x') } };",
      "x",
    ],
    ["throw new Error('at once');", "at once"],
    ["this is no JavaScript", "Expected"],
  ];
  for (const [text, cause] of texts) {
    const { message } = await assertRejects(() => files.start(text), Error);
    assertEquals(message.includes(cause), true, message);
  }
});

Deno.test("a plugin that loops for ever is ended and started again", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  const host = await files.start(
    `export default { authorize({ topic }) { while (topic === "loop"); return "allow"; } };`,
    {
      observer,
      timeoutMs: 10,
      times: { pongTimeoutMs: 10, firstRestartMs: 1 },
    },
  );
  const restarted = observer.waitFor("restarted");
  await assertRejects(() => host.ask("authorize", { topic: "loop" }), Error);
  await restarted;
  assertEquals(observer.lines, [
    "mine ended (1): it does nothing any more",
    "mine restarted",
  ]);
  assertEquals(host.state, {
    isRunning: true,
    hooks: ["authorize"],
    restartCount: 1,
    lastFailure: "it does nothing any more",
    runningCount: 0,
    waitingCount: 0,
    messages: null,
  });
});
