import { bundleForBrowsers, clientEntryPoint } from "../../client/bundle.ts";
import { readGitCommit } from "../git_commit.ts";
import project from "../../../deno.json" with { type: "json" };
import { deno, makeEmpty, ROOT } from "./_deno.ts";

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
/** In a text, and for packages that require modules of Node.js, they are none. */
const UNKNOWN_ADDRESS =
  /(?<!["'`]|createRequire\()import\.meta\.(resolve|url|dirname|filename)\b/;

/**
 * Bundles the program into `dist/bundle`, for `deno compile`.
 *
 * Compiled from its sources the executable had all npm packages in it, those
 * of the tests too (15 MB), and took twice as long to start (104 ms, not 52),
 * most of it to load 230 modules. What is imported when it is needed stays in
 * files of its own, or every start would read the admin HTTP too (30 ms).
 * @throws {Error} If a module has an address that would not be found.
 */
export async function bundle(): Promise<Bundle> {
  await makeEmpty(new URL(`${DIRECTORY}/`, ROOT));
  const modules = await findModules("src");
  await deno([
    ...["bundle", "--quiet", "--code-splitting", "--outdir", DIRECTORY],
    ...[MAIN, ...modules],
  ]);
  const definitions: Record<string, string | null> = {
    RQTT_COMMIT: readGitCommit(ROOT),
    RQTT_BROWSER_CLIENT: await bundleForBrowsers(clientEntryPoint),
  };
  for await (const path of filesBelow(DIRECTORY, ".js")) {
    const url = new URL(path, ROOT);
    const code = relink(await Deno.readTextFile(url), { path, modules });
    const head = Object.entries(definitions)
      .filter(([name]) => code.includes(`typeof ${name}`))
      .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`)
      .join("");
    await Deno.writeTextFile(url, head + code);
  }
  return {
    mainPath: bundled(MAIN),
    modulePaths: [...modules.map(bundled), PLUGIN_API],
  };
}

/** The modules that another one asks for, as paths from the root. */
async function findModules(directory: string): Promise<string[]> {
  const found = new Map<string, string>();
  for await (const path of filesBelow(directory, ".ts")) {
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

async function* filesBelow(
  directory: string,
  suffix: string,
): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(new URL(directory, ROOT))) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path, suffix);
    else if (path.endsWith(suffix)) yield path;
  }
}

/** In a bundle a module asks from another place, and for a `.js`. */
function relink(
  code: string,
  { path, modules }: { path: string; modules: readonly string[] },
): string {
  const depth = path.split("/").length - DIRECTORY.split("/").length - 1;
  const toTop = depth === 0 ? "./" : "../".repeat(depth);
  // Every second part is what ADDRESS has captured: the path.
  return code.split(ADDRESS).map((part, index) => {
    if (index % 2 === 0) return checkAddresses(part, path);
    const module = modules.find((each) => baseName(each) === baseName(part));
    if (module === undefined) throw new Error(`Cannot find ${part}`);
    return `import.meta.resolve("${toTop}${withoutSuffix(module)}.js")`;
  }).join("");
}

function checkAddresses(code: string, path: string): string {
  const unknown = UNKNOWN_ADDRESS.exec(code);
  if (unknown === null) return code;
  const { index } = unknown;
  throw new Error(
    `Cannot bundle ${path}: only import.meta.resolve("./a_path.ts") works ` +
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
