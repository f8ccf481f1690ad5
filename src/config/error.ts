/**
 * The configuration cannot be used. `message` is one line that says where
 * (file and line, environment variable or flag), which key, what was expected
 * and what was found.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}
