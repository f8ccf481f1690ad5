import type { Command } from "../command.ts";
import type { Surroundings } from "../surroundings.ts";
import { CLIENT_EXIT_CODE, ClientFailure, ClientUsageError } from "./errors.ts";
import {
  asksForHelp,
  type ClientArguments,
  readArguments,
} from "./read_arguments.ts";
import type { ClientOption } from "./spelling.ts";

/** What a client of Mosquitto is here. */
export interface ClientCommand extends
  Pick<
    Command,
    "name" | "summary" | "usage" | "notes" | "example"
  > {
  readonly options: readonly ClientOption[];
  /**
   * Resolves with the exit code.
   * @throws {ClientUsageError} If the command line is wrong.
   * @throws {ClientFailure} If it has to end.
   */
  readonly act: (
    args: ClientArguments,
    surroundings: Surroundings,
  ) => Promise<number>;
}

/** A command that reads, speaks and ends as Mosquitto's clients do. */
export function defineClient(client: ClientCommand): Command {
  const { name, options, act, ...rest } = client;
  return {
    name,
    options,
    ...rest,
    exitCodes: "0 fine, 1 failure or wrong usage, 27 timeout; or CONNACK's",
    asksForHelp: (args) => asksForHelp(options, args),
    async run(args, surroundings) {
      try {
        return await act(readArguments(options, args), surroundings);
      } catch (error) {
        return tell(error, name, { args, surroundings });
      }
    },
  };
}

/** Standard error gets what is wrong, unless --quiet wants it silent. */
function tell(
  error: unknown,
  name: string,
  { args, surroundings: { writeError } }: {
    readonly args: readonly string[];
    readonly surroundings: Surroundings;
  },
): number {
  if (error instanceof ClientUsageError) {
    writeError(
      `Error: ${error.message}\n\nUse 'rqtt ${name} --help' to see usage.`,
    );
    return CLIENT_EXIT_CODE.failure;
  }
  if (!(error instanceof ClientFailure)) throw error;
  if (!args.includes("--quiet")) writeError(error.message);
  return error.exitCode;
}
