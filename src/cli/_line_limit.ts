import type { LogLevel } from "../config/mod.ts";

/** Lines of one category shown within a window; more are only counted. */
export const LINES_PER_WINDOW = 100;

/** The length of a window. */
export const WINDOW_MS = 1_000;

/** Categories told apart within a window; the others share one. */
const MAXIMUM_CATEGORIES = 1_000;

interface Category {
  readonly level: LogLevel;
  lineCount: number;
}

/** Is told how many lines of a category were not shown. */
export type TellLeftOut = (
  level: LogLevel,
  message: string,
  leftOut: number,
) => void;

/**
 * Whoever floods the broker must not flood the log too, so of each category
 * {@linkcode LINES_PER_WINDOW} lines a second are shown, and how many were not
 * is told before the first line of a later second.
 */
export class LineLimit {
  readonly #tellLeftOut: TellLeftOut;
  readonly #categories = new Map<string, Category>();
  #windowStartMs = 0;

  constructor(tellLeftOut: TellLeftOut) {
    this.#tellLeftOut = tellLeftOut;
  }

  /** Counts one line more; false if it is not to be shown. */
  admit(nowMs: number, level: LogLevel, message: string): boolean {
    // A clock that was set back must not silence the log until it catches up.
    if (Math.abs(nowMs - this.#windowStartMs) >= WINDOW_MS) {
      this.flush();
      this.#windowStartMs = nowMs;
    }
    const category = this.#categoryOf(message, level);
    category.lineCount++;
    return category.lineCount <= LINES_PER_WINDOW;
  }

  /** Tells what was left out since the last line. */
  flush(): void {
    for (const [message, { level, lineCount }] of this.#categories) {
      const leftOut = lineCount - LINES_PER_WINDOW;
      if (leftOut > 0) this.#tellLeftOut(level, message, leftOut);
    }
    this.#categories.clear();
  }

  #categoryOf(message: string, level: LogLevel): Category {
    const isFull = this.#categories.size >= MAXIMUM_CATEGORIES;
    const name = isFull && !this.#categories.has(message) ? "others" : message;
    let category = this.#categories.get(name);
    if (category === undefined) {
      category = { level, lineCount: 0 };
      this.#categories.set(name, category);
    }
    return category;
  }
}
