/**
 * The number behind `--name` in the arguments of a task.
 * @throws {TypeError} If it is not a whole number.
 */
export function numberArgument(name: string, otherwise: number): number {
  const text = argument(name);
  if (text === null) return otherwise;
  if (!/^\d+$/.test(text)) {
    throw new TypeError(`Cannot read --${name}: "${text}" is not a number`);
  }
  return Number(text);
}

/** The word behind `--name`, or `null`. */
export function argument(name: string): string | null {
  const index = Deno.args.indexOf(`--${name}`);
  return index < 0 ? null : Deno.args[index + 1] ?? "";
}
