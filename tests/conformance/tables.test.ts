import { assertEquals } from "../_assert.ts";
import { readCoverage, readStatements } from "./_tables.ts";

const root = new URL("../../", import.meta.url);

/** The text files under `path`, a file or a folder of the project. */
function* textFiles(path: string): Generator<string> {
  const { isFile } = Deno.statSync(new URL(path, root));
  if (isFile) {
    yield path;
    return;
  }
  for (const entry of Deno.readDirSync(new URL(path, root))) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) yield* textFiles(inner);
    else if (/\.(ts|md)$/.test(entry.name)) yield inner;
  }
}

/** Every mention of a statement, in brackets or not, that no table has. */
function unknownLabels(path: string, known: ReadonlySet<string>): string[] {
  const text = Deno.readTextFileSync(new URL(path, root))
    // A label may be broken by the end of a comment's line.
    .replace(/\n\s*(\*|\/\/)?\s*/g, " ");
  const mentions = text.matchAll(/(?:3\.1\.1 )?MQTT-\d[\d.-]*-\d+/g);
  return Array.from(mentions, ([label]) => label)
    .filter((label) => !known.has(label))
    .map((label) => `${path}: ${label}`);
}

Deno.test("every label in the code, the tests and the README exists in the standard", () => {
  const known = new Set(readStatements().map(({ label }) => label));
  assertEquals(known.size, 251 + 65);
  const unknown: string[] = [];
  for (const path of ["src", "tests", "main.ts", "README.md"]) {
    for (const file of textFiles(path)) {
      unknown.push(...unknownLabels(file, known));
    }
  }
  assertEquals(unknown, []);
});

Deno.test("every statement is tested or the client's own, for a reason", () => {
  const statements = new Map(
    readStatements().map((statement) => [statement.label, statement]),
  );
  const coverage = readCoverage();
  assertEquals(
    coverage.map(({ label }) => label).sort(),
    [...statements.keys()].sort(),
  );
  for (const { label, status, reason } of coverage) {
    assertEquals(status === "client-only", reason !== "", label);
  }
});
