import type { AdminApp } from "../app.ts";
import type { AdminContext } from "../context.ts";
import { ASSETS } from "./assets.ts";
import { browserClient } from "./browser_client.ts";

/** No script, style, picture or request of anybody else, and nothing inline. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const CLIENT_PATH = "/dashboard/rqtt-client.js";

/** `/dashboard`: the page and what it loads hold no secrets, so they are open. */
export function addDashboard(app: AdminApp, admin: AdminContext): void {
  admin.openPaths.add("/").add(CLIENT_PATH);
  app.get("/", (context) => context.redirect("/dashboard"));
  for (const [path, { type, text }] of Object.entries(ASSETS)) {
    admin.openPaths.add(path);
    app.get(path, (context) =>
      context.body(text, 200, {
        "content-type": type,
        "content-security-policy": POLICY,
        "cache-control": "no-cache",
      }));
  }
  app.get(
    CLIENT_PATH,
    async (context) =>
      context.body(await browserClient(), 200, {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "no-cache",
      }),
  );
}
