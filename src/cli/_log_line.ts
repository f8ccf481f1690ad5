import type { LogLevel } from "../config/mod.ts";
import type { LogFields } from "./logger.ts";

/** What one line is made of. */
export interface LogRecord {
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** ANSI: dim, green, yellow, red. */
const COLORS: Readonly<Record<LogLevel, number>> = {
  debug: 2,
  info: 32,
  warn: 33,
  error: 31,
};

/**
 * What a terminal, a pager or an eye would obey: control characters, line ends
 * and marks that turn the direction of writing.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Names and topics come from clients and take up to 64 KiB: what a person
 * needs of them is here, and a flood of them does not fill the disk.
 */
const MAXIMUM_VALUE_LENGTH = 1_024;

/** Writes a line for people: time, level, message, `name=value`. */
export function formatText(record: LogRecord, hasColor: boolean): string {
  const { timeMs, level, message, fields } = record;
  const padded = level.padEnd(5);
  const shown = hasColor ? `\x1b[${COLORS[level]}m${padded}\x1b[0m` : padded;
  let line = `${new Date(timeMs).toISOString()} ${shown} ${escape(message)}`;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) line += ` ${name}=${formatValue(value)}`;
  }
  return line;
}

/** Writes a line for machines: one JSON object. */
export function formatJson({ timeMs, level, message, fields }: LogRecord) {
  const time = new Date(timeMs).toISOString();
  const plain = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "string" || value instanceof Error
        ? textOf(value)
        : value,
    ]),
  );
  return escape(JSON.stringify({ time, level, message, ...plain }));
}

/** Text without anything to quote stands as it is. */
function formatValue(value: string | number | boolean | Error): string {
  const text = textOf(value);
  return /^[\w.:/@+$#%,[\]-]+$/.test(text) ? text : quote(text);
}

function textOf(value: string | number | boolean | Error): string {
  const text = value instanceof Error ? value.message : String(value);
  return text.length > MAXIMUM_VALUE_LENGTH
    ? `${text.slice(0, MAXIMUM_VALUE_LENGTH).toWellFormed()}…`
    : text;
}

function quote(text: string): string {
  return escape(JSON.stringify(text));
}

function escape(text: string): string {
  return text.replace(UNSAFE, (character) => {
    let escaped = "";
    for (let i = 0; i < character.length; i++) {
      const unit = character.charCodeAt(i).toString(16).padStart(4, "0");
      escaped += `\\u${unit}`;
    }
    return escaped;
  });
}
