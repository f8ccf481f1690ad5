/**
 * `deno task release`: an executable for each kind of machine in
 * `dist/release`, with their SHA-256 sums.
 * @module
 */
import { parseArgs } from "../_parse_args.ts";
import { VERSION } from "../../version.ts";
import { type Bundle, bundle } from "./_bundle.ts";
import { makeEmpty, ROOT, RUNTIME_VARIABLE } from "./_deno.ts";
import { compile } from "./_executable.ts";

/** What `--help` prints. */
const HELP = `\
Usage: deno task release [--target NAME] [--skip-missing]

  --target NAME    only for this machine
  --skip-missing   go on if the runtime for a machine cannot be downloaded

Writes the executables and SHA256SUMS to dist/release. The variable DENORT_BIN
names a runtime for machines like this one. Exit codes: 0 all that was asked
for is there, or was left out with --skip-missing; 1 something is missing.`;

/** Machines as people call them, and as Deno does. */
const TARGETS: Readonly<Record<string, string>> = {
  "linux-x86_64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x86_64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x86_64": "x86_64-pc-windows-msvc",
};

const DIRECTORY = "dist/release";

/** Where `deno compile` fails if it does not get the runtime. */
const NO_RUNTIME = "Setting up base binary";

Deno.exit(await release(Deno.args));

async function release(args: readonly string[]): Promise<number> {
  const options = parseArgs(args, {
    string: ["target"],
    boolean: ["skip-missing", "help"],
    alias: { h: "help" },
    unknown: (argument) => {
      console.error(`Unknown argument ${argument}, see --help`);
      Deno.exit(2);
    },
  });
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const only = options.target as string | undefined;
  const names = Object.keys(TARGETS).filter((name) => name === (only ?? name));
  if (names.length === 0) {
    console.error(`Expected --target ${Object.keys(TARGETS).join(" or ")}`);
    return 2;
  }
  const built: string[] = [];
  // What an earlier release left there would be taken for this one's.
  await makeEmpty(new URL(`${DIRECTORY}/`, ROOT));
  const program = await bundle();
  for (const name of names) {
    const missing = await build(name, program);
    if (missing === null) {
      built.push(fileName(name));
      continue;
    }
    console.error(missing);
    if (!options["skip-missing"]) return 1;
  }
  await writeSums(built);
  console.log(`${built.length} of ${names.length} in ${DIRECTORY}`);
  return built.length > 0 ? 0 : 1;
}

/** Builds for one machine; returns why its runtime is missing, if it is. */
async function build(name: string, program: Bundle): Promise<string | null> {
  const target = TARGETS[name];
  const runtimePath = target === Deno.build.target
    ? Deno.env.get(RUNTIME_VARIABLE)
    : undefined;
  const outputPath = `${DIRECTORY}/${fileName(name)}`;
  try {
    await compile(program, { outputPath, target, runtimePath });
    return null;
  } catch (error) {
    const message = (error as Error).message;
    if (!message.includes(NO_RUNTIME)) throw error;
    const [, cause] = /1: (.*)/.exec(message) ?? [];
    return `Cannot build for ${name}: the runtime of Deno ` +
      `${Deno.version.deno} for ${target} cannot be downloaded: ` +
      `${cause ?? message} (--skip-missing goes on without it)`;
  }
}

function fileName(name: string): string {
  const suffix = name.startsWith("windows") ? ".exe" : "";
  return `rqtt-${VERSION}-${name}${suffix}`;
}

/** Lines that `sha256sum --check` reads. */
async function writeSums(names: readonly string[]): Promise<void> {
  const lines = await Promise.all(names.map(async (name) => {
    const bytes = await Deno.readFile(new URL(`${DIRECTORY}/${name}`, ROOT));
    const sum = await crypto.subtle.digest("SHA-256", bytes);
    return `${new Uint8Array(sum).toHex()}  ${name}\n`;
  }));
  await Deno.writeTextFile(
    new URL(`${DIRECTORY}/SHA256SUMS`, ROOT),
    lines.join(""),
  );
}
