import type { Engine } from "./_engine.ts";
import { chromiumEngine, firefoxEngine } from "./_puppeteer.ts";
import { webkitEngine } from "./_webkit.ts";

/** Every engine that the client is tested in. */
export const ENGINES: readonly Engine[] = [
  chromiumEngine,
  firefoxEngine,
  webkitEngine,
];
