import { createRoute, z } from "@hono/zod-openapi";
import type { HeavyHitter } from "../../broker/mod.ts";
import { VERSION } from "../../version.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { percentile, type Sample } from "../monitor/mod.ts";
import { dropTotals } from "./drops.ts";
import { json, PROBLEMS, time } from "./schemas.ts";

/** How many of the busiest topics and clients are told. */
const TOP_COUNT = 10;

const seconds = z.number().nullable();

const SAMPLE = z.object({
  sequence: z.int(),
  at: time,
  clients: z.int(),
  messages_received_per_second: z.number(),
  messages_sent_per_second: z.number(),
  bytes_received_per_second: z.number(),
  bytes_sent_per_second: z.number(),
  dropped_per_second: z.number(),
  delivery_p50_seconds: seconds,
  delivery_p99_seconds: seconds,
  event_loop_p99_seconds: seconds,
  resident_bytes: z.int(),
  heap_bytes: z.int(),
  cpu_share: z.number().openapi({ description: "Of one core" }),
}).openapi("Sample");

const HITTER = z.object({
  name: z.string(),
  messages_per_second: z.number(),
  bytes_per_second: z.number(),
}).openapi("HeavyHitter");

const STORE = z.object({
  is_failing: z.boolean(),
  commits: z.int(),
  commit_p99_seconds: seconds,
  bytes: z.int(),
  live_bytes: z.int(),
  pending_changes: z.int(),
}).openapi("Store");

const OVERVIEW = z.object({
  version: z.string(),
  started_at: time,
  sample: SAMPLE.nullable().openapi({ description: "The last second" }),
  clients: z.int(),
  clients_maximum: z.int(),
  sessions: z.int(),
  subscriptions: z.int(),
  retained_messages: z.int(),
  retained_bytes: z.int(),
  queued_messages: z.int(),
  queued_bytes: z.int(),
  in_flight: z.int(),
  slow_consumers: z.int(),
  unsent_bytes: z.int(),
  messages_received: z.int(),
  messages_sent: z.int(),
  bytes_received: z.int(),
  bytes_sent: z.int(),
  connections_refused: z.int(),
  dropped: z.record(z.string(), z.int()),
  acknowledgement_p99_seconds: seconds,
  top_topics: z.array(HITTER).openapi({
    description: "By messages received, on average over ten seconds",
  }),
  top_clients: z.array(HITTER),
  store: STORE.nullable().openapi({
    description: "null if nothing outlives the process",
  }),
}).openapi("Overview");

const OVERVIEW_ROUTE = createRoute({
  method: "get",
  path: "/api/v1/overview",
  summary: "How the broker is at this moment",
  responses: { 200: json(OVERVIEW, "The broker"), ...PROBLEMS },
});

const HISTORY_ROUTE = createRoute({
  method: "get",
  path: "/api/v1/history",
  summary: "The last ten minutes, second by second, the oldest first",
  request: {
    query: z.object({
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
        .default(0).openapi({ description: "Only samples behind this one" }),
    }),
  },
  responses: {
    200: json(
      z.object({ items: z.array(SAMPLE) }).openapi("History"),
      "Samples",
    ),
    ...PROBLEMS,
  },
});

/** What the dashboard shows. */
export function addOverview(app: AdminApp, admin: AdminContext): void {
  app.openapi(
    OVERVIEW_ROUTE,
    (context) => context.json(describe(admin), 200),
  );
  app.openapi(HISTORY_ROUTE, (context) => {
    const { after } = context.req.valid("query");
    const items = admin.monitor.history.since(after).map(describeSample);
    return context.json({ items }, 200);
  });
}

function describe(admin: AdminContext): z.infer<typeof OVERVIEW> {
  const { broker, monitor } = admin;
  const { statistics, sampler } = broker;
  const totals = monitor.totals.read();
  const nowMs = broker.clock.nowMs();
  const { last } = monitor.history;
  const { counts, upperBounds } = statistics.acknowledgementSeconds;
  return {
    version: VERSION,
    started_at: new Date(monitor.startMs).toISOString(),
    sample: last === null ? null : describeSample(last),
    clients: statistics.clientsConnected,
    clients_maximum: statistics.clientsConnectedMaximum,
    sessions: broker.sessions.count,
    subscriptions: broker.router.subscriptions.size,
    retained_messages: broker.retained.count,
    retained_bytes: broker.retained.sizeBytes,
    queued_messages: totals.queuedMessages,
    queued_bytes: totals.queuedBytes,
    in_flight: totals.inflightMessages,
    slow_consumers: totals.slowConsumers,
    unsent_bytes: totals.unsentBytes,
    messages_received: statistics.publishReceived,
    messages_sent: statistics.publishSent,
    bytes_received: statistics.bytesReceived,
    bytes_sent: statistics.bytesSent,
    connections_refused: statistics.connectionsRefused,
    dropped: dropTotals(statistics),
    acknowledgement_p99_seconds: percentile(counts, upperBounds, 0.99),
    top_topics: sampler.topics.top(TOP_COUNT, nowMs).map(describeHitter),
    top_clients: sampler.clients.top(TOP_COUNT, nowMs).map(describeHitter),
    store: describeStore(admin),
  };
}

function describeStore(
  { monitor }: AdminContext,
): z.infer<typeof STORE> | null {
  const { store, commitSeconds: { counts, upperBounds } } = monitor;
  if (store === null) return null;
  return {
    is_failing: store.isFailing,
    commits: store.commitCount,
    commit_p99_seconds: percentile(counts, upperBounds, 0.99),
    bytes: store.sizeBytes,
    live_bytes: store.liveBytes,
    pending_changes: store.pendingCount,
  };
}

function describeHitter(hitter: HeavyHitter): z.infer<typeof HITTER> {
  return {
    name: hitter.key,
    messages_per_second: hitter.messagesPerSecond,
    bytes_per_second: hitter.bytesPerSecond,
  };
}

function describeSample(sample: Sample): z.infer<typeof SAMPLE> {
  return {
    sequence: sample.sequence,
    at: new Date(sample.atMs).toISOString(),
    clients: sample.clients,
    messages_received_per_second: sample.messagesReceivedPerSecond,
    messages_sent_per_second: sample.messagesSentPerSecond,
    bytes_received_per_second: sample.bytesReceivedPerSecond,
    bytes_sent_per_second: sample.bytesSentPerSecond,
    dropped_per_second: sample.droppedPerSecond,
    delivery_p50_seconds: sample.deliveryP50Seconds,
    delivery_p99_seconds: sample.deliveryP99Seconds,
    event_loop_p99_seconds: sample.eventLoopP99Seconds,
    resident_bytes: sample.residentBytes,
    heap_bytes: sample.heapBytes,
    cpu_share: sample.cpuShare,
  };
}
