import { ConfigError } from "../config/error.ts";
import { suggest } from "../config/suggest.ts";
import { type Command, UsageError } from "./command.ts";
import { EXIT_CODE } from "./exit_code.ts";
import { commandHelp, programHelp } from "./help.ts";
import { COMMANDS, DEFAULT_COMMAND, loadCommands } from "./registry.ts";
import type { Surroundings } from "./surroundings.ts";
import { describeVersion } from "./version.ts";

/** The whole program: reads the command line, does it, returns the exit code. */
export async function run(surroundings: Surroundings): Promise<number> {
  const { writeError } = surroundings;
  try {
    return await runCommand(surroundings);
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

async function runCommand(surroundings: Surroundings): Promise<number> {
  const { args, writeOutput } = surroundings;
  const isNamed = args.length > 0 && !args[0].startsWith("-");
  const name = isNamed ? args[0] : DEFAULT_COMMAND;
  const rest = isNamed ? args.slice(1) : args;
  if (!isNamed && rest.includes("--version")) {
    writeOutput(describeVersion());
    return EXIT_CODE.fine;
  }
  if (!Object.hasOwn(COMMANDS, name)) throw unknownCommand(name);
  const { command } = await COMMANDS[name]();
  if (!isHelpAsked(command, rest)) {
    return await command.run(rest, surroundings);
  }
  writeOutput(
    isNamed ? commandHelp(command) : programHelp(await loadCommands()),
  );
  return EXIT_CODE.fine;
}

/** A question is answered whatever stands beside it. */
function isHelpAsked(command: Command, args: readonly string[]): boolean {
  return command.asksForHelp?.(args) ??
    args.some((argument) => argument === "--help" || argument === "-h");
}

function unknownCommand(name: string): UsageError {
  const nearest = suggest(name, Object.keys(COMMANDS));
  const hint = nearest === undefined
    ? "see rqtt --help"
    : `did you mean ${nearest}?`;
  const shown = JSON.stringify(name.slice(0, 60));
  return new UsageError(`Unknown command ${shown}, ${hint}`);
}
