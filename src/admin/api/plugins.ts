import { createRoute, z } from "@hono/zod-openapi";
import type { PluginHost } from "../../auth/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { json, PROBLEMS } from "./schemas.ts";

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
  permissions: z.record(z.string(), z.array(z.string())).openapi({
    description: "All that it may do beside computing",
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

function describe({ config, state }: PluginHost): z.infer<typeof PLUGIN> {
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
    permissions: Object.fromEntries(granted),
  };
}
