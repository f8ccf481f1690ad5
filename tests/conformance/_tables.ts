/** A numbered statement of the standard. */
export interface Statement {
  /** As in names of tests and docstrings, without the brackets. */
  readonly label: string;
  readonly party: "client" | "server" | "both";
}

/** What the suite does about a statement. */
export interface Coverage {
  readonly label: string;
  /** Client-only: no server can violate it on the wire. */
  readonly status: "tested" | "client-only";
  /** Why it is client-only. */
  readonly reason: string;
}

/** All statements of both tables, those of 3.1.1 with `3.1.1 ` before the label. */
export function readStatements(): Statement[] {
  return [
    ...readStatementTable("mqtt5-statements.tsv", ""),
    ...readStatementTable("mqtt311-differences.tsv", "3.1.1 "),
  ];
}

export function readCoverage(): Coverage[] {
  return readRows("coverage.tsv").map(([label, status, reason = ""]) => {
    if (status !== "tested" && status !== "client-only") {
      throw new Error(
        `Cannot read coverage.tsv: status of ${label} is "${status}", must be ` +
          "tested or client-only",
      );
    }
    return { label, status, reason };
  });
}

/** The labels in `text` that stand in brackets, each once. */
export function labelsIn(text: string): string[] {
  const found = text.matchAll(/\[((?:3\.1\.1 )?MQTT-\d[\d.-]*-\d+)\]/g);
  return [...new Set(Array.from(found, ([, label]) => label))];
}

function readStatementTable(fileName: string, prefix: string): Statement[] {
  return readRows(fileName).map(([id, party]) => ({
    label: prefix + id,
    party: party as Statement["party"],
  }));
}

/** The rows of a table beside this file, without its heading. */
function readRows(fileName: string): string[][] {
  const text = Deno.readTextFileSync(new URL(fileName, import.meta.url));
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.map((line) => line.split("\t"));
}
