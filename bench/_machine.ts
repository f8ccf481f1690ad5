/**
 * What the numbers of a report depend on, as lines of Markdown; `generator` is
 * the program that makes the load.
 */
export async function describeMachine(
  generator = "bench/load.ts",
): Promise<string[]> {
  const memory = Deno.systemMemoryInfo().total / 1024 ** 3;
  return [
    `- ${navigator.hardwareConcurrency} × ${await readCpuModel()}`,
    `- ${memory.toFixed(0)} GiB, ${Deno.build.os} ${Deno.osRelease()}`,
    `- load average ${
      Deno.loadavg().map((load) => load.toFixed(2)).join(", ")
    } at the end`,
    `- generator: ${generator} on Deno ${Deno.version.deno}, one process ` +
    "on the same machine",
  ];
}

async function readCpuModel(): Promise<string> {
  try {
    const text = await Deno.readTextFile("/proc/cpuinfo");
    return /^model name\s*: (.*)$/m.exec(text)?.[1] ?? Deno.build.arch;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return Deno.build.arch;
    throw error;
  }
}
