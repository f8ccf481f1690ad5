import { createRoute, z } from "@hono/zod-openapi";
import { DROP_REASON_NAMES, type DropRecord } from "../../broker/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { json, PROBLEMS, time } from "./schemas.ts";

const DROP = z.object({
  sequence: z.int().openapi({ description: "The newest has the highest" }),
  reason: z.enum(DROP_REASON_NAMES as [string, ...string[]]),
  client_id: z.string().openapi({
    description: "Who did not get it; with refused, who sent it",
  }),
  topic: z.string(),
  first_at: time,
  last_at: time,
  count: z.int().openapi({ description: "Messages dropped in a row" }),
}).openapi("Drop");

const QUERY = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100).openapi({
    description: "The most records",
  }),
  before: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
    .optional().openapi({
      description: "Only records with a sequence below this",
    }),
});

const LIST = createRoute({
  method: "get",
  path: "/api/v1/drops",
  summary: "The last messages that were dropped, the newest first",
  request: { query: QUERY },
  responses: {
    200: json(
      z.object({
        items: z.array(DROP),
        totals: z.record(z.string(), z.int()).openapi({
          description: "Messages dropped since the start, by reason",
        }),
      }).openapi("Drops"),
      "Records of drops",
    ),
    ...PROBLEMS,
  },
});

/** The drop ledger. */
export function addDrops(app: AdminApp, { broker }: AdminContext): void {
  app.openapi(LIST, (context) => {
    const { limit, before } = context.req.valid("query");
    const items = broker.drops.list(limit, before).map(describe);
    return context.json({ items, totals: dropTotals(broker.statistics) }, 200);
  });
}

/** Messages dropped since the start, by the name of the reason. */
export function dropTotals(
  { dropped }: { readonly dropped: readonly number[] },
): Record<string, number> {
  return Object.fromEntries(
    DROP_REASON_NAMES.map((name, reason) => [name, dropped[reason]]),
  );
}

function describe(record: DropRecord): z.infer<typeof DROP> {
  return {
    sequence: record.sequence,
    reason: DROP_REASON_NAMES[record.reason],
    client_id: record.clientIdentifier,
    topic: record.topicName,
    first_at: new Date(record.firstAtMs).toISOString(),
    last_at: new Date(record.lastAtMs).toISOString(),
    count: record.count,
  };
}
