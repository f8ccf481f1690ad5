import type { PluginConfig } from "../../../src/config/mod.ts";
import { RunningPlugin } from "../../../src/auth/plugin/running_plugin.ts";
import { assertEquals } from "../../_assert.ts";
import { PluginFiles, RecordingPluginObserver } from "./_plugins.ts";

/** A plugin that answers with its question. */
async function echo(files: PluginFiles, config: Partial<PluginConfig> = {}) {
  const observer = new RecordingPluginObserver();
  const host = await files.start(
    `export default {
      authorize: (question) => question === "never" ? new Promise(() => {}) : question,
      onConnect() { throw new Error("no idea"); },
    };`,
    { observer, ...config },
  );
  const plugin = new RunningPlugin(host, "", observer);
  const ask = (question: string) =>
    plugin.ask("authorize", question, (answer) => {
      if (answer !== "allow" && answer !== "deny") throw new Error("malformed");
      return { answer };
    }).catch(({ message }) => message);
  const outcomes = () =>
    [...host.statistics.hooks].map(({ hook, counts, seconds }) => {
      const seen = [...counts].filter(([, count]) => count > 0);
      return [hook, Object.fromEntries(seen), seconds.count];
    });
  return { host, plugin, observer, ask, outcomes };
}

Deno.test("each call is counted by how it ended, and its time if it was asked", async () => {
  await using files = await PluginFiles.create();
  const { host, ask, outcomes } = await echo(files, {
    timeoutMs: 2_000,
    maximumRunning: 1,
    maximumQueued: 1,
  });
  await ask("allow");
  await ask("deny");
  await ask("deny");
  await ask("perhaps");
  // One is under way for too long, and the plugin is ended for it; one waits
  // until then; there is no place for more.
  await Promise.all([ask("never"), ask("never"), ask("allow")]);
  host.stop();
  await ask("allow");
  assertEquals(outcomes(), [
    ["authorize", {
      allow: 1,
      deny: 2,
      error: 1,
      timeout: 1,
      overload: 1,
      unavailable: 2,
    }, 5],
    ["onConnect", {}, 0],
  ]);
});

Deno.test("a notice that fails is counted and told, but not that the plugin does not run", async () => {
  await using files = await PluginFiles.create();
  const { host, plugin, observer, ask, outcomes } = await echo(files);
  const failed = observer.waitFor("failed");
  plugin.tell("onConnect", {});
  plugin.tell("onDisconnect", {});
  await failed;
  host.stop();
  plugin.tell("onConnect", {});
  assertEquals(await ask("allow"), "the plugin does not run");
  assertEquals(observer.lines, ["mine failed: onConnect: no idea"]);
  assertEquals(outcomes()[1], ["onConnect", { error: 1, unavailable: 1 }, 1]);
});
