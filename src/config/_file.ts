import { parse, YamlSyntaxError } from "./_yaml.ts";
import { ConfigError } from "./error.ts";
import { explainReadFailure } from "./read_failure.ts";

/** A configuration file, read but not checked. */
export interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** What the YAML says; null if the file is empty. */
  readonly tree: unknown;
}

/**
 * Reads a configuration file.
 * @throws {ConfigError} If it cannot be read or is not YAML.
 */
export function readConfigFile(
  path: string,
  readTextFile: (path: string) => string,
): ConfigFile {
  let text;
  try {
    text = readTextFile(path);
  } catch (error) {
    throw new ConfigError(
      `Cannot load configuration: ${path}: ${explainReadFailure(error)}`,
      { cause: error },
    );
  }
  try {
    return { path, text, tree: parse(text) };
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    // Around the problem the parser puts what it was doing and, over several
    // lines, the place with a mark below it.
    const problem = error.message.replace(/^Cannot [^:]+: /, "")
      .replace(/ at line \d+, column \d+[^]*$/, "");
    throw new ConfigError(
      `Cannot load configuration: ${path}:${error.line}:${error.column}: ` +
        `not YAML: ${problem}`,
      { cause: error },
    );
  }
}
