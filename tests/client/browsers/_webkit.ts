import {
  type Engine,
  findCommand,
  Home,
  LAUNCH_TIMEOUT_MS,
  type Visit,
} from "./_engine.ts";

const driver = findCommand(["WebKitWebDriver"]);
const display = findCommand(["Xvfb"]);
const browser = findBrowser();

/** WebKit, in the small browser that comes with WebKitGTK. */
export const webkitEngine: Engine = {
  name: "WebKit",
  whyMissing: driver === null
    ? "WebKitWebDriver is not installed"
    : browser === null
    ? "MiniBrowser is not installed"
    : display === null
    ? "Xvfb is not installed"
    : null,
  visit,
};

/** Drives it by the HTTP requests of WebDriver. */
async function visit(url: string): Promise<Visit> {
  await using disposal = new AsyncDisposableStack();
  const { environment } = disposal.use(await Home.make());
  const displayNumber = await startDisplay(disposal, environment);
  const port = freePort();
  start(disposal, driver!, {
    args: [`--port=${port}`],
    env: { ...environment, DISPLAY: `:${displayNumber}` },
  });
  const origin = `http://127.0.0.1:${port}`;
  await untilReady(origin);
  const { sessionId, capabilities } = await send(`${origin}/session`, {
    capabilities: {
      alwaysMatch: {
        acceptInsecureCerts: true,
        "webkitgtk:browserOptions": { binary: browser, args: ["--automation"] },
      },
    },
  }) as { sessionId: string; capabilities: { browserVersion: string } };
  disposal.defer(async () => {
    const session = `${origin}/session/${sessionId}`;
    await (await fetch(session, { method: "DELETE" })).body?.cancel();
  });
  await send(`${origin}/session/${sessionId}/url`, { url });
  const kept = disposal.move();
  return {
    version: capabilities.browserVersion,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A screen that nobody sees; it chooses its number itself. */
async function startDisplay(
  disposal: AsyncDisposableStack,
  env: Record<string, string>,
): Promise<string> {
  const args = ["-displayfd", "1", "-screen", "0", "800x600x24"];
  const process = start(disposal, display!, { args, env, stdout: "piped" });
  const reader = process.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  disposal.defer(() => process.stdout.cancel());
  if (value === undefined) throw new Error("Cannot start Xvfb: it has ended");
  return new TextDecoder().decode(value).trim();
}

/** Starts a process that ends with `disposal`. */
function start(
  disposal: AsyncDisposableStack,
  command: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  const process = new Deno.Command(command, {
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...options,
  }).spawn();
  disposal.defer(async () => {
    try {
      process.kill("SIGKILL");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    await process.status;
  });
  return process;
}

async function untilReady(origin: string): Promise<void> {
  const endMs = performance.now() + LAUNCH_TIMEOUT_MS;
  for (;;) {
    try {
      await (await fetch(`${origin}/status`)).body?.cancel();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function send(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LAUNCH_TIMEOUT_MS),
  });
  const { value } = await response.json();
  if (response.ok) return value;
  throw new Error(`Cannot drive WebKit: ${value.error}: ${value.message}`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Debian keeps it with the library. */
function findBrowser(): string | null {
  const patterns = [
    "/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/*/webkitgtk-6.0/MiniBrowser",
    "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
    "/usr/libexec/webkitgtk-6.0/MiniBrowser",
  ];
  return findCommand(patterns.flatMap(expand));
}

function expand(pattern: string): string[] {
  const [before, after] = pattern.split("*");
  if (after === undefined) return [pattern];
  try {
    return Array.from(
      Deno.readDirSync(before),
      ({ name }) => `${before}${name}${after}`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
