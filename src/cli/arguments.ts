import type { Flags } from "../config/mod.ts";
import { LOG_LEVEL, PORT, type Scalar } from "../config/scalars.ts";
import { suggest } from "../config/suggest.ts";
import { expectation, readText } from "../config/text.ts";
import { parseArgs } from "./_parse_args.ts";

/** The command line cannot be understood; `message` is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the user asked for. */
export type Command =
  | { readonly name: "help" | "version" | "example" }
  | {
    readonly name: "check" | "serve";
    /** The path of the configuration file, if one is named. */
    readonly file?: string;
    readonly flags: Flags;
    /** Moves a damaged store aside and keeps what reads of it. */
    readonly recover: boolean;
  };

/** One option, for the parser and for the help. */
export interface Option {
  readonly name: string;
  readonly short?: string;
  /** The name of its value; an option without one is a switch. */
  readonly value?: string;
  readonly summary: string;
}

/** In the order of the help. */
export const OPTIONS: readonly Option[] = [
  {
    name: "config",
    short: "c",
    value: "FILE",
    summary: "read the configuration from this YAML file",
  },
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
    summary: "show debug, info, warn or error and what is above",
  },
  { name: "recover", summary: "move a damaged store aside, keep what reads" },
  { name: "check", summary: "check the configuration and exit" },
  { name: "example", summary: "print every key with its default and exit" },
  { name: "version", summary: "print the version and exit" },
  { name: "help", short: "h", summary: "print this help and exit" },
];

/**
 * Reads the command line.
 * @throws {UsageError} If an option is unknown or its value is not usable.
 */
export function parseArguments(args: readonly string[]): Command {
  const parsed = parseArgs(args, {
    string: OPTIONS.filter((option) => option.value).map(({ name }) => name),
    boolean: OPTIONS.filter((option) => !option.value).map(({ name }) => name),
    alias: Object.fromEntries(
      OPTIONS.flatMap(({ name, short }) => short ? [[short, name]] : []),
    ),
    unknown: (argument) => {
      throw unknownArgument(argument);
    },
  });
  if (parsed._.length > 0) throw unknownArgument(String(parsed._[0]));
  for (const name of ["help", "version", "example"] as const) {
    if (parsed[name]) return { name };
  }
  const value = (name: string) => readValue(name, parsed[name]);
  return {
    name: parsed.check ? "check" : "serve",
    file: value("config"),
    recover: parsed.recover === true,
    flags: {
      host: value("host"),
      port: checkValue("port", PORT, value("port")),
      logLevel: checkValue("log-level", LOG_LEVEL, value("log-level")),
      ...(parsed["allow-anonymous"] ? { allowAnonymous: true } : {}),
    },
  };
}

/** A value is missing if the next argument is another option, or none. */
function readValue(name: string, value: unknown): string | undefined {
  if (value === "") {
    const expected = OPTIONS.find((option) => option.name === name)?.value;
    throw new UsageError(
      `Cannot read --${name}: ${expectation(expected ?? "", undefined)}`,
    );
  }
  return value as string | undefined;
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
    `Cannot read --${name}: ${expectation(scalar.expected, text)}`,
  );
}

function unknownArgument(argument: string): UsageError {
  const shown = JSON.stringify(argument.slice(0, 60));
  if (!argument.startsWith("-")) {
    return new UsageError(`Unexpected argument ${shown}, see --help`);
  }
  const nearest = suggest(
    argument.replace(/=.*$/s, ""),
    OPTIONS.map(({ name }) => `--${name}`),
  );
  const hint = nearest === undefined
    ? "see --help"
    : `did you mean ${nearest}?`;
  return new UsageError(`Unknown option ${shown}, ${hint}`);
}
