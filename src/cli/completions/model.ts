import type { Command, Option } from "../command.ts";

/** What a shell completes: all commands, and the one that runs by default. */
export interface Completed {
  readonly commands: readonly Command[];
  readonly defaultCommand: string;
}

/** What comes behind an option. */
export type ValueKind = "none" | "file" | "directory" | "choices" | "other";

/** The options that are of use. */
export function shownOptions({ options }: Command): readonly Option[] {
  return options.filter(({ isHidden }) => !isHidden);
}

/** What the value of `option` is. */
export function valueKind({ value, choices }: Option): ValueKind {
  if (choices !== undefined) return "choices";
  switch (value) {
    case undefined:
      return "none";
    case "FILE":
      return "file";
    case "DIR":
      return "directory";
    default:
      return "other";
  }
}

/** Text in single quotes, as bash and zsh read it. */
export function quoteSh(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
