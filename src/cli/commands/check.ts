import {
  loadRules,
  PluginSet,
  SILENT_PLUGIN_OBSERVER,
} from "../../auth/mod.ts";
import { type Command, HELP_OPTION } from "../command.ts";
import {
  CONFIG_OPTIONS,
  type ConfigSource,
  configSource,
} from "../config_options.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { readOptions } from "../read_options.ts";
import type { Surroundings } from "../surroundings.ts";

/** `rqtt check`: all that `serve` would refuse to start with. */
export const command: Command = {
  name: "check",
  summary: "check the configuration and the files that it names",
  usage: ["[options]"],
  options: [...CONFIG_OPTIONS, HELP_OPTION],
  notes: "It reads the same file, environment variables and flags as serve.",
  example: {
    purpose: "check a file before the broker reads it",
    line: "check --config rqtt.yaml",
  },
  exitCodes: "0 fine, 2 wrong usage, 3 wrong configuration",
  async run(args, surroundings) {
    const options = readOptions(command, args);
    return await checkConfig(configSource(options, surroundings), surroundings);
  },
};

/**
 * Reads the configuration and its files, starts and ends its plugins, and says
 * that they are fine.
 * @throws {ConfigError} If they are not.
 */
export async function checkConfig(
  { read }: ConfigSource,
  { readTextFile, writeOutput }: Surroundings,
): Promise<ExitCode> {
  const config = read();
  const plugins = await PluginSet.start(config.plugins, SILENT_PLUGIN_OBSERVER);
  try {
    loadRules(config, { readTextFile, plugins });
  } finally {
    plugins.stop();
  }
  writeOutput("The configuration is fine");
  return EXIT_CODE.fine;
}
