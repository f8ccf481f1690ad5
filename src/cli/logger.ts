import type { LogConfig, LogLevel } from "../config/mod.ts";
import { formatJson, formatText } from "./_log_line.ts";
import { type LogLine, LogTail } from "./log_tail.ts";

/** What a line says beside its message; `undefined` is left out. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | Error | undefined>
>;

/**
 * Writes one line for each call. What varies belongs in `fields`: lines with
 * the same message are one category, and each category is limited.
 */
export interface Logger {
  /** The least important lines that are written; it may be changed. */
  level: LogLevel;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The last lines behind the one with this number, if they are remembered. */
  lines?(after: number): readonly LogLine[];
}

/** How a {@linkcode LineLogger} writes. */
export interface LineLoggerOptions extends LogConfig {
  /** Whether the level is coloured; text only. */
  readonly hasColor: boolean;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Lines of one category shown within a window; more are only counted. */
export const LINES_PER_WINDOW = 100;

/** The length of a window. */
export const WINDOW_MS = 1_000;

/** Categories told apart within a window; the others share one. */
const MAXIMUM_CATEGORIES = 1_000;

const SEVERITY: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

interface Category {
  readonly level: LogLevel;
  lines: number;
}

/**
 * The logger of the program.
 *
 * Whoever floods the broker must not flood the log too, so of each category
 * {@linkcode LINES_PER_WINDOW} lines a second are shown, and how many were not
 * is told with the first line of a later second.
 */
export class LineLogger implements Logger {
  level: LogLevel;
  readonly #options: LineLoggerOptions;
  readonly #categories = new Map<string, Category>();
  readonly #tail = new LogTail();
  #windowStartMs = 0;

  constructor(options: LineLoggerOptions) {
    this.level = options.level;
    this.#options = options;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#log("error", message, fields);
  }

  /** The last lines behind the one with this number, the oldest first. */
  lines(after: number): readonly LogLine[] {
    return this.#tail.after(after);
  }

  /** Tells what was left out since the last line. */
  flush(): void {
    for (const [message, { level, lines }] of this.#categories) {
      const leftOut = lines - LINES_PER_WINDOW;
      if (leftOut > 0) this.#write(level, `${message}: left out`, { leftOut });
    }
    this.#categories.clear();
  }

  #log(level: LogLevel, message: string, fields: LogFields): void {
    if (SEVERITY[level] < SEVERITY[this.level]) return;
    const nowMs = this.#options.now();
    // A clock that was set back must not silence the log until it catches up.
    if (Math.abs(nowMs - this.#windowStartMs) >= WINDOW_MS) {
      this.flush();
      this.#windowStartMs = nowMs;
    }
    const category = this.#categoryOf(message, level);
    category.lines++;
    if (category.lines <= LINES_PER_WINDOW) this.#write(level, message, fields);
  }

  #categoryOf(message: string, level: LogLevel): Category {
    const isFull = this.#categories.size >= MAXIMUM_CATEGORIES;
    const name = isFull && !this.#categories.has(message) ? "others" : message;
    let category = this.#categories.get(name);
    if (category === undefined) {
      category = { level, lines: 0 };
      this.#categories.set(name, category);
    }
    return category;
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    const { format, hasColor, now, write } = this.#options;
    const record = { timeMs: now(), level, message, fields };
    this.#tail.add(formatText(record, false));
    write(
      format === "json" ? formatJson(record) : formatText(record, hasColor),
    );
  }
}
