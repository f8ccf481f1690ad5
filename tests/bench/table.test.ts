import type { Metric } from "../../bench/_scenarios.ts";
import {
  comparisonRows,
  formatRatio,
  Measurements,
  ratio,
  renderTable,
} from "../../bench/_table.ts";
import { assertEquals } from "../_assert.ts";

function makeMetric(id: string, isLowerBetter: boolean): Metric {
  return {
    id,
    title: `title of ${id}`,
    isLowerBetter,
    read: () => undefined,
    format: String,
  };
}

Deno.test("a table is Markdown whose columns line up", () => {
  assertEquals(
    renderTable(["what", "a"], [["1→1", "12345"], ["longer", "1"]]),
    [
      "| what   |     a |",
      "| ------ | ----: |",
      "| 1→1    | 12345 |",
      "| longer |     1 |",
    ].join("\n"),
  );
});

Deno.test("a ratio above one is better, whichever way the metric counts", () => {
  assertEquals(ratio(30, 10, false), 3);
  assertEquals(ratio(10, 30, true), 3);
  assertEquals(ratio(10, undefined, false), undefined);
  assertEquals(ratio(undefined, 10, false), undefined);
  assertEquals(ratio(10, 0, false), undefined);
});

Deno.test("a ratio is shown with the digits that matter", () => {
  assertEquals(formatRatio(138.2), "138×");
  assertEquals(formatRatio(38.24), "38.2×");
  assertEquals(formatRatio(1.44), "1.4×");
  assertEquals(formatRatio(0.042), "0.04×");
});

Deno.test("a row shows medians and how many times mosquitto's they are", () => {
  const measurements = new Measurements();
  for (const value of [300, 200, 900]) measurements.add("x", "rqtt", value);
  measurements.add("x", "mosquitto", 100);
  measurements.fail("x", "aedes", "it ended");
  assertEquals(
    comparisonRows(
      [makeMetric("x", false)],
      ["rqtt", "mosquitto", "aedes", "rumqttd"],
      measurements,
    ),
    [["title of x", "300 (3.0×)", "100", "failed", "–"]],
  );
});

Deno.test("a row without mosquitto has no ratios", () => {
  const measurements = new Measurements();
  measurements.add("x", "rqtt", 5);
  assertEquals(
    comparisonRows([makeMetric("x", true)], ["rqtt"], measurements),
    [["title of x", "5"]],
  );
});
