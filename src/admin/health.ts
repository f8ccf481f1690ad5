import type { AdminApp } from "./app.ts";
import type { AdminContext } from "./context.ts";

/** `/healthz`: the process answers. `/readyz`: it serves clients. */
export function addHealth(app: AdminApp, admin: AdminContext): void {
  for (const path of ["/healthz", "/readyz"]) {
    admin.openPaths.add(path);
    admin.healthPaths.add(path);
  }
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => {
    if (admin.closing.aborted) return context.text("stopping\n", 503);
    return admin.broker.store.isFailing
      ? context.text("writing the store fails\n", 503)
      : context.text("ok\n");
  });
}
