import { ConfigError } from "../config/error.ts";

/** A file that the configuration names cannot be used; it says which line. */
export class FileError extends ConfigError {
  /** `line` counts from 1; 0 stands for the whole file. */
  constructor(path: string, line: number, problem: string, cause?: unknown) {
    const place = line > 0 ? `${path}:${line}` : path;
    super(`Cannot load configuration: ${place}: ${problem}`, { cause });
  }
}
