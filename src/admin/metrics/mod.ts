import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { makeRegistry } from "./registry.ts";

/** `/metrics`: everything that is counted, for Prometheus. */
export function addMetrics(app: AdminApp, admin: AdminContext): void {
  const registry = makeRegistry(admin.host, admin.monitor);
  app.get(
    "/metrics",
    async (context) =>
      context.body(await registry.metrics(), 200, {
        "content-type": registry.contentType,
      }),
  );
}
