import { servePlugin } from "../serve_plugin.ts";
import plugin from "./webhook.ts";

servePlugin(() => Promise.resolve(plugin));
