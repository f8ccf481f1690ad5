import { loadRules } from "../auth/mod.ts";
import {
  type Config,
  ConfigError,
  exampleYaml,
  FILE_VARIABLE,
  isLoopback,
  loadConfig,
} from "../config/mod.ts";
import { type Command, parseArguments, UsageError } from "./arguments.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";
import { explain } from "./explain.ts";
import { HELP } from "./help.ts";
import { LineLogger } from "./logger.ts";
import { passwd } from "./passwd.ts";
import type { ReloadSource } from "./reloader.ts";
import { serve } from "./serve.ts";
import type { StartServer } from "./server.ts";
import type { SignalSource } from "./signals.ts";
import { VERSION } from "./version.ts";

/** The process, as far as the program touches it. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signals: SignalSource;
  readonly reloads: ReloadSource;
  /** Whether log lines may be coloured. */
  readonly hasColor: boolean;
  readonly now: () => number;
  readonly readTextFile: (path: string) => string;
  /** Each takes whole lines, without the last line end. */
  readonly writeOutput: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Asks on the terminal; `null` if there is no answer. */
  readonly askPassword: (question: string) => string | null;
}

/** The whole program: reads the command line, does it, returns the exit code. */
export async function run(
  surroundings: Surroundings,
  startServer: StartServer,
): Promise<ExitCode> {
  const { args, writeOutput, writeError } = surroundings;
  try {
    if (args[0] === "passwd") {
      return await passwd({ ...surroundings, args: args.slice(1) });
    }
    if (args[0] === "explain") {
      return await explain({ ...surroundings, args: args.slice(1) });
    }
    const command = parseArguments(args);
    switch (command.name) {
      case "help":
        writeOutput(HELP);
        return EXIT_CODE.fine;
      case "version":
        writeOutput(`rqtt ${VERSION}`);
        return EXIT_CODE.fine;
      case "example":
        writeOutput(exampleYaml().trimEnd());
        return EXIT_CODE.fine;
      case "check":
        loadRules(
          load(command, surroundings).auth,
          surroundings.readTextFile,
        );
        writeOutput("The configuration is fine");
        return EXIT_CODE.fine;
      case "serve":
        return await start(command, { surroundings, startServer });
    }
  } catch (error) {
    if (error instanceof UsageError) {
      writeError(error.message);
      return EXIT_CODE.usage;
    }
    if (error instanceof ConfigError) {
      writeError(error.message);
      return EXIT_CODE.configuration;
    }
    throw error;
  }
}

/** A command that needs a configuration. */
type ConfiguredCommand = Extract<Command, { name: "check" | "serve" }>;

function load(
  command: ConfiguredCommand,
  { environment, readTextFile }: Surroundings,
): Config {
  const file = fileOf(command, environment);
  const { flags } = command;
  return loadConfig({ file, environment, flags, readTextFile });
}

function fileOf(
  { file }: ConfiguredCommand,
  environment: Surroundings["environment"],
): string | undefined {
  return file ?? (environment[FILE_VARIABLE] || undefined);
}

async function start(
  command: ConfiguredCommand,
  { surroundings, startServer }: {
    surroundings: Surroundings;
    startServer: StartServer;
  },
): Promise<ExitCode> {
  const config = load(command, surroundings);
  const { hasColor, now, reloads, signals, writeError } = surroundings;
  const logger = new LineLogger({
    ...config.log,
    hasColor,
    now,
    write: writeError,
  });
  const hasFile = fileOf(command, surroundings.environment) !== undefined;
  if (!hasFile && config.listeners.every(isLoopback)) {
    logger.info(
      "no configuration file, so only this machine can connect; " +
        "a file (--config) with users opens it to others",
    );
  }
  const exitCode = await serve(config, {
    logger,
    startServer,
    signals,
    recover: command.recover,
    reloading: {
      source: reloads,
      file: fileOf(command, surroundings.environment),
      readConfig: () => load(command, surroundings),
    },
  });
  logger.flush();
  return exitCode;
}
