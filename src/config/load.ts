import { check, Misfit } from "./_check.ts";
import { readEnvironment } from "./_environment.ts";
import { type ConfigFile, readConfigFile } from "./_file.ts";
import { formatPath, lineOf, type Path } from "./_locate.ts";
import { checkNamedFiles } from "./_named_files.ts";
import { type Override, withOverrides } from "./_override.ts";
import { checkRelations } from "./_relations.ts";
import type { Config, LogLevel } from "./config.ts";
import { ConfigError } from "./error.ts";
import { formatAddress } from "./scalars.ts";
import { SCHEMA } from "./schema.ts";

/** What the command line sets; host and port are the first listener's. */
export interface Flags {
  readonly host?: string;
  readonly port?: number;
  readonly logLevel?: LogLevel;
  readonly allowAnonymous?: boolean;
}

/** Where a configuration comes from. */
export interface ConfigSources {
  /** The path of a YAML file; without it the defaults stand in its place. */
  readonly file?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly flags: Flags;
  /** Called with `file`, once, and with the files that it names. */
  readonly readTextFile: (path: string) => string;
  /** Whether these have to be usable; yes if it is left out. */
  readonly checksFiles?: boolean;
}

/** The configuration of a broker that was told nothing: loopback only. */
export function defaultConfig(): Config {
  return deepFreeze(check(SCHEMA, {}));
}

/**
 * Loads and checks the configuration: flags win over environment variables,
 * those over the file, and that over the defaults.
 * @throws {ConfigError} At the first problem found.
 */
export function loadConfig(sources: ConfigSources): Config {
  const file = sources.file === undefined
    ? undefined
    : readConfigFile(sources.file, sources.readTextFile);
  // Each layer is checked before the next is laid over it: what is wrong in
  // the file is told even where a variable hides it, and a layer can rely on
  // the shape of those below.
  const fromFile = checkLayers(file, []);
  const variables = readEnvironment(sources.environment, {
    listeners: fromFile.listeners.length,
    plugins: fromFile.plugins.length,
  });
  const fromVariables = checkLayers(file, variables);
  const all = [...variables, ...readFlags(sources.flags, fromVariables)];
  const config = checkLayers(file, all);
  orConfigError(file, all, () => {
    checkRelations(config);
    if (sources.checksFiles !== false) {
      checkNamedFiles(config, sources.readTextFile);
    }
  });
  return deepFreeze(config);
}

function checkLayers(
  file: ConfigFile | undefined,
  overrides: readonly Override[],
): Config {
  const tree = withOverrides(file?.tree, overrides);
  return orConfigError(file, overrides, () => check(SCHEMA, tree));
}

/** Gives a misfit its place: the flag, variable or line that it stands in. */
function orConfigError<Result>(
  file: ConfigFile | undefined,
  overrides: readonly Override[],
  run: () => Result,
): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    const where = [
      "Cannot load configuration",
      originOf(error.path, overrides) ?? (file && placeOf(error.path, file)),
      formatPath(error.path),
      error.message,
    ];
    throw new ConfigError(where.filter(Boolean).join(": "), { cause: error });
  }
}

/** The last override of a path is the one that holds. */
function originOf(path: Path, overrides: readonly Override[]) {
  const wanted = formatPath(path);
  return overrides.findLast((override) => formatPath(override.path) === wanted)
    ?.origin;
}

function placeOf(path: Path, file: ConfigFile): string {
  const line = lineOf(file.text, path);
  return line === undefined ? file.path : `${file.path}:${line}`;
}

function readFlags(flags: Flags, below: Config): Override[] {
  const { host, port, logLevel, allowAnonymous } = flags;
  const overrides: Override[] = [];
  if (host !== undefined || port !== undefined) {
    const address = {
      hostname: "127.0.0.1",
      port: 1883,
      ...below.listeners[0],
    };
    if (host !== undefined) {
      address.hostname = host.replace(/^\[(.*)\]$/, "$1");
    }
    if (port !== undefined) address.port = port;
    overrides.push({
      path: ["listeners", 0, "address"],
      value: formatAddress(address),
      origin: host === undefined ? "--port" : "--host",
    });
  }
  if (logLevel !== undefined) {
    const path = ["log", "level"];
    overrides.push({ path, value: logLevel, origin: "--log-level" });
  }
  if (allowAnonymous) {
    const path = ["auth", "allow_anonymous"];
    overrides.push({ path, value: true, origin: "--allow-anonymous" });
  }
  return overrides;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
