import type { LogLevel } from "../config/mod.ts";

/** Who a line of the log is about. */
export interface LogSubject {
  readonly clientIdentifier: string;
  readonly userName: string | null;
  /** With the port, if there is one. */
  readonly remoteAddress: string;
}

/**
 * Logs more or less about some clients for a time. Of the first three at least
 * one is given; all that are given have to fit.
 */
export interface LogFilter {
  readonly clientIdentifier?: string;
  readonly userName?: string;
  /** With the port or, for all connections from there, without. */
  readonly address?: string;
  /** The least important lines about them that are written. */
  readonly level: LogLevel;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** One line of the log. */
export interface LogLine {
  /** A JSON object. */
  readonly json: string;
  /** The same for people, cut if it is long. */
  readonly text: string;
}

/** The newest lines of the log, numbered from 1. */
export interface LogTail {
  /** The number of the line that will come next. */
  readonly nextSequence: number;
  /** The number of the oldest line that is kept. */
  readonly oldestSequence: number;
  /** The line of a number from the oldest up to, but without, the next. */
  lineAt(sequence: number): LogLine;
  /** Resolves when a line has come. */
  nextLine(): Promise<void>;
}

/** What can be seen and changed of the log while the broker runs. */
export interface LogControl {
  /** The least important lines that are written of what no filter fits. */
  level: LogLevel;
  /** Those that have not ended; for each line the first that fits holds. */
  filters: readonly LogFilter[];
  readonly tail: LogTail;
}
