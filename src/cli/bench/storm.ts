import { closeSession, openSession } from "./handshake.ts";
import type { Link } from "./link.ts";
import type { LoadOptions } from "./options.ts";
import { CpuMeter, type CpuUse, readResidentBytes } from "./process.ts";
import { type Percentiles, summarize } from "./statistics.ts";

/** What opening many connections measured. */
export interface StormResult extends CpuUse {
  mode: "storm";
  connections: number;
  perSecond: number;
  /** From the start of a TCP connection to its CONNACK. */
  latencyMs: Percentiles;
}

/** What holding many idle connections measured. */
export interface IdleResult {
  mode: "idle";
  connections: number;
  residentBytesBefore: number;
  residentBytesAfter: number;
  residentBytesPerConnection: number;
}

/** Opens connections as fast as they are accepted, and closes them at the end. */
export async function runStorm(options: LoadOptions): Promise<StormResult> {
  using _stalled = await openStalled(options);
  const cpu = new CpuMeter(options.processId);
  await cpu.start();
  const startMs = performance.now();
  const storm = await openMany(options);
  const seconds = (performance.now() - startMs) / 1000;
  const use = await cpu.stop();
  await Promise.all(storm.connections.map(closeSession));
  return {
    mode: "storm",
    connections: options.connectionCount,
    perSecond: options.connectionCount / seconds,
    latencyMs: summarize(storm.latenciesMs),
    ...use,
  };
}

/** Holds idle connections and compares the broker's memory. */
export async function runIdle(options: LoadOptions): Promise<IdleResult> {
  const processId = options.processId!;
  const before = await readResidentBytes(processId);
  const { connections } = await openMany(options);
  await new Promise((resolve) => setTimeout(resolve, options.seconds * 1000));
  const after = await readResidentBytes(processId);
  await Promise.all(connections.map(closeSession));
  return {
    mode: "idle",
    connections: options.connectionCount,
    residentBytesBefore: before,
    residentBytesAfter: after,
    residentBytesPerConnection: (after - before) / options.connectionCount,
  };
}

/** Opens connections whose handshakes never begin. */
async function openStalled(
  { hostname, port, stalledCount }: LoadOptions,
): Promise<Disposable> {
  const stack = new DisposableStack();
  for (let i = 0; i < stalledCount; i++) {
    stack.use(await Deno.connect({ hostname, port }));
  }
  return stack;
}

async function openMany(options: LoadOptions): Promise<{
  connections: Link[];
  latenciesMs: Float64Array;
}> {
  const runId = crypto.randomUUID().slice(0, 8);
  const connections: Link[] = [];
  const latenciesMs = new Float64Array(options.connectionCount);
  let next = 0;
  const openInTurn = async () => {
    while (next < options.connectionCount) {
      const index = next++;
      const startMs = performance.now();
      const session = await openSession(options, `idle-${runId}-${index}`);
      latenciesMs[index] = performance.now() - startMs;
      connections.push(session.connection);
    }
  };
  try {
    const workers = Array.from({ length: options.concurrency }, openInTurn);
    await Promise.all(workers);
  } catch (error) {
    await Promise.all(connections.map(closeSession));
    const reason = error instanceof Error ? error.message : error;
    throw new Error(
      `Cannot open connection ${connections.length + 1} of ` +
        `${options.connectionCount}: ${reason}`,
      { cause: error },
    );
  }
  return { connections, latenciesMs };
}
