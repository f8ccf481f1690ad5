import { VERSION } from "../../version.ts";
import { cpuSeconds } from "../monitor/mod.ts";
import type { MetricDefinition } from "./metric.ts";

/** The process that the broker runs in. */
export const processMetrics: readonly MetricDefinition[] = [
  {
    name: "rqtt_build_info",
    help: "1, with the version of the broker and of Deno",
    type: "gauge",
    read: () => [
      { labels: { version: VERSION, deno: Deno.version.deno }, value: 1 },
    ],
  },
  {
    name: "rqtt_start_time_seconds",
    help: "When the broker was started, in seconds since 1970",
    type: "gauge",
    read: ({ monitor }) => monitor.startMs / 1_000,
  },
  {
    name: "rqtt_cpu_seconds_total",
    help: "Time that all cores have spent on the process",
    type: "counter",
    read: () => cpuSeconds(),
  },
  {
    name: "rqtt_memory_bytes",
    help: "Memory of the process: resident, and of the heap in use or outside",
    type: "gauge",
    read: () => {
      const { rss, heapUsed, heapTotal, external } = Deno.memoryUsage();
      return Object.entries({
        resident: rss,
        heap_used: heapUsed,
        heap_total: heapTotal,
        external,
      }).map(([kind, value]) => ({ labels: { kind }, value }));
    },
  },
  {
    name: "rqtt_event_loop_delay_seconds",
    help: "How late timers are, and with them everything else",
    type: "histogram",
    read: ({ monitor }) => monitor.eventLoop.seconds,
  },
];
