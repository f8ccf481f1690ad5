/** The layers of the program, and which import breaks them. */
import { type Import, type ModuleReading, readModule } from "./_module.ts";

interface Layer {
  /** A folder of `src/`, or one file that stands alone; the rest of the files of `src/` are "server". */
  readonly name: string;
  /** Of the layers before it. */
  readonly mayImport: readonly string[];
  /** It decides and leaves acting to others, so it runs everywhere and can be simulated. */
  readonly isPure?: true;
}

/** From the lowest to the highest: each may import only what stands before it. */
export const LAYERS: readonly Layer[] = [
  { name: "version.ts", mayImport: [] },
  { name: "codec", mayImport: [], isPure: true },
  { name: "topics", mayImport: ["codec"], isPure: true },
  { name: "session", mayImport: ["codec", "topics"], isPure: true },
  { name: "broker", mayImport: ["codec", "topics", "session"], isPure: true },
  { name: "transport", mayImport: ["codec", "broker"] },
  { name: "config", mayImport: ["topics", "broker", "transport"] },
  {
    name: "store",
    mayImport: ["codec", "topics", "session", "broker", "config"],
  },
  { name: "auth", mayImport: ["codec", "topics", "broker", "config"] },
  { name: "client", mayImport: ["codec", "topics", "transport"] },
  {
    name: "admin",
    mayImport: [
      "version.ts",
      "codec",
      "topics",
      "session",
      "broker",
      "transport",
      "config",
      "store",
      "auth",
      "client",
    ],
  },
  {
    name: "server",
    mayImport: [
      "version.ts",
      "broker",
      "transport",
      "config",
      "store",
      "auth",
      "client",
      "admin",
    ],
  },
  {
    name: "cli",
    mayImport: [
      "version.ts",
      "codec",
      "topics",
      "broker",
      "transport",
      "config",
      "store",
      "auth",
      "client",
      "admin",
      "server",
    ],
  },
];

/** What a pure layer may not have from its surroundings: whatever acts, and whatever answers differently each time. */
const IMPURE_NAMES = new Set([
  "Buffer",
  "Date",
  "Deno",
  "EventSource",
  "Math.random",
  "WebSocket",
  "Worker",
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "global",
  "globalThis",
  "navigator",
  "performance",
  "process",
  "queueMicrotask",
  "self",
  "setInterval",
  "setTimeout",
]);

/** Where the client for browsers begins. */
const BROWSER_ENTRY = "src/client/browser.ts";

/** Modules of `src/client` that know Deno: how to dial from it, and the tool that packs the others. */
const CLIENT_ON_DENO = /^src\/client\/(transport_tcp|bundle)\.ts$/;

/** Modules of `src/client` that know byte streams: behind them stands `ClientTransport`. */
const CLIENT_TRANSPORT = /^src\/client\/(transport_\w+\.ts|websocket\/)/;

/** The one file outside `src/` that modules may import. */
const PROJECT_FILE = "deno.json";

/**
 * What is wrong with `sources`, the modules of `src/` by path: a line each, of
 * place and rule.
 */
export function findBreaches(sources: ReadonlyMap<string, string>): string[] {
  const breaches: string[] = [];
  const readings = new Map<string, ModuleReading>();
  for (const [path, source] of sources) {
    const reading = readModule(path, source);
    readings.set(path, reading);
    checkImports(path, reading, breaches);
    const { name, isPure } = layerOf(path);
    if (isPure) checkPurity(path, reading, breaches);
    if (name === "client" && !CLIENT_ON_DENO.test(path)) {
      checkPortability(path, reading, breaches);
    }
  }
  checkBrowser(readings, breaches);
  return breaches;
}

function layerOf(path: string): Layer {
  const [, first, ...rest] = path.split("/");
  const layer = LAYERS.find(({ name }) => name === first) ??
    (rest.length === 0
      ? LAYERS.find(({ name }) => name === "server")
      : undefined);
  if (layer === undefined) {
    throw new Error(`Cannot check ${path}: src/${first} is in no layer`);
  }
  return layer;
}

function isRelative(specifier: string | null): specifier is string {
  return specifier !== null && /^\.{0,2}\//.test(specifier);
}

/** Where a relative specifier in the module at `from` leads, from the top. */
function resolve(specifier: string, from: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Down the layers only, and never to `tests/` or `bench/`. */
function checkImports(
  path: string,
  { imports }: ModuleReading,
  breaches: string[],
): void {
  const layer = layerOf(path);
  for (const { specifier, line } of imports) {
    if (!isRelative(specifier)) continue;
    const target = resolve(specifier, path);
    if (target === PROJECT_FILE) continue;
    if (!target.startsWith("src/")) {
      breaches.push(`${path}:${line} imports ${target}, which is outside src/`);
      continue;
    }
    const { name } = layerOf(target);
    if (name !== layer.name && !layer.mayImport.includes(name)) {
      breaches.push(
        `${path}:${line} imports ${target}: ${layer.name} may not know ${name}`,
      );
    } else if (
      layer.name === "client" && name === "transport" &&
      !CLIENT_TRANSPORT.test(path)
    ) {
      breaches.push(
        `${path}:${line} imports ${target}: only its transports may`,
      );
    }
  }
}

/** Nothing but modules of their own, no effects, no clock, no randomness. */
function checkPurity(
  path: string,
  { imports, freeNames }: ModuleReading,
  breaches: string[],
): void {
  for (const { specifier, line } of imports) {
    if (isRelative(specifier)) continue;
    breaches.push(`${path}:${line} imports ${told(specifier)} in a pure layer`);
  }
  for (const { name, line } of freeNames) {
    const [object] = name.split(".");
    if (!IMPURE_NAMES.has(name) && !IMPURE_NAMES.has(object)) continue;
    breaches.push(`${path}:${line} uses ${name} in a pure layer`);
  }
}

/** What also has to run in browsers does not know Deno or Node.js. */
function checkPortability(
  path: string,
  { imports, freeNames }: ModuleReading,
  breaches: string[],
): void {
  for (const { specifier, line } of imports) {
    if (isRelative(specifier)) continue;
    breaches.push(
      `${path}:${line} imports ${told(specifier)}, which browsers lack`,
    );
  }
  for (const { name, line } of freeNames) {
    if (!/^(Deno|process|Buffer)\b/.test(name)) continue;
    breaches.push(`${path}:${line} uses ${name}, which browsers lack`);
  }
}

/** The same for all that the client for browsers reaches, in whatever layer. */
function checkBrowser(
  readings: ReadonlyMap<string, ModuleReading>,
  breaches: string[],
): void {
  const reached = new Set<string>();
  const pending = [BROWSER_ENTRY];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const reading = readings.get(path);
    if (reading === undefined || reached.has(path)) continue;
    reached.add(path);
    pending.push(...relativeTargets(path, reading.imports));
    if (layerOf(path).name === "client" && !CLIENT_ON_DENO.test(path)) continue;
    checkPortability(path, reading, breaches);
  }
}

function relativeTargets(path: string, imports: readonly Import[]): string[] {
  return imports.flatMap(({ specifier }) =>
    isRelative(specifier) ? [resolve(specifier, path)] : []
  );
}

function told(specifier: string | null): string {
  return specifier === null
    ? "what is only known at run time"
    : `"${specifier}"`;
}
