import { createRoute, z } from "@hono/zod-openapi";
import {
  type Connection,
  ConnectionState,
  disconnectClient,
  SESSION_NEVER_EXPIRES,
} from "../../broker/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ProblemError } from "../problem.ts";
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

const CLIENT = z.object({
  client_id: z.string(),
  user: z.string().nullable(),
  address: z.string(),
  protocol_version: z.enum(["3.1", "3.1.1", "5.0"]),
  connected_at: time,
  keep_alive_seconds: z.int().openapi({ description: "0 is off" }),
  session_expiry_seconds: z.int().nullable().openapi({
    description: "How long the session outlives the connection; null is never",
  }),
  subscriptions: z.int(),
  queued_messages: z.int(),
  queued_bytes: z.int(),
  in_flight: z.int().openapi({ description: "Not acknowledged yet" }),
  unsent_bytes: z.int(),
  is_slow: z.boolean().openapi({ description: "It does not keep up" }),
}).openapi("Client");

const SORTS = {
  client_id: (client: Connection) => client.clientIdentifier,
  connected_at: (client: Connection) => client.acceptedAtMs,
  subscriptions: ({ session }: Connection) => session!.subscriptions.size,
  queued_messages: ({ session }: Connection) => session!.queue.length,
  queued_bytes: ({ session }: Connection) => session!.queue.sizeBytes,
  in_flight: ({ session }: Connection) => session!.window.count,
  unsent_bytes: (client: Connection) => client.pendingBytes,
};

const QUERY = z.object({
  client_id: glob("Client Identifier"),
  user: glob("User name"),
  address: glob("Address and port"),
  search: z.string().max(1_000).optional().openapi({
    description: "A part of one of these, in upper or lower case",
  }),
  is_slow: flag,
  ...pageQuery(SORTS),
});

const PARAMS = z.object({
  client_id: pathText("client_id", "The Client Identifier"),
});

const LIST = createRoute({
  method: "get",
  path: "/api/v1/clients",
  operationId: "listClients",
  summary: "Connected clients",
  request: { query: QUERY },
  responses: { 200: json(pageOf(CLIENT, "Client"), "A page"), ...PROBLEMS },
});

const GET = createRoute({
  method: "get",
  path: "/api/v1/clients/{client_id}",
  operationId: "getClient",
  summary: "One connected client",
  request: { params: PARAMS },
  responses: { 200: json(CLIENT, "The client"), ...PROBLEMS },
});

const KICK = createRoute({
  method: "delete",
  path: "/api/v1/clients/{client_id}",
  operationId: "disconnectClient",
  summary: "Disconnect a client, which may come back",
  request: { params: PARAMS },
  responses: { 204: DONE, ...PROBLEMS },
});

/** Clients: who is connected, and kicking them. */
export function addClients(app: AdminApp, { broker }: AdminContext): void {
  app.openapi(LIST, async (context) => {
    const query = context.req.valid("query");
    const { items, nextCursor, total } = await takePage({
      items: broker.connections,
      isWanted: (connection) => isWanted(connection, query),
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
    const connection = broker.sessions.get(client_id)?.connection ?? null;
    if (connection === null) throw notConnected(client_id);
    return context.json(describe(connection), 200);
  });
  app.openapi(KICK, (context) => {
    const { client_id } = context.req.valid("param");
    if (!disconnectClient(broker, client_id, "disconnected by an operator")) {
      throw notConnected(client_id);
    }
    return context.body(null, 204);
  });
}

function isWanted(
  connection: Connection,
  query: z.infer<typeof QUERY>,
): boolean {
  if (connection.state !== ConnectionState.connected) return false;
  const { clientIdentifier, userName, remoteAddress, isSlow } = connection;
  const { client_id, user, address, search, is_slow } = query;
  if (client_id !== undefined && !matchesGlob(client_id, clientIdentifier)) {
    return false;
  }
  if (user !== undefined && !matchesGlob(user, userName ?? "")) return false;
  if (address !== undefined && !matchesGlob(address, remoteAddress)) {
    return false;
  }
  if (is_slow !== undefined && is_slow !== String(isSlow)) return false;
  if (search === undefined) return true;
  const wanted = search.toLowerCase();
  return [clientIdentifier, userName ?? "", remoteAddress].some((text) =>
    text.toLowerCase().includes(wanted)
  );
}

/** Of a client that is connected. */
function describe(connection: Connection): z.infer<typeof CLIENT> {
  const session = connection.session!;
  const { expiryIntervalSeconds } = session;
  return {
    client_id: connection.clientIdentifier,
    user: connection.userName,
    address: connection.remoteAddress,
    protocol_version: VERSIONS[connection.protocolVersion],
    connected_at: formatTime(connection.acceptedAtMs)!,
    keep_alive_seconds: connection.keepAliveSeconds,
    session_expiry_seconds: expiryIntervalSeconds === SESSION_NEVER_EXPIRES
      ? null
      : expiryIntervalSeconds,
    subscriptions: session.subscriptions.size,
    queued_messages: session.queue.length,
    queued_bytes: session.queue.sizeBytes,
    in_flight: session.window.count,
    unsent_bytes: connection.pendingBytes,
    is_slow: connection.isSlow,
  };
}

const VERSIONS = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

function notConnected(clientIdentifier: string): ProblemError {
  return new ProblemError({
    status: 404,
    title: "Not Found",
    detail: `no client "${clientIdentifier}" is connected`,
    remedy: "see /api/v1/clients for those that are, and /api/v1/sessions " +
      "for those that are away",
  });
}
