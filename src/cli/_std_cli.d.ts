/** What of `@std/cli` is used here; the npm package has no declarations. */
export interface ParseOptions {
  readonly string: readonly string[];
  readonly boolean: readonly string[];
  readonly alias: Readonly<Record<string, string>>;
  /** Called with what no option asked for; `true` keeps it as an argument. */
  readonly unknown: (argument: string) => boolean;
}

/** Option values by name; a string option without value is "". */
export function parseArgs(
  args: readonly string[],
  options: ParseOptions,
): Record<string, string | boolean | undefined> & { _: (string | number)[] };
