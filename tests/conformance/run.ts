/**
 * Runs the suite and says how many statements of the standard it covers:
 * `deno task conformance`. Fails if a statement that a server can violate has
 * no test, or one that fails.
 *
 * `RQTT_CONFORMANCE_TARGET=host:port` tests a broker that runs already,
 * `RQTT_BIN=path` an executable of RQTT, which is started for each test. Tests
 * that need what such a broker cannot be given are skipped.
 */
import { type JunitCase, readJunit } from "./_junit.ts";
import { type Coverage, labelsIn, readCoverage } from "./_tables.ts";

/** What became of the tests of one statement, in numbers. */
interface Result {
  readonly label: string;
  readonly passed: number;
  readonly failed: number;
  /** Tests that cannot be had with the broker that is tested. */
  readonly skipped: number;
}

if (import.meta.main) Deno.exit(await main());

async function main(): Promise<number> {
  const { cases, errors } = await runTests();
  const statements = readCoverage().filter(({ status }) => status === "tested");
  const results = statements.map((statement) => resultOf(statement, cases));
  const covered = results.filter(isCovered);
  const passed = covered.filter(({ failed }) => failed === 0);
  const uncovered = results.filter((result) => !isCovered(result));
  for (const { label, skipped } of uncovered) {
    console.log(`${skipped > 0 ? "skipped" : "no test"}: ${label}`);
  }
  const failures = cases.filter(({ outcome }) => outcome === "failed");
  for (const { name } of failures) console.log(`failed: ${name}`);
  const skipped = cases.filter(({ outcome }) => outcome === "skipped").length;
  console.log(
    `${cases.length - failures.length - skipped} tests passed, ` +
      `${failures.length} failed, ${skipped} skipped`,
  );
  console.log(
    `covered ${covered.length}/${statements.length} statements, ` +
      `${passed.length} passed`,
  );
  if (cases.length === 0 || failures.length > 0) console.error(errors);
  const isComplete = uncovered.every(({ skipped }) => skipped > 0);
  return isComplete && covered.length > 0 && failures.length === 0 ? 0 : 1;
}

async function runTests(): Promise<{ cases: JunitCase[]; errors: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    // Types are the business of `deno task check`.
    args: [
      "test",
      "-A",
      "--no-check",
      "--reporter=junit",
      import.meta.dirname!,
    ],
    env: { NO_COLOR: "1" },
  });
  const { stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  const report = decoder.decode(stdout);
  const cases = readJunit(report);
  const details = cases.map(({ failure }) => failure).filter(Boolean);
  return { cases, errors: [decoder.decode(stderr), ...details].join("\n\n") };
}

function resultOf(
  { label }: Coverage,
  cases: readonly JunitCase[],
): Result {
  const own = cases.filter(({ name }) => labelsIn(name).includes(label));
  const count = (wanted: JunitCase["outcome"]) =>
    own.filter(({ outcome }) => outcome === wanted).length;
  return {
    label,
    passed: count("passed"),
    failed: count("failed"),
    skipped: count("skipped"),
  };
}

function isCovered({ passed, failed }: Result): boolean {
  return passed + failed > 0;
}
