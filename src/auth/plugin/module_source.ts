import { pathToFileURL } from "node:url";

/** Bundled plugins: the module that runs in the Worker, by name. */
const BUNDLED: Readonly<Record<string, string>> = {
  jwt: import.meta.resolve("./bundled/jwt_worker.ts"),
  webhook: import.meta.resolve("./bundled/webhook_worker.ts"),
};

const BUNDLED_PREFIX = "rqtt:";

/** Where the code of a plugin is. */
export interface ModuleSource {
  /** What the Worker runs. */
  readonly workerUrl: string;
  /** What it is to import; `null` if it is bundled. */
  readonly moduleUrl: string | null;
}

/**
 * Finds what `module` of the configuration stands for; relative paths begin
 * at the working directory.
 * @throws {TypeError} If it is none of what can be loaded.
 */
export function locateModule(module: string): ModuleSource {
  if (module.startsWith(BUNDLED_PREFIX)) {
    const name = module.slice(BUNDLED_PREFIX.length);
    if (!Object.hasOwn(BUNDLED, name)) {
      const known = Object.keys(BUNDLED).map((name) => BUNDLED_PREFIX + name);
      throw new TypeError(
        `there is no bundled plugin ${module}, only ${known.join(", ")}`,
      );
    }
    return { workerUrl: BUNDLED[name], moduleUrl: null };
  }
  const url = URL.parse(module);
  if (url !== null && url.protocol !== "file:") {
    throw new TypeError(
      `expected a path, a file: URL or rqtt:NAME, found ${module}`,
    );
  }
  return {
    workerUrl: import.meta.resolve("./worker.ts"),
    moduleUrl: (url ?? pathToFileURL(module)).href,
  };
}

/**
 * What is wrong with the text of a plugin, or `null`. A plugin is one file: it
 * may import the API and nothing else, at no time, for Deno 2.7 does not hold
 * all imports of a Worker to its permissions: none in an executable, and those
 * of text and bytes nowhere. Every `import` counts, also in a comment or a
 * text: an exception would be a way around.
 */
export function findForbiddenImport(source: string): string | null {
  const rest = source
    .replaceAll(
      /^import\s+(?:type\s+)?\{[\w\s,]*\}\s*from\s*"@rqtt\/rqtt\/plugin";?$/gm,
      blank,
    )
    .replaceAll("import.meta.url", blank);
  const match = /\bimport\b|\bfrom\b\s*["'`/]/.exec(rest);
  if (match === null) return null;
  const line = source.slice(0, match.index).split("\n").length;
  return `line ${line} has "${match[0]}": a plugin is one file that imports ` +
    "nothing but @rqtt/rqtt/plugin, so bundle it";
}

/** Keeps the lines where they are. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}
