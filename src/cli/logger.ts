import {
  configureSync,
  getLogger,
  type LogLevel as EngineLevel,
  type LogRecord as EngineRecord,
} from "@logtape/logtape";
import type {
  LogControl,
  LogFilter,
  LogSubject,
} from "../admin/log_control.ts";
import type { LogConfig, LogLevel } from "../config/mod.ts";
import { LineLimit } from "./_line_limit.ts";
import { LogChoice } from "./_log_choice.ts";
import { formatJson, formatText, type LogRecord } from "./_log_line.ts";
import { LogRing } from "./log_ring.ts";

export { LINES_PER_WINDOW, WINDOW_MS } from "./_line_limit.ts";

/** What a line says beside its message; `undefined` is left out. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | Error | undefined>
>;

/** What filters of the log go by. */
export interface LogOptions {
  /** The client that the line is about, if it is about one. */
  readonly subject?: LogSubject;
}

/**
 * Writes one line for each call. What varies belongs in `fields`: lines with
 * the same message are one category, and each category is limited.
 */
export interface Logger {
  debug(message: string, fields?: LogFields, options?: LogOptions): void;
  info(message: string, fields?: LogFields, options?: LogOptions): void;
  warn(message: string, fields?: LogFields, options?: LogOptions): void;
  error(message: string, fields?: LogFields, options?: LogOptions): void;
}

/** How a {@linkcode LineLogger} writes. */
export interface LineLoggerOptions extends LogConfig {
  /** Whether somebody watches: `auto` is text then. */
  readonly isWatched: boolean;
  /** Whether the level is coloured; text only. */
  readonly hasColor: boolean;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** As LogTape calls them. */
const ENGINE_LEVELS: Readonly<Record<LogLevel, EngineLevel>> = {
  debug: "debug",
  info: "info",
  warn: "warning",
  error: "error",
};

/** What our records carry through LogTape. */
type Carried = {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly subject: LogSubject | undefined;
};

/**
 * The log of the program, through LogTape: lines go to standard error and to
 * the tail that the admin HTTP shows. There is one in a process, since LogTape
 * is set up for all of it: a new one takes the place of the one before.
 */
export class LineLogger implements Logger, LogControl {
  readonly tail = new LogRing();
  readonly #options: LineLoggerOptions;
  readonly #choice: LogChoice;
  readonly #engine = getLogger("rqtt");
  readonly #limit = new LineLimit((level, message, leftOut) =>
    this.#write({
      level,
      timeMs: this.#options.now(),
      message: `${message}: left out`,
      fields: { leftOut },
    })
  );

  constructor(options: LineLoggerOptions) {
    this.#options = options;
    this.#choice = new LogChoice(options.level);
    this.#configure();
  }

  get level(): LogLevel {
    return this.#choice.level;
  }

  set level(level: LogLevel) {
    this.#choice.level = level;
    this.#configure();
  }

  get filters(): readonly LogFilter[] {
    const nowMs = this.#options.now();
    return this.#choice.filters.filter(({ expiresAtMs }) =>
      expiresAtMs > nowMs
    );
  }

  set filters(filters: readonly LogFilter[]) {
    this.#choice.filters = filters;
    this.#configure();
  }

  debug(message: string, fields?: LogFields, options?: LogOptions): void {
    this.#log("debug", message, { fields, ...options });
  }

  info(message: string, fields?: LogFields, options?: LogOptions): void {
    this.#log("info", message, { fields, ...options });
  }

  warn(message: string, fields?: LogFields, options?: LogOptions): void {
    this.#log("warn", message, { fields, ...options });
  }

  error(message: string, fields?: LogFields, options?: LogOptions): void {
    this.#log("error", message, { fields, ...options });
  }

  /** Tells what was left out since the last line. */
  flush(): void {
    this.#limit.flush();
  }

  #log(
    level: LogLevel,
    message: string,
    { fields = {}, subject }: LogOptions & { readonly fields?: LogFields },
  ): void {
    if (this.#choice.expire(this.#options.now())) this.#configure();
    const properties: Carried = { level, message, fields, subject };
    // Not through the methods of its levels: they look for {} in the message.
    this.#engine.emit({
      timestamp: this.#options.now(),
      level: ENGINE_LEVELS[level],
      message: [message],
      rawMessage: message,
      properties,
    });
  }

  /** LogTape drops at once what is below all levels, and asks the filter of the rest. */
  #configure(): void {
    configureSync({
      reset: true,
      filters: { chosen: (record) => this.#isChosen(record) },
      sinks: { lines: (record) => this.#writeRecord(record) },
      loggers: [
        {
          category: "rqtt",
          lowestLevel: ENGINE_LEVELS[this.#choice.lowestLevel],
          filters: ["chosen"],
          sinks: ["lines"],
        },
        // What it says of itself; it has something to say if a sink throws.
        { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
      ],
    });
  }

  #isChosen({ properties, timestamp }: EngineRecord): boolean {
    const { level, message, subject } = properties as Carried;
    return this.#choice.admits(level, subject) &&
      this.#limit.admit(timestamp, level, message);
  }

  #writeRecord({ properties, timestamp }: EngineRecord): void {
    const { level, message, fields } = properties as Carried;
    this.#write({ timeMs: timestamp, level, message, fields });
  }

  #write(record: LogRecord): void {
    const { format, hasColor, isWatched, write } = this.#options;
    const isText = format === "text" || (format === "auto" && isWatched);
    // Who may look on is not always who may do what the token opens.
    const shown = record.fields.token === undefined
      ? record
      : { ...record, fields: { ...record.fields, token: "(hidden)" } };
    const line = formatJson(shown);
    this.tail.add({ json: line, text: formatText(shown, false) });
    if (isText) write(formatText(record, hasColor));
    else write(shown === record ? line : formatJson(record));
  }
}
