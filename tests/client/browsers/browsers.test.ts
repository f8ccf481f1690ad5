import { assertEquals, assertMatch } from "../../_assert.ts";
import { defineTest } from "../../interop/_harness.ts";
import { RQTT } from "../interop/_targets.ts";
import { CHECKS } from "./_checks.ts";
import { ENGINES } from "./_engines.ts";
import { type EngineReport, formatReports } from "./_report.ts";

const RUN = new URL("run.ts", import.meta.url).href;

for (const engine of ENGINES) {
  defineTest({
    name: `${engine.name}: the bundle passes every check over ws and wss`,
    needs: [engine, RQTT],
    async run() {
      // In a process of its own: browsers leave sockets and timers behind.
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", RUN, "--json", "--engine", engine.name],
      }).output();
      const decoder = new TextDecoder();
      const output = decoder.decode(stdout);
      assertMatch(output, /^\[.*\]\n$/, decoder.decode(stderr));
      const [report]: EngineReport[] = JSON.parse(output);
      assertEquals(report.skipped, null);
      assertEquals(
        report.checks.map(({ scheme, check, failure }) => [
          scheme,
          check,
          failure,
        ]),
        ["ws", "wss"].flatMap((scheme) =>
          CHECKS.map(({ name }) => [scheme, name, null])
        ),
      );
    },
  });
}

Deno.test("the table names what failed, and a browser that is missing as skipped", () => {
  const table = formatReports([
    {
      engine: "Here",
      version: "1.0",
      skipped: null,
      checks: [
        { scheme: "ws", check: "one", failure: null, detail: "" },
        { scheme: "wss", check: "one", failure: "why", detail: "" },
        { scheme: "ws", check: "two", failure: null, detail: "5 k/s" },
      ],
    },
    { engine: "Gone", version: "", skipped: "it is not here", checks: [] },
  ]);
  assertEquals(table.split("\n"), [
    "| check | Here 1.0 | Gone |",
    "| --- | --- | --- |",
    "| one | ws passed, wss FAILED | skipped |",
    "| two | ws 5 k/s | skipped |",
    "",
    "Here, wss: one: why",
    "",
    "Gone skipped: it is not here",
  ]);
});
