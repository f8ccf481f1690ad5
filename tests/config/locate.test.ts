import { assertEquals } from "../_assert.ts";
import { lineOf, type Path } from "../../src/config/_locate.ts";

const YAML = `# listeners: no
limits:
  max_qos: 1 # max_queued: 1

  "quoted": 2
listeners:
- address: a
  inner: { flow: 1 }
-
  address: b
  deep:
    - - x: 1
      - y: 2
log:
  level: info
`;

const ROWS: readonly [path: Path, line: number | undefined][] = [
  [["limits"], 2],
  [["limits", "max_qos"], 3],
  [["limits", "quoted"], 5],
  [["listeners"], 6],
  [["listeners", 0], 7],
  [["listeners", 0, "address"], 7],
  [["listeners", 0, "inner"], 8],
  [["listeners", 0, "inner", "flow"], 8],
  [["listeners", 1], 9],
  [["listeners", 1, "address"], 10],
  [["listeners", 1, "deep", 0, 1, "y"], 13],
  [["listeners", 2], 6],
  [["log", "level"], 15],
  [["log", "max_qos"], 14],
  [["max_qos"], undefined],
  [[], undefined],
];

for (const [path, line] of ROWS) {
  Deno.test(`The line of ${JSON.stringify(path)} is ${line}`, {
    permissions: "none",
  }, () => assertEquals(lineOf(YAML, path), line));
}
