import type { Scalar } from "./scalars.ts";

/**
 * Gives text from a variable or a flag the type that the same characters have
 * in YAML; text that does not fit stays as it is.
 */
export function readText(scalar: Scalar<unknown>, text: string): unknown {
  if (scalar.parse(text) !== undefined) return text;
  if (text === "true" || text === "false") return text === "true";
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Writes "expected …, found …"; never more than a line. */
export function expectation(expected: string, found: unknown): string {
  return `expected ${expected}, found ${describe(found)}`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Date) return "a date";
  if (typeof value === "object") return "a mapping";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
