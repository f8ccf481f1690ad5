import { ConfigError, explainReadFailure } from "../../config/mod.ts";

/** One setting of a mosquitto.conf. */
export interface Directive {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly name: string;
  /** What stands behind the name, without the spaces around it. */
  readonly value: string;
}

/** How files are read. */
export interface FileReader {
  readonly readTextFile: (path: string) => string;
  /** Names of the files in a directory. */
  readonly readDirectory: (path: string) => readonly string[];
}

/** Settings there can be in one import, included files and all. */
const MAXIMUM_DIRECTIVES = 100_000;

/**
 * Reads a mosquitto.conf and the files of its `include_dir`.
 * @throws {ConfigError} If one cannot be read.
 */
export function readDirectives(file: string, reader: FileReader): Directive[] {
  const found: Directive[] = [];
  for (const directive of parseFile(file, reader)) {
    if (directive.name === "include_dir") {
      for (const included of listIncluded(directive, reader)) {
        found.push(...parseFile(included, reader));
      }
    } else found.push(directive);
    if (found.length > MAXIMUM_DIRECTIVES) {
      throw new ConfigError(
        `Cannot import ${file}: it has more than ${MAXIMUM_DIRECTIVES} settings`,
      );
    }
  }
  return found;
}

/** @throws {ConfigError} Always: the setting has a value that it cannot have. */
export function refuse(directive: Directive, expected: string): never {
  const { file, line, name, value } = directive;
  throw new ConfigError(
    `Cannot import ${file}:${line}: ${name}: expected ${expected}, found ` +
      (value === "" ? "nothing" : JSON.stringify(value)),
  );
}

function parseFile(file: string, reader: FileReader): Directive[] {
  let text: string;
  try {
    text = reader.readTextFile(file);
  } catch (error) {
    const reason = explainReadFailure(error);
    throw new ConfigError(`Cannot import ${file}: ${reason}`, { cause: error });
  }
  return text.split(/\r?\n/).flatMap((written, index) => {
    const trimmed = written.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    const [, name, value] = /^(\S+)\s*(.*)$/s.exec(trimmed)!;
    return [{ file, line: index + 1, name, value }];
  });
}

/** Files that end in ".conf", in the order of their names. */
function listIncluded(directive: Directive, reader: FileReader): string[] {
  const { file, line, value } = directive;
  try {
    return reader.readDirectory(value)
      .filter((name) => name.endsWith(".conf"))
      .toSorted()
      .map((name) => `${value.replace(/\/$/, "")}/${name}`);
  } catch (error) {
    throw new ConfigError(
      `Cannot import ${file}:${line}: include_dir ${value}: ` +
        (error as Error).message,
      { cause: error },
    );
  }
}
