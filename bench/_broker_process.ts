const startTimeoutMs = 20_000;
/** Some write all that they know when they stop. */
const stopTimeoutMs = 20_000;
const pollMs = 10;
const complaintLength = 1000;

/** How to start a broker on a port. */
export interface Launch {
  command: string;
  args: string[];
}

/** A broker that runs and accepts connections. */
export interface RunningBroker {
  port: number;
  processId: number;
  /** Ends it: politely first, then not. */
  stop(): Promise<void>;
}

const running = new Set<Deno.ChildProcess>();

/**
 * Starts a broker on a free loopback port and waits until it accepts.
 * @throws {Error} If it ends or does not accept in time.
 */
export async function startBroker(
  makeLaunch: (port: number) => Promise<Launch>,
): Promise<RunningBroker> {
  const port = findFreePort();
  const { command, args } = await makeLaunch(port);
  const child = new Deno.Command(command, {
    args,
    clearEnv: true,
    env: brokerEnvironment(),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  const complaint = readBeginning(child.stderr);
  try {
    await waitUntilAccepting(child, port);
  } catch (error) {
    await stopChild(child);
    const reason = error instanceof Error ? error.message : error;
    throw new Error(`${reason}: ${(await complaint).trim()}`, { cause: error });
  }
  return { port, processId: child.pid, stop: () => stopChild(child) };
}

/** Ends, at once, every broker that still runs: for signal handlers. */
export function killBrokers(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** The output of a short command; undefined if it cannot be started. */
export async function readOutput(
  command: string,
  args: string[],
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command(command, { args })
      .output();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** RQTT takes RQTT_* for settings: here they are the comparison's own. */
function brokerEnvironment(): Record<string, string> {
  const entries = Object.entries(Deno.env.toObject());
  return Object.fromEntries(
    entries.filter(([name]) => !name.startsWith("RQTT_")),
  );
}

/** A port of 127.0.0.1 that nobody listens on. */
export function findFreePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Reads to the end, so that the writer never waits, and keeps the start. */
async function readBeginning(
  stream: ReadableStream<Uint8Array>,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (text.length < complaintLength) {
      text += decoder.decode(chunk, { stream: true });
    }
  }
  return text.slice(0, complaintLength);
}

async function waitUntilAccepting(
  child: Deno.ChildProcess,
  port: number,
): Promise<void> {
  let endCode: number | undefined;
  child.status.then(({ code }) => endCode = code);
  const endMs = performance.now() + startTimeoutMs;
  while (performance.now() < endMs) {
    if (endCode !== undefined) {
      throw new Error(`Cannot start the broker: it ended with code ${endCode}`);
    }
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error(
    `Cannot start the broker: no answer in ${startTimeoutMs / 1000} s`,
  );
}

async function stopChild(child: Deno.ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await child.status;
  clearTimeout(timer);
}
