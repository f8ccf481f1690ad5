import { createRoute, z } from "@hono/zod-openapi";
import type { ClientSession } from "../../broker/mod.ts";
import { matchesTopicFilter, type Subscription } from "../../topics/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { matchesGlob } from "./glob.ts";
import { takePage } from "./page.ts";
import { flag, glob, json, pageOf, pageQuery, PROBLEMS } from "./schemas.ts";

const SUBSCRIPTION = z.object({
  client_id: z.string(),
  topic_filter: z.string().openapi({
    description: "As the client wrote it, with $share/ if it is shared",
  }),
  share_name: z.string().nullable(),
  qos: z.int(),
  no_local: z.boolean(),
  retain_as_published: z.boolean(),
  retain_handling: z.int(),
  subscription_identifier: z.int().nullable(),
  is_connected: z.boolean().openapi({ description: "Whether its client is" }),
}).openapi("Subscription");

const SORTS = {
  client_id: ([, { subscriber }]: Held) => subscriber.clientIdentifier,
  topic_filter: ([key]: Held) => key,
  qos: ([, { qos }]: Held) => qos,
};

const QUERY = z.object({
  client_id: glob("Client Identifier"),
  topic_filter: glob("Topic Filter as the client wrote it"),
  topic: z.string().min(1).max(65_535).optional().openapi({
    description: "A topic whose messages the subscription gets",
  }),
  is_shared: flag,
  ...pageQuery(SORTS),
});

const LIST = createRoute({
  method: "get",
  path: "/api/v1/subscriptions",
  operationId: "listSubscriptions",
  summary: "Subscriptions of all sessions",
  request: { query: QUERY },
  responses: {
    200: json(pageOf(SUBSCRIPTION, "Subscription"), "A page"),
    ...PROBLEMS,
  },
});

/** One subscription under the filter as the client wrote it. */
type Held = readonly [key: string, subscription: Subscription<ClientSession>];

/** Subscriptions: who gets what. */
export function addSubscriptions(
  app: AdminApp,
  { broker }: AdminContext,
): void {
  app.openapi(LIST, async (context) => {
    const query = context.req.valid("query");
    const { items, nextCursor, total } = await takePage<Held>({
      items: walk(broker.sessions.values()),
      isWanted: (held) => isWanted(held, query),
      sorts: SORTS,
      // No identifier and no filter has a NUL in it.
      idOf: ([key, { subscriber }]) => `${subscriber.clientIdentifier}\0${key}`,
    }, query);
    return context.json(
      { items: items.map(describe), next_cursor: nextCursor, total },
      200,
    );
  });
}

function* walk(sessions: Iterable<ClientSession>): Generator<Held | undefined> {
  for (const session of sessions) {
    // A session without any counts as a step too.
    if (session.subscriptions.size === 0) yield undefined;
    else yield* session.subscriptions;
  }
}

function isWanted(
  [key, { subscriber, topicFilter, shareName }]: Held,
  { client_id, topic_filter, topic, is_shared }: z.infer<typeof QUERY>,
): boolean {
  if (
    client_id !== undefined &&
    !matchesGlob(client_id, subscriber.clientIdentifier)
  ) return false;
  if (topic_filter !== undefined && !matchesGlob(topic_filter, key)) {
    return false;
  }
  if (topic !== undefined && !matchesTopicFilter(topicFilter, topic)) {
    return false;
  }
  return is_shared === undefined || is_shared === String(shareName !== null);
}

function describe([key, subscription]: Held): z.infer<typeof SUBSCRIPTION> {
  const { subscriber, subscriptionIdentifier } = subscription;
  return {
    client_id: subscriber.clientIdentifier,
    topic_filter: key,
    share_name: subscription.shareName,
    qos: subscription.qos,
    no_local: subscription.noLocal,
    retain_as_published: subscription.retainAsPublished,
    retain_handling: subscription.retainHandling,
    subscription_identifier: subscriptionIdentifier || null,
    is_connected: subscriber.connection !== null,
  };
}
