import type { Scalar } from "../config/scalars.ts";
import { suggest } from "../config/suggest.ts";
import { expectation, readText } from "../config/text.ts";
import { parseArgs } from "./_parse_args.ts";
import {
  type Command,
  type Option,
  spell,
  spellings,
  UsageError,
} from "./command.ts";

/** What stands on the command line of one command. */
export interface Options {
  /** Whether the switch is there. */
  has(name: string): boolean;
  /** The value of the option, the last one if it is repeated. */
  text(name: string): string | undefined;
  /**
   * The value, checked.
   * @throws {UsageError} If it is none of `scalar`.
   */
  value<Value>(name: string, scalar: Scalar<Value>): Value | undefined;
  /** What belongs to no option. */
  readonly operands: readonly string[];
}

/**
 * Reads the command line of `command`, which takes up to `maximumOperands`
 * arguments beside its options.
 * @throws {UsageError} If an option is unknown or has no value.
 */
export function readOptions(
  command: Pick<Command, "name" | "options">,
  args: readonly string[],
  maximumOperands = 0,
): Options {
  const { options } = command;
  const parsed = parseArgs(joinValues(options, args), {
    string: ["_", ...options.filter(({ value }) => value).map(nameOf)],
    boolean: options.filter(({ value }) => !value).map(nameOf),
    alias: Object.fromEntries(
      options.flatMap(({ name, short }) => short ? [[short, name]] : []),
    ),
    unknown: (argument) => {
      if (!argument.startsWith("-")) return true;
      throw unknownOption(command, argument);
    },
  });
  const operands = parsed._.map(String);
  if (operands.length > maximumOperands) {
    const shown = quote(operands[maximumOperands]);
    throw new UsageError(`Unexpected argument ${shown}, ${see(command.name)}`);
  }
  // A value is missing if the next argument is another option, or none.
  for (const { name, value } of options) {
    if (value && parsed[name] === "") {
      throw new UsageError(
        `Cannot read ${spell(name)}: ${expectation(value, undefined)}`,
      );
    }
  }
  const text = (name: string) => parsed[name] as string | undefined;
  return {
    has: (name) => parsed[name] === true,
    text,
    value: (name, scalar) => checkValue(name, scalar, text(name)),
    operands,
  };
}

/**
 * Has values that begin with one hyphen, as the column in `--sort -age`, stand
 * behind a `=`, where they cannot be taken for options.
 */
function joinValues(
  options: readonly Option[],
  args: readonly string[],
): string[] {
  const known = new Set(options.flatMap(spellings));
  const joined: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index];
    if (argument === "--") return [...joined, ...args.slice(index)];
    const option = options.find((each) => spellings(each).includes(argument));
    const next = args[index + 1];
    const isValue = option?.value !== undefined && next !== undefined &&
      /^-[^-]/.test(next) && !known.has(next);
    if (!isValue) {
      joined.push(argument);
      continue;
    }
    joined.push(`--${option.name}=${next}`);
    index++;
  }
  return joined;
}

function nameOf({ name }: Option): string {
  return name;
}

function checkValue<Value>(
  name: string,
  scalar: Scalar<Value>,
  text: string | undefined,
): Value | undefined {
  if (text === undefined) return undefined;
  const checked = scalar.parse(readText(scalar, text));
  if (checked !== undefined) return checked;
  throw new UsageError(
    `Cannot read ${spell(name)}: ${expectation(scalar.expected, text)}`,
  );
}

function unknownOption(
  { name, options }: Pick<Command, "name" | "options">,
  argument: string,
): UsageError {
  // Any letter is near to any other.
  const words = options.map(nameOf).filter((each) => each.length > 1);
  const nearest = suggest(argument.replace(/=.*$/s, ""), words.map(spell));
  const hint = nearest === undefined ? see(name) : `did you mean ${nearest}?`;
  return new UsageError(`Unknown option ${quote(argument)}, ${hint}`);
}

function see(name: string): string {
  return `see rqtt ${name} --help`;
}

function quote(argument: string): string {
  return JSON.stringify(argument.slice(0, 60));
}
