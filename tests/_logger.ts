import { LineLogger } from "../src/cli/logger.ts";

/** The log of the program, and the lines of text that it has written. */
export function makeLogger() {
  const lines: string[] = [];
  const logger = new LineLogger({
    level: "info",
    format: "text",
    isWatched: false,
    hasColor: false,
    write: (line) => lines.push(line),
    now: Date.now,
  });
  return { logger, lines };
}
