/**
 * `deno task test:browsers [--engine NAME]… [--json]`: the client's bundle in
 * the browsers of this machine, against the real broker over `ws:` and `wss:`.
 * Prints a table; the exit code is 1 if a check failed, or if a browser that
 * was asked for by its name could not be started.
 */
import { parseArgs } from "@std/cli";
import type { Engine, Visit } from "./_engine.ts";
import { ENGINES } from "./_engines.ts";
import { type EngineReport, formatReports } from "./_report.ts";
import { Stage } from "./_stage.ts";

const LAUNCH_ATTEMPTS = 3;
/** For all checks of one browser on a busy machine. */
const RUN_TIMEOUT_MS = 300_000;

async function run(engine: Engine, stage: Stage): Promise<EngineReport> {
  const report = { engine: engine.name, version: "", checks: [] };
  if (engine.whyMissing !== null) {
    return { ...report, skipped: engine.whyMissing };
  }
  let visit: Visit;
  try {
    visit = await launch(engine, stage);
  } catch (error) {
    return { ...report, skipped: `it cannot be started: ${error}` };
  }
  await using _open = visit;
  const timeout = AbortSignal.timeout(RUN_TIMEOUT_MS);
  const isFinished = await Promise.race([
    stage.finished.then(() => true),
    new Promise<false>((resolve) => {
      timeout.addEventListener("abort", () => resolve(false));
    }),
  ]);
  const checks = [...stage.reports];
  if (!isFinished) {
    checks.push({
      scheme: "ws",
      check: "finishes in time",
      failure: `${checks.length} checks have ended in ${RUN_TIMEOUT_MS} ms`,
      detail: "",
    });
  }
  return { ...report, version: visit.version, skipped: null, checks };
}

/** Only the start is tried again: what fails later is a defect. */
async function launch(engine: Engine, stage: Stage): Promise<Visit> {
  for (let attempt = 1;; attempt++) {
    try {
      return await engine.visit(stage.nextUrl());
    } catch (error) {
      if (attempt === LAUNCH_ATTEMPTS) throw error;
      console.error(`${engine.name} does not start, trying again: ${error}`);
    }
  }
}

function chosenEngines(names: readonly string[]): readonly Engine[] {
  if (names.length === 0) return ENGINES;
  return names.map((name) => {
    const engine = ENGINES.find((one) =>
      one.name.toLowerCase() === name.toLowerCase()
    );
    if (engine !== undefined) return engine;
    const known = ENGINES.map((one) => one.name.toLowerCase()).join(", ");
    console.error(`There is no engine "${name}", only ${known}`);
    Deno.exit(2);
  });
}

async function main(): Promise<void> {
  const { engine = [], json } = parseArgs(Deno.args, {
    string: ["engine"],
    collect: ["engine"],
    boolean: ["json"],
  });
  const names = engine as string[];
  const reports: EngineReport[] = [];
  {
    await using stage = await Stage.open();
    for (const one of chosenEngines(names)) {
      reports.push(await run(one, stage));
    }
  }
  console.log(json ? JSON.stringify(reports) : formatReports(reports));
  const hasFailed = reports.some(({ skipped, checks }) =>
    (skipped !== null && names.length > 0) ||
    checks.some(({ failure }) => failure !== null)
  );
  // Sockets of a browser that was killed would keep the process.
  Deno.exit(hasFailed ? 1 : 0);
}

if (import.meta.main) await main();
