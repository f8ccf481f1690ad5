import { defaultConfig } from "../src/config/mod.ts";
import { selectReloadable } from "../src/reload.ts";
import { assertEquals } from "./_assert.ts";

Deno.test("The level of the log changes with a reload, its format and traces with a restart", () => {
  const current = defaultConfig();
  const { config, kept } = selectReloadable(current, {
    ...current,
    log: { level: "debug", format: "json" },
    tracing: { ...current.tracing, isEnabled: true },
  });
  assertEquals(kept, ["tracing", "log.format"]);
  assertEquals(config.log, { level: "debug", format: "auto" });
  assertEquals(config.tracing, current.tracing);
});
