/** What a page tells of one check over one scheme. */
export interface CheckReport {
  readonly scheme: "ws" | "wss";
  readonly check: string;
  /** Why it failed; `null` if it passed. */
  readonly failure: string | null;
  /** What is worth telling of it. */
  readonly detail: string;
}

/** How a browser has done. */
export interface EngineReport {
  readonly engine: string;
  /** As it tells it itself; empty if it was not started. */
  readonly version: string;
  /** Why nothing was checked; `null` if it was. */
  readonly skipped: string | null;
  readonly checks: readonly CheckReport[];
}

/** The names of the checks, in their order, that some browser has run. */
function checkNames(reports: readonly EngineReport[]): string[] {
  const names = reports.flatMap(({ checks }) =>
    checks.map(({ check }) => check)
  );
  return [...new Set(names)];
}

function cell({ skipped, checks }: EngineReport, name: string): string {
  if (skipped !== null) return "skipped";
  const own = checks.filter(({ check }) => check === name);
  if (own.length === 0) return "not run";
  return own.map(({ scheme, failure, detail }) =>
    `${scheme} ${failure === null ? detail || "passed" : "FAILED"}`
  ).join(", ");
}

/** A table of check × browser, and below it what was skipped and what failed. */
export function formatReports(reports: readonly EngineReport[]): string {
  const header = [
    "check",
    ...reports.map(({ engine, version }) => `${engine} ${version}`.trim()),
  ];
  const lines = [
    toRow(header),
    toRow(header.map(() => "---")),
    ...checkNames(reports).map((name) =>
      toRow([name, ...reports.map((report) => cell(report, name))])
    ),
  ];
  for (const { engine, skipped, checks } of reports) {
    if (skipped !== null) lines.push("", `${engine} skipped: ${skipped}`);
    for (const { scheme, check, failure } of checks) {
      if (failure === null) continue;
      lines.push("", `${engine}, ${scheme}: ${check}: ${failure}`);
    }
  }
  return lines.join("\n");
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
