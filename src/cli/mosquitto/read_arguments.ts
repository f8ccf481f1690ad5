import { suggest } from "../../config/suggest.ts";
import { spell } from "../command.ts";
import { ClientUsageError } from "./errors.ts";
import {
  type PropertyArgument,
  readPropertyArgument,
} from "./property_argument.ts";
import type { ClientOption } from "./spelling.ts";

/** What stands on the command line of a client. */
export interface ClientArguments {
  has(name: string): boolean;
  /** The value of the option, the last one if it is repeated. */
  text(name: string): string | undefined;
  /** All values of an option, in their order. */
  all(name: string): readonly string[];
  /**
   * A whole number, as C reads one: digits in front, else 0.
   */
  integer(name: string): number | undefined;
  /** Each -D. */
  readonly properties: readonly PropertyArgument[];
}

/**
 * Reads a command line as Mosquitto's clients do: what follows an option is
 * its value whatever it looks like, nothing is joined by "=", and no letters
 * share a dash. `@std/cli` would read a payload of "-5" as an option.
 * @throws {ClientUsageError} If an option is unknown, has no value or cannot
 * be done.
 */
export function readArguments(
  options: readonly ClientOption[],
  args: readonly string[],
): ClientArguments {
  const values = new Map<string, string[]>();
  const properties: PropertyArgument[] = [];
  for (let index = 0; index < args.length; index++) {
    const option = find(options, args[index]);
    const { name, value, noun, refusal } = option;
    if (name === "property") {
      const read = readPropertyArgument(args.slice(index + 1));
      properties.push(read.property);
      index += read.count;
      continue;
    }
    const list = values.get(name) ?? [];
    values.set(name, list);
    if (value === undefined) continue;
    if (index + 1 === args.length) {
      const shown = spellFirst(option);
      throw new ClientUsageError(
        `${shown} argument given but no ${noun} specified.`,
      );
    }
    index++;
    list.push(args[index]);
    if (refusal !== undefined) {
      throw new ClientUsageError(`${spell(name)} cannot be used: ${refusal}.`);
    }
  }
  const text = (name: string) => values.get(name)?.at(-1);
  return {
    has: (name) => values.has(name),
    text,
    all: (name) => values.get(name) ?? [],
    integer: (name) => {
      const found = text(name);
      return found === undefined ? undefined : Number.parseInt(found) || 0;
    },
    properties,
  };
}

/** Whether `--help` stands where an option does. */
export function asksForHelp(
  options: readonly ClientOption[],
  args: readonly string[],
): boolean {
  for (let index = 0; index < args.length; index++) {
    if (args[index] === "--help") return true;
    const option = options.find((each) => isSpelt(each, args[index]));
    if (option?.value !== undefined) index += option.value.split(" ").length;
  }
  return false;
}

function find(
  options: readonly ClientOption[],
  argument: string,
): ClientOption {
  const found = options.find((each) => isSpelt(each, argument));
  if (found !== undefined) return found;
  const nearest = argument.startsWith("--")
    ? suggest(argument, options.map(({ name }) => spell(name)))
    : undefined;
  const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  throw new ClientUsageError(`Unknown option '${argument}'.${hint}`);
}

function isSpelt({ name, short }: ClientOption, argument: string): boolean {
  return argument === spell(name) || argument === `-${short}`;
}

function spellFirst({ name, short }: ClientOption): string {
  // Mosquitto tells of this one by its long name.
  if (name === "protocol-version") return spell(name);
  return short === undefined ? spell(name) : `-${short}`;
}
