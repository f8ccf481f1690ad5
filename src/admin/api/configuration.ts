import { createRoute, z } from "@hono/zod-openapi";
import { ConfigError, describeConfig } from "../../config/mod.ts";
import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ProblemError } from "../problem.ts";
import { json, PROBLEMS } from "./schemas.ts";

const CONFIG = z.record(z.string(), z.unknown()).openapi("Config", {
  description: "Keys and units are those of the configuration file",
});

const RELOADED = z.object({
  restart_needed: z.array(z.string()).openapi({
    description: "Keys that have changed and need a restart",
  }),
}).openapi("Reloaded");

const GET = createRoute({
  method: "get",
  path: "/api/v1/config",
  operationId: "getConfig",
  summary: "The configuration in force, without secrets",
  responses: { 200: json(CONFIG, "Every key"), ...PROBLEMS },
});

const RELOAD = createRoute({
  method: "post",
  path: "/api/v1/reload",
  operationId: "reload",
  summary: "Read the configuration and its files again, as SIGHUP does",
  responses: { 200: json(RELOADED, "All of it holds now"), ...PROBLEMS },
});

/** The configuration: what holds, and reading it again. */
export function addConfiguration(app: AdminApp, { host }: AdminContext): void {
  app.openapi(GET, (context) => context.json(describeConfig(host.config), 200));
  app.openapi(RELOAD, async (context) => {
    try {
      const kept = await host.reloadAll();
      return context.json({ restart_needed: [...kept] }, 200);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ProblemError({
        status: 409,
        title: "Nothing was reloaded",
        detail: error.message,
        remedy: "correct the file that is named; all stays as it was",
      });
    }
  });
}
