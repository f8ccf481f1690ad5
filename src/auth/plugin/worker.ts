/**
 * What runs first in the Worker of a plugin that is not bundled. The plugin is
 * imported from here and not named as the Worker's own module: only so is all
 * that it imports held to the permissions of the Worker.
 * @module
 */
import "./api.ts";
import { servePlugin } from "./serve_plugin.ts";

servePlugin(async ({ module, forgetsModule }) => {
  const exported = (await import(module!)).default;
  const path = new URL(module!);
  if (forgetsModule && path.protocol === "file:") {
    Deno.permissions.revokeSync({ name: "read", path });
  }
  return exported;
});
