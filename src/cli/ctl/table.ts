/** One column of a table: its heading, and which value of an item it shows. */
export type Column = readonly [heading: string, key: string];

/** Writes items as lines of columns that stand below each other. */
export function writeTable(
  columns: readonly Column[],
  items: readonly Readonly<Record<string, unknown>>[],
): string {
  const rows = [
    columns.map(([heading]) => heading),
    ...items.map((item) => columns.map(([, key]) => show(item[key]))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(...rows.map((row) => row[index].length))
  );
  return rows.map((row) =>
    row.map((text, index) => text.padEnd(widths[index])).join("  ").trimEnd()
  ).join("\n");
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "-";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "string" ? escapeControls(value) : String(value);
}

/** Clients choose these texts: they must not speak to the terminal. */
export function escapeControls(text: string): string {
  return text.replace(
    // deno-lint-ignore no-control-regex -- they are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
