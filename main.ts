/**
 * The program `rqtt`: an MQTT broker. `--help` says how to start it; the
 * library is `src/mod.ts`.
 */
import { run } from "./src/cli/run.ts";
import { processSignals } from "./src/cli/signals.ts";
import { startServer } from "./src/cli/start_server.ts";

if (import.meta.main) {
  const exitCode = await run({
    args: Deno.args,
    environment: Deno.env.toObject(),
    signals: processSignals,
    hasColor: Deno.stderr.isTerminal() && !Deno.noColor,
    now: Date.now,
    readTextFile: Deno.readTextFileSync,
    writeOutput: console.log,
    writeError: console.error,
  }, startServer);
  Deno.exit(exitCode);
}
