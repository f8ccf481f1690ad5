import type { StoreStatistics } from "../../store/mod.ts";
import type {
  LabelledValue,
  MetricDefinition,
  MetricSource,
} from "./metric.ts";

/** What the store counts; without one that keeps anything there are no values. */
export const storeMetrics: readonly MetricDefinition[] = [
  {
    name: "rqtt_store_commits_total",
    help: "Batches written to the store",
    type: "counter",
    read: ofStore(({ commitCount }) => commitCount),
  },
  {
    name: "rqtt_store_committed_bytes_total",
    help: "Bytes of the batches written to the store",
    type: "counter",
    read: ofStore(({ committedBytes }) => committedBytes),
  },
  {
    name: "rqtt_store_failures_total",
    help: "Writes to the store that failed and were tried again",
    type: "counter",
    read: ofStore(({ failureCount }) => failureCount),
  },
  {
    name: "rqtt_store_failing",
    help: "1 while writing to the store fails",
    type: "gauge",
    read: ofStore(({ isFailing }) => Number(isFailing)),
  },
  {
    name: "rqtt_store_pending_changes",
    help: "Changes that wait for the next batch",
    type: "gauge",
    read: ofStore(({ pendingCount }) => pendingCount),
  },
  {
    name: "rqtt_store_bytes",
    help: "Size of the store, and what of it is still valid",
    type: "gauge",
    read: ({ monitor }) =>
      monitor.store === null ? [] : [
        { labels: { part: "all" }, value: monitor.store.sizeBytes },
        { labels: { part: "live" }, value: monitor.store.liveBytes },
      ],
  },
  {
    name: "rqtt_store_segments",
    help: "Parts of the store, each one batch",
    type: "gauge",
    read: ofStore(({ segmentCount }) => segmentCount),
  },
  {
    name: "rqtt_store_commit_seconds",
    help: "What it took to write a batch to the store",
    type: "histogram",
    read: ({ monitor }) => monitor.commitSeconds,
  },
];

function ofStore(read: (store: StoreStatistics) => number) {
  return ({ monitor: { store } }: MetricSource): LabelledValue[] =>
    store === null ? [] : [{ value: read(store) }];
}
