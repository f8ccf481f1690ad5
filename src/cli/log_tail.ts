/** One line of the log that is remembered. */
export interface LogLine {
  /** Counts all lines since the start. */
  readonly sequence: number;
  readonly text: string;
}

const MAXIMUM_LINES = 200;

/** Longer lines are cut: the bound on lines is one on memory too. */
const MAXIMUM_LENGTH = 1_000;

/** The last lines of the log. */
export class LogTail {
  readonly #lines: LogLine[] = [];
  #sequence = 0;

  add(text: string): void {
    const sequence = ++this.#sequence;
    this.#lines.push({ sequence, text: text.slice(0, MAXIMUM_LENGTH) });
    if (this.#lines.length > MAXIMUM_LINES) this.#lines.shift();
  }

  /** Those behind the line `sequence`, the oldest first. */
  after(sequence: number): readonly LogLine[] {
    return this.#lines.filter((line) => line.sequence > sequence);
  }
}
