import { createRoute, z } from "@hono/zod-openapi";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { json, PROBLEMS } from "./schemas.ts";

const LISTENER = z.object({
  type: z.enum(["tcp", "tls", "ws", "wss", "unix", "auto", "admin"]),
  address: z.string().openapi({ description: "With the real port" }),
  has_tls: z.boolean(),
  connections: z.int(),
  max_connections: z.int(),
}).openapi("Listener");

const LIST = createRoute({
  method: "get",
  path: "/api/v1/listeners",
  operationId: "listListeners",
  summary: "Where the broker listens, in the order of the configuration",
  responses: {
    200: json(z.object({ items: z.array(LISTENER) }), "All of them"),
    ...PROBLEMS,
  },
});

/** Listeners: where clients come in. */
export function addListeners(app: AdminApp, { host }: AdminContext): void {
  app.openapi(LIST, (context) => {
    const items = host.listeners.map((listener) => ({
      type: listener.type,
      address: listener.address,
      has_tls: listener.hasTls,
      connections: listener.connectionCount,
      max_connections: listener.maximumConnections,
    }));
    return context.json({ items }, 200);
  });
}
