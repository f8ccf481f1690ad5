import { createRoute, z } from "@hono/zod-openapi";
import {
  type ClientSession,
  endSession,
  SESSION_NEVER_EXPIRES,
} from "../../broker/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { awaitStored } from "../stored.ts";
import { matchesGlob } from "./glob.ts";
import { takePage } from "./page.ts";
import {
  DONE,
  flag,
  formatTime,
  glob,
  json,
  pageOf,
  pageQuery,
  pathText,
  PROBLEMS,
  time,
} from "./schemas.ts";

const SESSION = z.object({
  client_id: z.string(),
  user: z.string().nullable().openapi({
    description: "Whose it is; null is who has no user name, and nobody " +
      "before its client comes back to what an earlier version has stored",
  }),
  is_connected: z.boolean(),
  is_stored: z.boolean().openapi({ description: "It outlives a crash" }),
  expiry_seconds: z.int().nullable().openapi({
    description: "How long it outlives its connection; null is never",
  }),
  expires_at: time.nullable().openapi({
    description: "When it ends unless its client comes back",
  }),
  subscriptions: z.int(),
  queued_messages: z.int(),
  queued_bytes: z.int(),
  in_flight: z.int().openapi({ description: "Not acknowledged yet" }),
  will_topic: z.string().nullable(),
  will_due_at: time.nullable().openapi({
    description: "When the Will of a lost connection is published",
  }),
}).openapi("Session");

const SORTS = {
  client_id: (session: ClientSession) => session.clientIdentifier,
  expires_at: ({ expiresAtMs }: ClientSession) =>
    Number.isFinite(expiresAtMs) ? expiresAtMs : null,
  subscriptions: ({ subscriptions }: ClientSession) => subscriptions.size,
  queued_messages: ({ queue }: ClientSession) => queue.length,
  queued_bytes: ({ queue }: ClientSession) => queue.sizeBytes,
  in_flight: ({ window }: ClientSession) => window.count,
};

const QUERY = z.object({
  client_id: glob("Client Identifier"),
  user: glob("User name"),
  is_connected: flag,
  is_stored: flag,
  ...pageQuery(SORTS),
});

const PARAMS = z.object({
  client_id: pathText("client_id", "The Client Identifier"),
});

const LIST = createRoute({
  method: "get",
  path: "/api/v1/sessions",
  operationId: "listSessions",
  summary: "Sessions, connected or not",
  request: { query: QUERY },
  responses: { 200: json(pageOf(SESSION, "Session"), "A page"), ...PROBLEMS },
});

const GET = createRoute({
  method: "get",
  path: "/api/v1/sessions/{client_id}",
  operationId: "getSession",
  summary: "One session",
  request: { params: PARAMS },
  responses: { 200: json(SESSION, "The session"), ...PROBLEMS },
});

const EXPIRE = createRoute({
  method: "delete",
  path: "/api/v1/sessions/{client_id}",
  operationId: "endSession",
  summary: "End a session with all that waits for its client",
  request: { params: PARAMS },
  responses: { 204: DONE, ...PROBLEMS },
});

/** Sessions: what is kept for whom, and ending them. */
export function addSessions(app: AdminApp, { broker }: AdminContext): void {
  const { sessions } = broker;
  app.openapi(LIST, async (context) => {
    const query = context.req.valid("query");
    const { items, nextCursor, total } = await takePage({
      items: sessions.values(),
      isWanted: (session) => isWanted(session, query),
      sorts: SORTS,
      idOf: ({ clientIdentifier }) => clientIdentifier,
    }, query);
    return context.json(
      { items: items.map(describe), next_cursor: nextCursor, total },
      200,
    );
  });
  app.openapi(GET, (context) => {
    const { client_id } = context.req.valid("param");
    const session = sessions.get(client_id);
    if (session === undefined) throw notFound(client_id);
    return context.json(describe(session), 200);
  });
  app.openapi(EXPIRE, async (context) => {
    const { client_id } = context.req.valid("param");
    if (!endSession(broker, client_id, "ended by an operator")) {
      throw notFound(client_id);
    }
    await awaitStored(broker);
    return context.body(null, 204);
  });
}

function isWanted(
  { clientIdentifier, connection, isRecorded, owner }: ClientSession,
  { client_id, user, is_connected, is_stored }: z.infer<typeof QUERY>,
): boolean {
  if (client_id !== undefined && !matchesGlob(client_id, clientIdentifier)) {
    return false;
  }
  if (user !== undefined && !matchesGlob(user, owner ?? "")) return false;
  if (is_stored !== undefined && is_stored !== String(isRecorded)) return false;
  return is_connected === undefined ||
    is_connected === String(connection !== null);
}

function describe(session: ClientSession): z.infer<typeof SESSION> {
  const { expiryIntervalSeconds, queue, will } = session;
  return {
    client_id: session.clientIdentifier,
    user: session.owner ?? null,
    is_connected: session.connection !== null,
    is_stored: session.isRecorded,
    expiry_seconds: expiryIntervalSeconds === SESSION_NEVER_EXPIRES
      ? null
      : expiryIntervalSeconds,
    expires_at: formatTime(session.expiresAtMs),
    subscriptions: session.subscriptions.size,
    queued_messages: queue.length,
    queued_bytes: queue.sizeBytes,
    in_flight: session.window.count,
    will_topic: will?.publish.topicName ?? null,
    will_due_at: formatTime(session.willDueAtMs),
  };
}

function notFound(clientIdentifier: string): ProblemError {
  return new ProblemError({
    status: 404,
    title: "Not Found",
    detail: `there is no session of a client "${clientIdentifier}"`,
    remedy: "see /api/v1/sessions for those that there are",
  });
}
