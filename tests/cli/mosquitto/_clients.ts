import { run } from "../../../src/cli/run.ts";
import { EXECUTABLE } from "../../_program.ts";
import { fakeSurroundings } from "../_surroundings.ts";

/** One of Mosquitto's clients, and ours that is spelt like it. */
export type ClientName = "pub" | "sub" | "rr";

/** How a client has ended, and what it wrote. */
export interface ClientEnd {
  readonly code: number;
  readonly output: string;
  /** The first line on standard error that is not empty. */
  readonly error: string;
}

/** Whether Mosquitto's clients are installed. */
export const HAS_MOSQUITTO_CLIENTS: boolean = ["pub", "sub", "rr"]
  .every((name) => hasProgram(`mosquitto_${name}`));

/** Whether Mosquitto's broker is installed. */
export const HAS_MOSQUITTO: boolean = hasProgram("mosquitto");

function hasProgram(name: string): boolean {
  return new Deno.Command("sh", {
    args: ["-c", `command -v ${name}`],
    stdout: "null",
  }).outputSync().success;
}

/** Runs `rqtt NAME`: the executable if there is one, else in this process. */
export function runOurs(
  name: ClientName,
  args: readonly string[],
  input = "",
): Promise<ClientEnd> {
  return EXECUTABLE === null
    ? runHere(name, args, input)
    : runProgram(EXECUTABLE, [name, ...args], input);
}

async function runHere(
  name: ClientName,
  args: readonly string[],
  input: string,
): Promise<ClientEnd> {
  const chunks: Uint8Array[] = [];
  const encoder = new TextEncoder();
  const { surroundings, errors } = fakeSurroundings({
    args: [name, ...args],
    signals: { subscribe: () => () => {} },
    now: Date.now,
    processId: Deno.pid,
    writeOutput: (text) => chunks.push(encoder.encode(`${text}\n`)),
    writeBytes: (bytes) => chunks.push(bytes),
    openInput: () => new Blob([input]).stream(),
  });
  const code = await run(surroundings);
  return {
    code,
    output: await new Blob(chunks as BlobPart[]).text(),
    error: firstLine(errors.join("\n")),
  };
}

/** Runs `mosquitto_NAME`. */
export function runTheirs(
  name: ClientName,
  args: readonly string[],
  input = "",
): Promise<ClientEnd> {
  return runProgram(`mosquitto_${name}`, args, input);
}

async function runProgram(
  program: string,
  args: readonly string[],
  input: string,
): Promise<ClientEnd> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(input))
    .then(() => writer.close())
    // It has ended without reading it.
    .catch(() => {});
  const { code, stdout, stderr } = await child.output();
  await written;
  const decoder = new TextDecoder();
  return {
    code,
    output: decoder.decode(stdout),
    error: firstLine(decoder.decode(stderr)),
  };
}

function firstLine(text: string): string {
  return text.split("\n").find((line) => line !== "") ?? "";
}
