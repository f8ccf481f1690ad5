import {
  type Config,
  FILE_VARIABLE,
  type Flags,
  loadConfig,
} from "../config/mod.ts";
import { LOG_LEVEL, PORT } from "../config/scalars.ts";
import type { Option } from "./command.ts";
import type { Options } from "./read_options.ts";
import type { Surroundings } from "./surroundings.ts";

/** Names the configuration file. */
export const FILE_OPTION: Option = {
  name: "config",
  short: "c",
  value: "FILE",
  summary: "read the configuration from this YAML file",
};

/** What of the configuration can stand on the command line. */
export const CONFIG_OPTIONS: readonly Option[] = [
  FILE_OPTION,
  {
    name: "host",
    value: "HOST",
    summary: "listen on this address instead of 127.0.0.1",
  },
  {
    name: "port",
    short: "p",
    value: "PORT",
    summary: "listen on this port instead of 1883",
  },
  {
    name: "allow-anonymous",
    summary: "let in everybody who reaches the addresses",
  },
  {
    name: "log-level",
    value: "LEVEL",
    choices: ["debug", "info", "warn", "error"],
    summary: "show debug, info, warn or error and what is above",
  },
];

/** Where a command has its configuration from. */
export interface ConfigSource {
  /** The path of the configuration file, if one is named. */
  readonly file: string | undefined;
  /**
   * Reads it; without `checksFiles` it does not matter how the files are that
   * it names.
   * @throws {ConfigError} If the configuration is wrong.
   */
  readonly read: (options?: { readonly checksFiles: boolean }) => Config;
}

/**
 * How to read the configuration that `options` and the environment ask for.
 * @throws {UsageError} If a value is not usable.
 */
export function configSource(
  options: Options,
  { environment, readTextFile }: Surroundings,
): ConfigSource {
  const file = options.text("config") ??
    (environment[FILE_VARIABLE] || undefined);
  const flags = readFlags(options);
  return {
    file,
    read: (options) =>
      loadConfig({ file, environment, flags, readTextFile, ...options }),
  };
}

function readFlags(options: Options): Flags {
  return {
    host: options.text("host"),
    port: options.value("port", PORT),
    logLevel: options.value("log-level", LOG_LEVEL),
    ...(options.has("allow-anonymous") ? { allowAnonymous: true } : {}),
  };
}
