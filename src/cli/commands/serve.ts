import { exampleYaml, isLoopback } from "../../config/mod.ts";
import { type Command, HELP_OPTION } from "../command.ts";
import {
  CONFIG_OPTIONS,
  type ConfigSource,
  configSource,
} from "../config_options.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { LineLogger } from "../logger.ts";
import { readOptions } from "../read_options.ts";
import { serve } from "../serve.ts";
import type { Surroundings } from "../surroundings.ts";
import { checkConfig } from "./check.ts";

/** `rqtt serve`, or `rqtt` alone: the broker. */
export const command: Command = {
  name: "serve",
  summary: "run the broker",
  usage: ["[options]"],
  options: [
    ...CONFIG_OPTIONS,
    { name: "recover", summary: "move a damaged store aside, keep what reads" },
    { name: "check", summary: "check the configuration and exit" },
    { name: "example", summary: "print every key with its default and exit" },
    { name: "version", summary: "print the version and exit" },
    HELP_OPTION,
  ],
  notes: `\
--host and --port change the first listener. Without any configuration only
this machine can connect. Flags stand over environment variables (RQTT_…),
those over the file, and that over the defaults.`,
  example: {
    purpose: "let everyone who reaches this machine connect",
    line: "serve --host 0.0.0.0 --allow-anonymous",
  },
  exitCodes: "0 fine, 1 failure, 2 wrong usage, 3 wrong configuration",
  async run(args, surroundings) {
    const options = readOptions(command, args);
    if (options.has("example")) {
      surroundings.writeOutput(exampleYaml().trimEnd());
      return EXIT_CODE.fine;
    }
    const source = configSource(options, surroundings);
    if (options.has("check")) return checkConfig(source, surroundings);
    return await start(source, {
      surroundings,
      recover: options.has("recover"),
    });
  },
};

async function start(
  { file, read }: ConfigSource,
  { surroundings, recover }: {
    readonly surroundings: Surroundings;
    readonly recover: boolean;
  },
): Promise<ExitCode> {
  const config = read();
  const {
    hasColor,
    isWatched,
    now,
    reloads,
    signals,
    startServer,
    writeError,
  } = surroundings;
  const logger = new LineLogger({
    ...config.log,
    hasColor,
    isWatched,
    now,
    write: writeError,
  });
  if (file === undefined && config.listeners.every(isLoopback)) {
    logger.info(
      "no configuration file, so only this machine can connect; " +
        "a file (--config) with users opens it to others",
    );
  }
  const exitCode = await serve(config, {
    logger,
    logControl: logger,
    startServer,
    signals,
    recover,
    service: surroundings.connectServiceManager(logger),
    reloading: { source: reloads, file, readConfig: read },
  });
  logger.flush();
  return exitCode;
}
