/**
 * The program `rqtt`: an MQTT broker. `--help` says how to start it; the
 * library is `src/mod.ts`.
 */
import { processReloads } from "./src/cli/reload_source.ts";
import { run } from "./src/cli/run.ts";
import type { Server, StartServer } from "./src/cli/server.ts";
import { processSignals } from "./src/cli/signals.ts";
import { connectSystemd } from "./src/cli/systemd.ts";

if (import.meta.main) {
  const exitCode = await run({
    args: Deno.args,
    environment: Deno.env.toObject(),
    signals: processSignals,
    reloads: processReloads,
    hasColor: Deno.stderr.isTerminal() && !Deno.noColor,
    isWatched: Deno.stderr.isTerminal(),
    processId: Deno.pid,
    now: Date.now,
    readTextFile: Deno.readTextFileSync,
    writeOutput: console.log,
    writeError: console.error,
    writeStatus,
    writeBytes,
    openInput: () => Deno.stdin.readable,
    hasTerminal: Deno.stdin.isTerminal(),
    askPassword: promptSecret,
    startServer: loadAndStartServer,
    connectServiceManager: (logger) =>
      connectSystemd(Deno.env.toObject(), logger),
  });
  Deno.exit(exitCode);
}

/** Only who serves loads the broker. */
async function loadAndStartServer(
  ...args: Parameters<StartServer>
): Promise<Server> {
  const { startServer } = await import("./src/cli/start_server.ts");
  return await startServer(...args);
}

/** Back to the margin, and away with what is there. */
function writeStatus(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
}

function writeBytes(bytes: Uint8Array): void {
  let sentBytes = 0;
  while (sentBytes < bytes.length) {
    sentBytes += Deno.stdout.writeSync(bytes.subarray(sentBytes));
  }
}

/** Deno's own `prompt` shows what is typed. */
function promptSecret(question: string): string | null {
  if (!Deno.stdin.isTerminal()) return prompt(question);
  Deno.stderr.writeSync(new TextEncoder().encode(`${question} `));
  Deno.stdin.setRaw(true, { cbreak: true });
  try {
    return readLine();
  } finally {
    Deno.stdin.setRaw(false);
    console.error();
  }
}

function readLine(): string {
  const bytes: number[] = [];
  const buffer = new Uint8Array(1);
  for (;;) {
    const count = Deno.stdin.readSync(buffer);
    const [byte] = buffer;
    if (count === null || byte === 10 || byte === 13) break;
    if (byte === 127 || byte === 8) bytes.pop();
    else bytes.push(byte);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
