/**
 * What can be configured of traces.
 */
import type { TracingConfig } from "./config.ts";
import { field, type Fields } from "./entries.ts";
import { BOOLEAN, integer, RATIO } from "./scalars.ts";

/** The section `tracing`. */
export const TRACING: Fields<TracingConfig> = {
  isEnabled: field("enabled", BOOLEAN, {
    initial: false,
    summary: "whether packets are traced; what is traced leaves through the " +
      "OpenTelemetry of Deno, which OTEL_DENO=true turns on",
  }),
  sampleRatio: field("sample_ratio", RATIO, {
    initial: 0.01,
    summary: "of packets that bring no trace context; those that bring one " +
      "are traced if it says so",
  }),
  maximumTracesPerSecond: field(
    "max_traces_per_second",
    integer({ from: 1, to: 100_000 }),
    { initial: 100, summary: "whatever packets say" },
  ),
};
