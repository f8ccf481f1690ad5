import { createRoute, z } from "@hono/zod-openapi";
import type { AdminApp } from "../app.ts";
import type { AdminContext, LogControl } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { requireJson } from "./require_json.ts";
import { json, PROBLEMS } from "./schemas.ts";

const LOG = z.strictObject({
  level: z.enum(["debug", "info", "warn", "error"]).openapi({
    description: "The least important lines that are written",
  }),
}).openapi("Log");

const GET = createRoute({
  method: "get",
  path: "/api/v1/log",
  operationId: "getLog",
  summary: "What is logged",
  responses: { 200: json(LOG, "What is logged"), ...PROBLEMS },
});

const SET = createRoute({
  method: "put",
  path: "/api/v1/log",
  operationId: "setLog",
  summary: "Log more or less until the next restart",
  request: {
    body: { content: { "application/json": { schema: LOG } }, required: true },
  },
  responses: { 200: json(LOG, "What is logged now"), ...PROBLEMS },
});

const LINES = createRoute({
  method: "get",
  path: "/api/v1/log/lines",
  operationId: "getLogLines",
  summary: "The last lines of the log, the oldest first",
  request: {
    query: z.object({
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
        .default(0).openapi({ description: "Only lines behind this one" }),
    }),
  },
  responses: {
    200: json(
      z.object({
        items: z.array(z.object({ sequence: z.int(), text: z.string() })),
      }).openapi("LogLines"),
      "Lines",
    ),
    ...PROBLEMS,
  },
});

/** The log: how much of it there is, and its end. */
export function addLog(app: AdminApp, { host }: AdminContext): void {
  app.openapi(GET, (context) => {
    const { level } = controlOf(host.logControl);
    return context.json({ level }, 200);
  });
  app.openapi(LINES, (context) => {
    const { after } = context.req.valid("query");
    const items = [...host.logControl?.lines?.(after) ?? []];
    return context.json({ items }, 200);
  });
  app.put(SET.path, requireJson);
  app.openapi(SET, (context) => {
    const { level } = context.req.valid("json");
    controlOf(host.logControl).level = level;
    return context.json({ level }, 200);
  });
}

function controlOf(control: LogControl | null): LogControl {
  if (control !== null) return control;
  throw new ProblemError({
    status: 404,
    title: "Not Found",
    detail: "the broker has no log of its own",
    remedy: "change that of the program that it runs in",
  });
}
