import type { FoundBroker, MissingBroker } from "./_brokers.ts";
import { type Comparison, loadArgs } from "./_comparison.ts";
import { describeMachine } from "./_machine.ts";
import type { Metric, Scenario } from "./_scenarios.ts";
import {
  comparisonRows,
  formatRatio,
  type Measurements,
  ratio,
  renderTable,
} from "./_table.ts";
import type { ProtocolVersion } from "../src/cli/bench/wire.ts";

/** Everything a report tells. */
export interface Report {
  brokers: readonly FoundBroker[];
  missing: readonly MissingBroker[];
  scenarios: readonly Scenario[];
  rounds: number;
  version: ProtocolVersion;
  isQuick: boolean;
  comparison: Comparison;
}

/**
 * The table of medians with their ratios to mosquitto's and, in the last
 * column, RQTT's to the ceiling's.
 */
export function renderComparison(report: Report): string {
  const names = report.brokers.map(({ name }) => name);
  const metrics = report.scenarios.flatMap((scenario) => scenario.metrics);
  const { measurements } = report.comparison;
  const rows = comparisonRows(metrics, names, measurements);
  return renderTable(
    ["median (times better than mosquitto)", ...names, "rqtt to ceiling"],
    rows.map((row, index) => [
      ...row,
      ceilingCell(metrics[index], measurements),
    ]),
  );
}

function ceilingCell(metric: Metric, measurements: Measurements): string {
  const value = measurements.medianOf(metric.id, "rqtt");
  const ceiling = measurements.medianOf(metric.id, "ceiling");
  const times = ratio(value, ceiling, metric.isLowerBetter);
  return times === undefined ? "–" : formatRatio(times);
}

/** The whole report in Markdown; `summary` is its table and what it means. */
export async function renderReport(
  report: Report,
  summary: string,
): Promise<string> {
  const mqtt = report.version === 5 ? "MQTT 5.0" : "MQTT 3.1.1";
  const { failures, generatorBound } = report.comparison;
  const sections = [
    "# RQTT and other brokers",
    `${new Date().toISOString()}, ${mqtt}, ${report.rounds} interleaved ` +
    `round(s)${report.isQuick ? " of short runs" : ""}, a fresh broker for ` +
    "each run.",
    (await describeMachine()).join("\n"),
    summary,
    "## Brokers",
    ...report.brokers.map(describeBroker),
    ...report.missing.map(({ name, reason }) => `${name}: skipped, ${reason}`),
    "## Loads",
    "Options of `bench/load.ts`, 64-byte payloads unless said otherwise.",
    report.scenarios.map((scenario) =>
      `- ${scenario.id}: \`${loadArgs(scenario, report.isQuick).join(" ")}\``
    ).join("\n"),
    "## Every round",
    renderRounds(report),
    ...renderList("Failed runs", failures),
    ...renderList(
      "Runs in which the generator was the limit: the broker can do more",
      generatorBound,
    ),
  ];
  return `${sections.join("\n\n")}\n`;
}

function describeBroker({ name, version, settings }: FoundBroker): string {
  return `### ${name} ${version}\n\n\`\`\`\n${settings}\`\`\``;
}

function renderRounds(report: Report): string {
  const names = report.brokers.map(({ name }) => name);
  const rows = report.scenarios.flatMap(({ metrics }) =>
    metrics.map((metric) => [
      metric.title,
      ...names.map((name) =>
        report.comparison.measurements.valuesOf(metric.id, name)
          .map(metric.format).join(", ")
      ),
    ])
  );
  return renderTable(["values in order", ...names], rows);
}

function renderList(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [`## ${title}`, lines.map((line) => `- ${line}`).join("\n")];
}
