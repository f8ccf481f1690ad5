import { assert, assertEquals } from "./_assert.ts";
import { findBreaches, LAYERS } from "./_layers.ts";

const ROOT = new URL("../", import.meta.url);

/** The modules in `folder`, by their path from the top. */
async function readSources(folder: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))
  ) {
    const path = folder + name;
    if (isDirectory) {
      for (const entry of await readSources(`${path}/`)) sources.set(...entry);
    } else if (name.endsWith(".ts")) {
      sources.set(path, await Deno.readTextFile(new URL(path, ROOT)));
    }
  }
  return sources;
}

Deno.test("imports go down the layers, and the pure layers touch nothing outside", async () => {
  const sources = await readSources("src/");
  assert(sources.has("src/broker/connection.ts"), "modules are not found");
  assertEquals(findBreaches(sources), []);
});

Deno.test("a layer may import only what is below it", () => {
  const below = new Set<string>();
  for (const { name, mayImport } of LAYERS) {
    for (const other of mayImport) {
      assert(
        below.has(other),
        `${name} may import ${other}, which is not below`,
      );
    }
    below.add(name);
  }
});

interface BadRow {
  readonly path: string;
  readonly source: string;
  /** The one breach, without the path. */
  readonly breach: string;
}

const ROUTER = "src/broker/router.ts";
const CODEC = "src/codec/properties.ts";
const PURE = "in a pure layer";

const badRows: readonly BadRow[] = [
  // The direction, in each way there is to import.
  {
    path: "src/topics/route.ts",
    source: `import { Session } from "../session/mod.ts";`,
    breach: "1 imports src/session/mod.ts: topics may not know session",
  },
  {
    path: ROUTER,
    source: `\nimport type { Config } from "../config/mod.ts";`,
    breach: "2 imports src/config/mod.ts: broker may not know config",
  },
  {
    path: ROUTER,
    source: `import { type Config } from "../config/mod.ts";`,
    breach: "1 imports src/config/mod.ts: broker may not know config",
  },
  {
    path: CODEC,
    source: `export * from "../topics/mod.ts";`,
    breach: "1 imports src/topics/mod.ts: codec may not know topics",
  },
  {
    path: CODEC,
    source: `export { Session } from "../session/mod.ts";`,
    breach: "1 imports src/session/mod.ts: codec may not know session",
  },
  {
    path: "src/transport/acceptor.ts",
    source: `const { Admin } = await import("../admin/mod.ts");`,
    breach: "1 imports src/admin/mod.ts: transport may not know admin",
  },
  {
    path: "src/config/config.ts",
    source: `type Hooks = import("../auth/mod.ts").Hooks;`,
    breach: "1 imports src/auth/mod.ts: config may not know auth",
  },
  {
    path: "src/store/open.ts",
    source:
      `new Worker(import.meta.resolve("../auth/hashing/hash_worker.ts"));`,
    breach:
      "1 imports src/auth/hashing/hash_worker.ts: store may not know auth",
  },
  {
    path: "src/server.ts",
    source: `import { run } from "./cli/run.ts";`,
    breach: "1 imports src/cli/run.ts: server may not know cli",
  },
  {
    path: "src/admin/mod.ts",
    source: `import { Server } from "../server.ts";`,
    breach: "1 imports src/server.ts: admin may not know server",
  },
  // What the program does not ship.
  {
    path: "src/cli/run.ts",
    source: `import { Load } from "../../bench/load.ts";`,
    breach: "1 imports bench/load.ts, which is outside src/",
  },
  {
    path: "src/cli/run.ts",
    source: `import { assert } from "../../tests/_assert.ts";`,
    breach: "1 imports tests/_assert.ts, which is outside src/",
  },
  // Purity.
  {
    path: ROUTER,
    source: `import { connect } from "node:net";`,
    breach: `1 imports "node:net" ${PURE}`,
  },
  {
    path: "src/session/session.ts",
    source: `import { z } from "zod";`,
    breach: `1 imports "zod" ${PURE}`,
  },
  {
    path: CODEC,
    source: `const name = "./a.ts";\nawait import(name);`,
    breach: `2 imports what is only known at run time ${PURE}`,
  },
  ...([
    [`Deno.exit(1);`, "Deno.exit"],
    [`export let socket: Deno.Conn | null = null;`, "Deno"],
    [`const { serve } = Deno;`, "Deno"],
    [`globalThis.Deno.exit(1);`, "globalThis.Deno"],
    [`const now = Date.now();`, "Date.now"],
    [`const now = new Date();`, "Date"],
    [`const now = performance.now();`, "performance.now"],
    [`const now = { performance };`, "performance"],
    [`const id = Math.random();`, "Math.random"],
    [`const id = crypto.randomUUID();`, "crypto.randomUUID"],
    [`setTimeout(() => {}, 1);`, "setTimeout"],
    [`console.log("x");`, "console.log"],
    [`await fetch("x");`, "fetch"],
  ] as const).map(([source, name]): BadRow => ({
    path: ROUTER,
    source,
    breach: `1 uses ${name} ${PURE}`,
  })),
  // The client.
  {
    path: "src/client/settings.ts",
    source: `const name = Deno.hostname();`,
    breach: "1 uses Deno.hostname, which browsers lack",
  },
  {
    path: "src/client/settings.ts",
    source: `import { gzipSync } from "node:zlib";`,
    breach: `1 imports "node:zlib", which browsers lack`,
  },
  {
    path: "src/client/session.ts",
    source: `import { DenoStream } from "../transport/deno_stream.ts";`,
    breach: "1 imports src/transport/deno_stream.ts: only its transports may",
  },
];

for (const { path, source, breach } of badRows) {
  Deno.test(`the check of the layers refuses ${source.trim()} in ${path}`, () => {
    assertEquals(
      findBreaches(new Map([[path, source]])),
      [`${path}:${breach}`],
    );
  });
}

Deno.test("the check of the layers sees Deno in what browsers reach over others", () => {
  const sources = new Map([
    ["src/client/browser.ts", `import "./websocket/dial.ts";`],
    [
      "src/client/websocket/dial.ts",
      `import "../../transport/deno_stream.ts";`,
    ],
    ["src/transport/deno_stream.ts", `Deno.connect({ port: 1883 });`],
  ]);
  assertEquals(findBreaches(sources), [
    "src/transport/deno_stream.ts:1 uses Deno.connect, which browsers lack",
  ]);
});

Deno.test("the check of the layers does not take words and properties for uses", () => {
  const source = `// Deno.exit() and console.log()
    import { type Packet as Other } from "./packets.ts";
    const text = "Deno.exit()";
    const clock = { Date: 1, now: 2 };
    class Timer { performance = 1; crypto() { return this.performance; } }
    interface Surroundings { Deno: string; fetch(): void }
    Math.max(clock.Date, 1);`;
  assertEquals(findBreaches(new Map([[CODEC, source]])), []);
});

Deno.test("the check of the layers refuses a folder that has no place in it", () => {
  let message = "";
  try {
    findBreaches(new Map([["src/helpers/a.ts", ""]]));
  } catch (error) {
    message = `${error}`;
  }
  assert(message.includes("src/helpers is in no layer"), message);
});
