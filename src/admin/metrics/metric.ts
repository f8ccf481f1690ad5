import type { Metric } from "prom-client";
import type { Broker, Histogram } from "../../broker/mod.ts";
import type { AdminHost } from "../context.ts";
import type { Monitor } from "../monitor/mod.ts";

/** What metrics are read from. */
export interface MetricSource {
  readonly broker: Broker;
  readonly host: AdminHost;
  readonly monitor: Monitor;
}

/** One number of a metric, with what tells it from the others. */
export interface LabelledValue {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One histogram of several, with what tells it from the others. */
export interface LabelledHistogram {
  readonly labels: Readonly<Record<string, string>>;
  readonly histogram: Histogram;
}

/** One metric: its name with the unit, and where its numbers come from. */
export type MetricDefinition =
  & { readonly name: string; readonly help: string }
  & (
    | {
      readonly type: "counter" | "gauge";
      readonly read: (
        source: MetricSource,
      ) => number | readonly LabelledValue[];
    }
    | {
      readonly type: "histogram";
      readonly read: (
        source: MetricSource,
      ) => Histogram | readonly LabelledHistogram[];
    }
  );

/**
 * What the registry of prom-client asks of a metric. Its own classes keep the
 * numbers themselves, which would cost a hash of the labels for each message.
 */
export function metric(
  definition: MetricDefinition,
  source: MetricSource,
): Metric<string> {
  const { name, help, type } = definition;
  const read = () => {
    if (definition.type === "histogram") {
      const read = definition.read(source);
      const histograms = "counts" in read
        ? [{ labels: {}, histogram: read }]
        : read;
      return histograms.flatMap((each) => bucketsOf(name, each));
    }
    const values = definition.read(source);
    const list = typeof values === "number" ? [{ value: values }] : values;
    return list.map(({ labels = {}, value }) => ({ labels, value }));
  };
  return {
    name,
    get: () =>
      Promise.resolve({ name, help, type, values: read(), aggregator: "sum" }),
  } as unknown as Metric<string>;
}

/** Cumulative, as Prometheus wants it. */
function bucketsOf(
  name: string,
  { labels, histogram }: LabelledHistogram,
) {
  const { upperBounds, counts, sum } = histogram;
  const metricName = `${name}_bucket`;
  let count = 0;
  const buckets = [...counts].map((inBucket, index) => {
    count += inBucket;
    const le = index < upperBounds.length ? upperBounds[index] : "+Inf";
    return { metricName, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

/** One number for each QoS. */
export function byQos(counts: ArrayLike<number>): LabelledValue[] {
  return [0, 1, 2].map((qos) => ({
    labels: { qos: String(qos) },
    value: counts[qos],
  }));
}
