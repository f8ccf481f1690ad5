import { createRoute, z } from "@hono/zod-openapi";
import type {
  HookStatistics,
  MessageCounts,
  PluginHost,
} from "../../auth/mod.ts";
import type { PluginConfig } from "../../config/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { percentile } from "../monitor/mod.ts";
import { json, PROBLEMS } from "./schemas.ts";

const CALLS = z.object({
  outcomes: z.record(z.string(), z.int()).openapi({
    description: "allow, deny, pass, continue, done (of hooks that answer " +
      "nothing), error, timeout, overload, unavailable",
  }),
  p50_seconds: z.number().nullable(),
  p99_seconds: z.number().nullable(),
}).openapi("PluginCalls");

const MESSAGES = z.object({
  taken: z.int(),
  failed: z.int(),
  late: z.int(),
  dropped: z.int().openapi({
    description: "Too many waited, or the plugin has ended",
  }),
  waiting: z.int(),
  max_waiting: z.int(),
  waiting_bytes: z.int(),
  max_waiting_bytes: z.int(),
}).openapi("PluginMessages");

const PLUGIN = z.object({
  name: z.string(),
  module: z.string(),
  is_running: z.boolean().openapi({
    description: "Between an end and the restart it does not",
  }),
  hooks: z.array(z.string()),
  restarts: z.int(),
  last_failure: z.string().nullable().openapi({
    description: "Why it has ended last; null if it never has",
  }),
  running_questions: z.int(),
  max_running: z.int(),
  waiting_questions: z.int(),
  max_queued: z.int(),
  calls: z.record(z.string(), CALLS).openapi({
    description: "By hook, since the plugin is configured as it is",
  }),
  messages: MESSAGES.nullable().openapi({
    description: "What became of messages for onPublish; null if it is told " +
      "of none",
  }),
  permissions: z.record(z.string(), z.array(z.string())).openapi({
    description: "All that it may do and learn beside computing and answering",
  }),
}).openapi("Plugin");

const LIST = createRoute({
  method: "get",
  path: "/api/v1/plugins",
  operationId: "listPlugins",
  summary: "Plugins, in the order of the configuration",
  responses: {
    200: json(z.object({ items: z.array(PLUGIN) }), "All of them"),
    ...PROBLEMS,
  },
});

/** Plugins: how they stand, and what they may do. */
export function addPlugins(app: AdminApp, { host }: AdminContext): void {
  app.openapi(
    LIST,
    (context) => context.json({ items: host.plugins.map(describe) }, 200),
  );
}

function describe(
  { config, state, statistics }: PluginHost,
): z.infer<typeof PLUGIN> {
  const granted = Object.entries(config.permissions)
    .filter(([, names]) => names.length > 0)
    .map(([permission, names]) => [permission, [...names]]);
  return {
    name: config.name,
    module: config.module,
    is_running: state.isRunning,
    hooks: [...state.hooks],
    restarts: state.restartCount,
    last_failure: state.lastFailure,
    running_questions: state.runningCount,
    max_running: config.maximumRunning,
    waiting_questions: state.waitingCount,
    max_queued: config.maximumQueued,
    calls: Object.fromEntries(
      [...statistics.hooks].map((each) => [each.hook, describeCalls(each)]),
    ),
    messages: state.messages && describeMessages(config, state.messages),
    permissions: Object.fromEntries(granted),
  };
}

function describeCalls(
  { counts, seconds }: HookStatistics,
): z.infer<typeof CALLS> {
  return {
    outcomes: Object.fromEntries(counts),
    p50_seconds: percentile(seconds.counts, seconds.upperBounds, 0.5),
    p99_seconds: percentile(seconds.counts, seconds.upperBounds, 0.99),
  };
}

function describeMessages(
  { maximumWaitingMessages, maximumWaitingBytes }: PluginConfig,
  { waitingBytes, ...counts }: MessageCounts,
): z.infer<typeof MESSAGES> {
  return {
    ...counts,
    max_waiting: maximumWaitingMessages,
    waiting_bytes: waitingBytes,
    max_waiting_bytes: maximumWaitingBytes,
  };
}
