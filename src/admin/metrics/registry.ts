import { Registry } from "prom-client";
import type { AdminHost } from "../context.ts";
import type { Monitor } from "../monitor/mod.ts";
import { brokerMetrics } from "./broker.ts";
import { metric, type MetricSource } from "./metric.ts";
import { pluginMetrics } from "./plugins.ts";
import { processMetrics } from "./process.ts";
import { storeMetrics } from "./store.ts";

/**
 * All metrics of one server. They are read when somebody asks: what counts
 * never knows of them.
 */
export function makeRegistry(host: AdminHost, monitor: Monitor): Registry {
  const registry = new Registry();
  const source: MetricSource = { host, monitor, broker: host.broker };
  for (
    const definition of [
      ...brokerMetrics,
      ...pluginMetrics,
      ...storeMetrics,
      ...processMetrics,
    ]
  ) registry.registerMetric(metric(definition, source));
  return registry;
}
