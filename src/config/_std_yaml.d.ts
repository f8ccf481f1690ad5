/** What of `@std/yaml` is used here; the npm package has no declarations. */
export function parse(text: string): unknown;

/** Thrown by {@linkcode parse}; lines and columns count from 1. */
export class YamlSyntaxError extends SyntaxError {
  readonly line: number;
  readonly column: number;
}
