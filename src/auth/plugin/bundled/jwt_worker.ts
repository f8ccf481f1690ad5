import { servePlugin } from "../serve_plugin.ts";
import plugin from "./jwt.ts";

servePlugin(() => Promise.resolve(plugin));
