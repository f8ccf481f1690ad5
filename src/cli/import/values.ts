import { type Directive, refuse } from "./directives.ts";

/** @throws {ConfigError} If it is neither true nor false. */
export function readBoolean(directive: Directive): boolean {
  switch (directive.value.toLowerCase()) {
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
  }
  return refuse(directive, "true or false");
}

/** @throws {ConfigError} If it is no whole number from `from`. */
export function readInteger(directive: Directive, from = 0): number {
  const { value } = directive;
  const number = Number(value);
  if (/^-?\d+$/.test(value) && number >= from) return number;
  return refuse(directive, `a whole number from ${from}`);
}

/** @throws {ConfigError} If there is none. */
export function readText(directive: Directive): string {
  return directive.value === ""
    ? refuse(directive, "a value")
    : directive.value;
}

const UNIT_DAYS: Readonly<Record<string, number>> = {
  d: 1,
  w: 7,
  m: 30,
  y: 365,
};

/** Hours, days, weeks, months or years; @throws {ConfigError} If it is none. */
export function readExpiration(directive: Directive): string {
  const match = /^(\d+)\s*([hdwmy])$/.exec(directive.value);
  if (match === null) return refuse(directive, "a number with h, d, w, m or y");
  const [, count, unit] = match;
  return unit === "h" ? `${count}h` : `${Number(count) * UNIT_DAYS[unit]}d`;
}
