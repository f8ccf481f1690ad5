/** A key of a mapping, or an index of a sequence. */
export type PathSegment = string | number;

/** The way from the root of the configuration to one value. */
export type Path = readonly PathSegment[];

/** Writes a path as people write it: `listeners[0].address`. */
export function formatPath(path: Path): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else text += text === "" ? segment : `.${segment}`;
  }
  return text;
}

interface Mark {
  readonly line: number;
  readonly indent: number;
  /** Undefined for the `-` of a sequence. */
  readonly key: string | undefined;
}

/**
 * Finds the line (from 1) on which the value at `path` is written, or the
 * nearest line around it, or nothing.
 *
 * `@std/yaml` does not keep positions. Block style is enough to find ours
 * again by indentation; of what is written in flow style (`{…}`, `[…]`) the
 * line on which it opens is given.
 */
export function lineOf(yaml: string, path: Path): number | undefined {
  const marks = readMarks(yaml);
  let start = 0;
  let end = marks.length;
  let line: number | undefined;
  for (const segment of path) {
    const found = findChild(marks, { start, end, segment });
    if (found < 0) break;
    line = marks[found].line;
    start = found + 1;
    end = endOfValue(marks, found, end);
  }
  return line;
}

function findChild(
  marks: readonly Mark[],
  scope: { start: number; end: number; segment: PathSegment },
): number {
  const { start, end, segment } = scope;
  let index = -1;
  for (let i = start; i < end; i++) {
    const mark = marks[i];
    if (mark.indent !== marks[start].indent) continue;
    if (mark.key === undefined) index++;
    if (mark.key === segment || (mark.key === undefined && index === segment)) {
      return i;
    }
  }
  return -1;
}

/** A sequence may stand at the indentation of the key that it belongs to. */
function endOfValue(marks: readonly Mark[], found: number, end: number) {
  const { indent, key } = marks[found];
  for (let i = found + 1; i < end; i++) {
    const isOwnItem = key !== undefined && marks[i].key === undefined;
    if (marks[i].indent < indent) return i;
    if (marks[i].indent === indent && !isOwnItem) return i;
  }
  return end;
}

function readMarks(yaml: string): Mark[] {
  const marks: Mark[] = [];
  for (const [index, text] of yaml.split(/\r\n|\r|\n/).entries()) {
    const line = index + 1;
    let indent = text.length - text.trimStart().length;
    let rest = text.trim();
    while (rest === "-" || rest.startsWith("- ")) {
      marks.push({ line, indent, key: undefined });
      const skipped = rest.length - rest.slice(1).trimStart().length;
      indent += skipped;
      rest = rest.slice(skipped);
    }
    const key = /^(["']?)([^\s"'#{}[\]:]+)\1\s*:(?:\s|$)/.exec(rest)?.[2];
    if (key !== undefined) marks.push({ line, indent, key });
  }
  return marks;
}
