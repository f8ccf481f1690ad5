import { readGitCommit } from "../git_commit.ts";
import project from "../../../deno.json" with { type: "json" };
import { deno, ROOT } from "./_deno.ts";

/** The program in few files. */
export interface Bundle {
  readonly mainPath: string;
  /** What is loaded by address: Workers, and what plugins import. */
  readonly modulePaths: readonly string[];
}

const MAIN = "main.ts";

/** What plugins from outside import as `@rqtt/rqtt/plugin`: it stays as it is. */
const PLUGIN_API = project.exports["./plugin"];
const DIRECTORY = "dist/bundle";

/** How a module asks for the address of another: with a path as it stands. */
const ADDRESS = /import\.meta\.resolve\(\s*"(\.[^"]+\.ts)",?\s*\)/g;
const UNKNOWN_ADDRESS =
  /(?<!["'`])import\.meta\.(resolve|url|dirname|filename)\b/;

/**
 * Bundles the program into `dist/bundle`, for `deno compile`.
 *
 * Compiled from its sources the executable had all npm packages in it, those
 * of the tests too (15 MB), and took twice as long to start (104 ms, not 52),
 * most of it to load 230 modules.
 * @throws {Error} If a module has an address that would not be found.
 */
export async function bundle(): Promise<Bundle> {
  await removeDirectory(new URL(`${DIRECTORY}/`, ROOT));
  const modules = await findModules("src");
  const entries = [MAIN, ...modules];
  await deno(["bundle", "--quiet", "--outdir", DIRECTORY, ...entries]);
  const commit = JSON.stringify(readGitCommit(ROOT));
  for (const entry of entries) {
    const path = new URL(bundled(entry), ROOT);
    const code = await Deno.readTextFile(path);
    const linked = relink(code, { entry, modules });
    await Deno.writeTextFile(path, `const RQTT_COMMIT = ${commit};\n${linked}`);
  }
  return {
    mainPath: bundled(MAIN),
    modulePaths: [...modules.map(bundled), PLUGIN_API],
  };
}

/** The modules that another one asks for, as paths from the root. */
async function findModules(directory: string): Promise<string[]> {
  const found = new Map<string, string>();
  for await (const path of sourceFiles(directory)) {
    // It builds the program, and is not in it.
    if (path.startsWith("src/cli/packaging/")) continue;
    const url = new URL(path, ROOT);
    for (const [, target] of (await Deno.readTextFile(url)).matchAll(ADDRESS)) {
      const module = new URL(target, url).href.slice(ROOT.href.length);
      const name = baseName(module);
      const other = found.get(name) ?? module;
      if (other !== module) {
        throw new Error(
          `Cannot bundle ${module}: ${other} has the same name, and the ` +
            "bundle tells modules apart by their names",
        );
      }
      found.set(name, module);
    }
  }
  return [...found.values()].sort();
}

async function* sourceFiles(directory: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(directory, ROOT))) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) yield* sourceFiles(path);
    else if (path.endsWith(".ts")) yield path;
  }
}

/** In a bundle a module asks from another place, and for a `.js`. */
function relink(
  code: string,
  { entry, modules }: { entry: string; modules: readonly string[] },
): string {
  const depth = entry.split("/").length - 1;
  const toRoot = depth === 0 ? "./" : "../".repeat(depth);
  const parts = code.split(ADDRESS);
  // Every second part is what ADDRESS has captured: the path.
  return parts.map((part, index) => {
    if (index % 2 === 0) return checkAddresses(part, entry);
    const module = modules.find((each) => baseName(each) === baseName(part));
    if (module === undefined) throw new Error(`Cannot find ${part}`);
    return `import.meta.resolve("${toRoot}${withoutSuffix(module)}.js")`;
  }).join("");
}

function checkAddresses(code: string, entry: string): string {
  const unknown = UNKNOWN_ADDRESS.exec(code);
  if (unknown === null) return code;
  const { index } = unknown;
  throw new Error(
    `Cannot bundle ${entry}: only import.meta.resolve("./a_path.ts") works ` +
      `in the executable, found ${
        code.slice(index, index + 60).split("\n")[0]
      }`,
  );
}

function bundled(entry: string): string {
  return `${DIRECTORY}/${withoutSuffix(entry)}.js`;
}

function withoutSuffix(path: string): string {
  return path.slice(0, -".ts".length);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

async function removeDirectory(directory: URL): Promise<void> {
  try {
    await Deno.remove(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
