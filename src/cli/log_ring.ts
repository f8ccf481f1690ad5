import type { LogLine, LogTail } from "../admin/log_control.ts";

/** Lines that are kept for whoever looks on. */
export const MAXIMUM_KEPT_LINES = 1_000;

/** Longer lines are kept as a note, so that the bound is one on memory too. */
const LONGEST_KEPT_LENGTH = 4_096;

/** Longer texts are cut. */
const LONGEST_TEXT_LENGTH = 1_000;

/** The newest lines of the log: a ring. */
export class LogRing implements LogTail {
  readonly #lines: LogLine[] = [];
  /** For those who wait for a line; `null` while nobody does. */
  #arrival: PromiseWithResolvers<void> | null = null;
  nextSequence = 1;

  get oldestSequence(): number {
    return Math.max(1, this.nextSequence - MAXIMUM_KEPT_LINES);
  }

  lineAt(sequence: number): LogLine {
    return this.#lines[sequence % MAXIMUM_KEPT_LINES];
  }

  nextLine(): Promise<void> {
    this.#arrival ??= Promise.withResolvers();
    return this.#arrival.promise;
  }

  add({ json, text }: LogLine): void {
    this.#lines[this.nextSequence % MAXIMUM_KEPT_LINES] = {
      json: json.length > LONGEST_KEPT_LENGTH ? noteOf(json) : json,
      text: text.slice(0, LONGEST_TEXT_LENGTH).toWellFormed(),
    };
    this.nextSequence++;
    this.#arrival?.resolve();
    this.#arrival = null;
  }
}

function noteOf(line: string): string {
  const { time, level, message } = JSON.parse(line);
  return JSON.stringify({
    time,
    level,
    message: String(message).slice(0, LONGEST_KEPT_LENGTH / 8),
    cut: true,
  });
}
