import type { Metric } from "./_scenarios.ts";
import { median } from "../src/cli/bench/statistics.ts";

/** The values of each round, by metric and then by broker. */
export class Measurements {
  readonly #values = new Map<string, number[]>();
  readonly #failures = new Map<string, string>();

  /** Adds the value of one round. */
  add(metricId: string, brokerName: string, value: number): void {
    const key = keyOf(metricId, brokerName);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }

  /** Remembers why a round has no value. */
  fail(metricId: string, brokerName: string, reason: string): void {
    this.#failures.set(keyOf(metricId, brokerName), reason);
  }

  /** The values of all rounds so far. */
  valuesOf(metricId: string, brokerName: string): readonly number[] {
    return this.#values.get(keyOf(metricId, brokerName)) ?? [];
  }

  /** The median of the rounds; undefined if there was none. */
  medianOf(metricId: string, brokerName: string): number | undefined {
    const values = this.valuesOf(metricId, brokerName);
    return values.length === 0 ? undefined : median(values);
  }

  /** Why the last failed round has no value. */
  failureOf(metricId: string, brokerName: string): string | undefined {
    return this.#failures.get(keyOf(metricId, brokerName));
  }
}

function keyOf(metricId: string, brokerName: string): string {
  return `${metricId} ${brokerName}`;
}

/**
 * How many times better `value` is than `base`; undefined where that has no
 * meaning, as with a base of 0.
 */
export function ratio(
  value: number | undefined,
  base: number | undefined,
  isLowerBetter: boolean,
): number | undefined {
  if (value === undefined || base === undefined) return undefined;
  if (value <= 0 || base <= 0) return undefined;
  return isLowerBetter ? base / value : value / base;
}

/** A ratio like "138×", "38.2×", "1.4×" or "0.04×". */
export function formatRatio(value: number): string {
  if (value >= 100) return `${value.toFixed(0)}×`;
  return `${value.toFixed(value >= 0.1 ? 1 : 2)}×`;
}

/**
 * One row per metric, one column per broker: the median of the rounds and, in
 * parentheses, how many times better than mosquitto's it is.
 */
export function comparisonRows(
  metrics: readonly Metric[],
  brokerNames: readonly string[],
  measurements: Measurements,
): string[][] {
  return metrics.map((metric) => [
    metric.title,
    ...brokerNames.map((name) => formatCell(metric, name, measurements)),
  ]);
}

function formatCell(
  metric: Metric,
  brokerName: string,
  measurements: Measurements,
): string {
  const value = measurements.medianOf(metric.id, brokerName);
  if (value === undefined) {
    return measurements.failureOf(metric.id, brokerName) ? "failed" : "–";
  }
  const base = measurements.medianOf(metric.id, "mosquitto");
  const times = brokerName === "mosquitto"
    ? undefined
    : ratio(value, base, metric.isLowerBetter);
  const text = metric.format(value);
  return times === undefined ? text : `${text} (${formatRatio(times)})`;
}

/** A Markdown table whose columns also line up as plain text. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length))
  );
  const line = (cells: readonly string[]) =>
    `| ${
      cells.map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}
