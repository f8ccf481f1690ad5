import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { VERSION } from "../../version.ts";
import { ProblemError } from "../problem.ts";
import { addClients } from "./clients.ts";
import { addConfiguration } from "./configuration.ts";
import { addDrops } from "./drops.ts";
import { addListeners } from "./listeners.ts";
import { addOverview } from "./overview.ts";
import { addLog } from "./log.ts";
import { addPlugins } from "./plugins.ts";
import { addPublish } from "./publish.ts";
import { addRetained } from "./retained.ts";
import { addSessions } from "./sessions.ts";
import { addSubscriptions } from "./subscriptions.ts";
import { addTopics } from "./topics.ts";

/** The JSON API, and the document that describes it: both from the same routes. */
export function addApi(app: AdminApp, admin: AdminContext): void {
  for (
    const addRoutes of [
      addClients,
      addSessions,
      addSubscriptions,
      addRetained,
      addTopics,
      addPublish,
      addListeners,
      addPlugins,
      addConfiguration,
      addLog,
      addOverview,
      addDrops,
    ]
  ) addRoutes(app, admin);
  refuseOtherMethods(app);
  app.openAPIRegistry.registerComponent("securitySchemes", "token", {
    type: "http",
    scheme: "bearer",
    description: "A token of admin.token_file; changes need the role write",
  });
  const document = {
    openapi: "3.1.0",
    info: {
      title: "RQTT",
      version: VERSION,
      description: "The broker seen and looked after over HTTP",
    },
    security: [{ token: [] }],
  };
  let text: string | null = null;
  app.get("/api/v1/openapi.json", (context) => {
    text ??= JSON.stringify(app.getOpenAPI31Document(document));
    return context.body(text, 200, { "content-type": "application/json" });
  });
}

/** What has a path has the methods of its routes and no others. */
function refuseOtherMethods(app: AdminApp): void {
  const methods = new Map<string, string[]>();
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    const { path, method } = definition.route;
    methods.set(path, [...methods.get(path) ?? [], method.toUpperCase()]);
  }
  for (const [path, allowed] of methods) {
    app.all(path.replaceAll(/{(\w+)}/g, ":$1"), ({ req }) => {
      throw new ProblemError({
        status: 405,
        title: "Method Not Allowed",
        detail: `${req.method} is not for ${path}`,
        remedy: `send ${allowed.join(" or ")}`,
      }, { allow: allowed.join(", ") });
    });
  }
}
