import type { Surroundings } from "./surroundings.ts";

/** The command line cannot be understood; `message` is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** One option, for the reader, the help and the completions. */
export interface Option {
  /** Behind two dashes, or behind one if it is a single letter. */
  readonly name: string;
  /** Another name, of a single letter. */
  readonly short?: string;
  /** The name of its value, FILE or DIR for a path; without one it is a switch. */
  readonly value?: string;
  /** The values that it takes, if they can be listed. */
  readonly choices?: readonly string[];
  readonly summary: string;
  /** Options of a group share a line of the help, without their summaries. */
  readonly group?: string;
  /** It is known, but only to say why it cannot be used. */
  readonly isHidden?: boolean;
}

/** One command of the program: everything that is known about it. */
export interface Command {
  readonly name: string;
  /** What it does, for the list of commands: a line of up to 60 characters. */
  readonly summary: string;
  /** What stands behind the command's name, a line for each way to use it. */
  readonly usage: readonly string[];
  /** In the order of the help. */
  readonly options: readonly Option[];
  /** What the first argument beside options can be, if that can be listed. */
  readonly operands?: readonly string[];
  /** What else the help says. */
  readonly notes?: string;
  readonly example: {
    readonly purpose: string;
    /** Without `rqtt` in front. */
    readonly line: string;
  };
  /** Codes with their meaning: "0 fine, 1 failure". */
  readonly exitCodes: string;
  /** Whether `--help` stands among `args`; wherever it does, unless given. */
  readonly asksForHelp?: (args: readonly string[]) => boolean;
  /**
   * Does it, and resolves with the exit code.
   * @throws {UsageError} If `args` cannot be understood.
   * @throws {ConfigError} If the configuration is wrong.
   */
  run(args: readonly string[], surroundings: Surroundings): Promise<number>;
}

/** Every command has it; it is answered before the command runs. */
export const HELP_OPTION: Option = {
  name: "help",
  short: "h",
  summary: "print this help and exit",
};

/** An option as it is typed. */
export function spell(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** Every way to type an option. */
export function spellings({ name, short }: Option): string[] {
  return [...short === undefined ? [] : [`-${short}`], spell(name)];
}
