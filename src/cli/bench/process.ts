import process from "node:process";

/** Clock ticks per second in /proc: fixed at 100 for every Linux user space. */
const ticksPerSecond = 100;

/** User and system CPU seconds that a process has used so far (Linux). */
export async function readCpuSeconds(processId: number): Promise<number> {
  return parseCpuSeconds(await readProcess(processId, "stat"));
}

/** Bytes of memory that a process holds now (Linux). */
export async function readResidentBytes(processId: number): Promise<number> {
  return parseResidentBytes(await readProcess(processId, "status"));
}

/** @throws {Error} If there is no such process, or its file may not be read. */
async function readProcess(processId: number, file: string): Promise<string> {
  const path = `/proc/${processId}/${file}`;
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? "the executable may not, run the bench from a checkout"
      : (error as Error).message;
    throw new Error(`Cannot read ${path}: ${reason}`, { cause: error });
  }
}

/** Sums utime and stime of a line of /proc/PID/stat. */
export function parseCpuSeconds(stat: string): number {
  // The program's name, in parentheses, may itself hold spaces and ")".
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/**
 * Finds VmRSS in /proc/PID/status.
 * @throws {Error} If there is none.
 */
export function parseResidentBytes(status: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (match === null) throw new Error("Cannot read memory: no VmRSS line");
  return Number(match[1]) * 1024;
}

/** Needs no /proc, which takes every permission to read. */
function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** CPU use of the broker (if its process is known) and of this process. */
export class CpuMeter {
  readonly #processId: number | undefined;
  #startMs = 0;
  #brokerSeconds = 0;
  #ownSeconds = 0;

  constructor(processId: number | undefined) {
    this.#processId = processId;
  }

  /** Starts counting from now. */
  async start(): Promise<void> {
    this.#startMs = performance.now();
    this.#ownSeconds = ownCpuSeconds();
    if (this.#processId === undefined) return;
    this.#brokerSeconds = await readCpuSeconds(this.#processId);
  }

  /** Seconds of CPU and of the clock since `start`. */
  async stop(): Promise<CpuUse> {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const own = ownCpuSeconds() - this.#ownSeconds;
    const broker = this.#processId === undefined
      ? undefined
      : await readCpuSeconds(this.#processId) - this.#brokerSeconds;
    return { seconds, generatorCpuSeconds: own, brokerCpuSeconds: broker };
  }
}

/** What a {@linkcode CpuMeter} saw. */
export interface CpuUse {
  /** Time on the clock. */
  seconds: number;
  generatorCpuSeconds: number;
  brokerCpuSeconds: number | undefined;
}
