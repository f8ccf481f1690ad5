import type { LogLevel } from "./api.ts";
import { HOOKS } from "./messages.ts";
import type { PluginObserver } from "./observer.ts";

const WINDOW_MS = 1_000;

/** Lines of one plugin shown within a window. */
const LINES_PER_WINDOW = 50;

/** A plugin that wants to write more than so many is not well. */
const MAXIMUM_LINES_PER_WINDOW = 10_000;

/** Longer lines are cut off. */
const MAXIMUM_LINE_LENGTH = 1_000;

const MAXIMUM_METHODS = 16;

const LOG_LEVELS: readonly unknown[] = ["debug", "info", "warn", "error"];

/**
 * What the Worker of a plugin may send: messages of the agreed form, and a
 * bounded number of log lines.
 */
export class MessageGate {
  readonly #name: string;
  readonly #observer: PluginObserver;
  #windowStartMs = -Infinity;
  #lineCount = 0;

  constructor(name: string, observer: PluginObserver) {
    this.#name = name;
    this.#observer = observer;
  }

  /** What is wrong with a message of a plugin, or `null`. */
  findFault(message: unknown): string | null {
    if (!isRecord(message)) return "it sent what is no message";
    const isRight = isWellFormed(message);
    if (!isRight) return "it sent a message of no known form";
    if (message.type !== "log") return null;
    this.#startWindow();
    this.#lineCount++;
    return this.#lineCount > MAXIMUM_LINES_PER_WINDOW
      ? `it wrote over ${MAXIMUM_LINES_PER_WINDOW} log lines a second`
      : null;
  }

  /** Shows a line, unless there are too many. */
  log(level: LogLevel, text: string): void {
    if (this.#lineCount > LINES_PER_WINDOW) return;
    const shown = text.length > MAXIMUM_LINE_LENGTH
      ? `${text.slice(0, MAXIMUM_LINE_LENGTH)}…`
      : text;
    this.#observer.pluginLogged(this.#name, level, shown);
  }

  /** Tells what was left out. */
  close(): void {
    const leftOut = this.#lineCount - LINES_PER_WINDOW;
    if (leftOut > 0) this.#observer.pluginSilenced(this.#name, leftOut);
    this.#lineCount = 0;
  }

  #startWindow(): void {
    const nowMs = performance.now();
    if (nowMs - this.#windowStartMs < WINDOW_MS) return;
    this.close();
    this.#windowStartMs = nowMs;
  }
}

function isWellFormed(message: Readonly<Record<string, unknown>>): boolean {
  switch (message.type) {
    case "ready":
      return isTextList(message.hooks, HOOKS.length) &&
        isTextList(message.methods, MAXIMUM_METHODS);
    case "failed":
      return typeof message.cause === "string";
    case "answer":
      return typeof message.id === "number";
    case "error":
      return typeof message.id === "number" &&
        typeof message.cause === "string";
    case "taken":
      return isCount(message.count) && isCount(message.failed) &&
        isCount(message.late) &&
        (message.cause === null || typeof message.cause === "string");
    case "log":
      return LOG_LEVELS.includes(message.level) &&
        typeof message.text === "string";
    case "pong":
      return true;
    default:
      return false;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Whether `value` is a list of at most `maximum` texts. */
export function isTextList(
  value: unknown,
  maximum: number,
): value is readonly string[] {
  return Array.isArray(value) && value.length <= maximum &&
    value.every((item) => typeof item === "string");
}
