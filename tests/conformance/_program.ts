import type { Limits } from "../../src/broker/mod.ts";
import { SCHEMA } from "../../src/config/schema.ts";
import type { Address } from "./_raw_client.ts";

/** A broker in a process of its own. */
export interface Program {
  readonly address: Address;
  stop(): Promise<void>;
}

/** What a broker is to be like, as far as a file can say it. */
interface Wishes {
  readonly limits?: Partial<Limits>;
  readonly transport?: string;
}

/** The configuration file of a broker with one listener. */
export function configuration({ transport = "tcp" }: Wishes): string {
  return `listeners:\n  - type: ${transport}\n`;
}

/** Starts the executable at `path` on a free port and waits until it listens. */
export async function startProgram(
  path: string,
  wishes: Wishes,
): Promise<Program> {
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(file, configuration(wishes));
  const process = new Deno.Command(path, {
    args: ["--config", file, "--host", "127.0.0.1", "--port", "0"],
    clearEnv: true,
    env: environmentOf(wishes.limits ?? {}),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = process.stderr.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  let log = "";
  for (;;) {
    const match = /listening on (\S+):(\d+)/.exec(log);
    if (match !== null && log.indexOf("\n", match.index) > 0) {
      const address = { hostname: match[1], port: Number(match[2]) };
      const drained = drain(reader);
      return {
        address,
        async stop() {
          process.kill("SIGTERM");
          await Promise.all([process.status, drained]);
          await Deno.remove(file);
        },
      };
    }
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot start ${path}: it ended with "${log}"`);
    log += value;
  }
}

async function drain(
  reader: ReadableStreamDefaultReader<string>,
): Promise<void> {
  while (!(await reader.read()).done);
}

/** `limits` as the environment variables of the program. */
function environmentOf(limits: Partial<Limits>): Record<string, string> {
  const { fields } = SCHEMA.limits as {
    fields: Readonly<Record<string, { readonly key: string }>>;
  };
  return Object.fromEntries(
    Object.entries(limits).map(([name, value]) => [
      `RQTT_LIMITS_${fields[name].key.toUpperCase()}`,
      name.endsWith("Ms") ? `${value}ms` : String(value),
    ]),
  );
}
