import { concatenate } from "./format.ts";
import { CLIENT_EXIT_CODE, ClientFailure, ClientUsageError } from "./errors.ts";
import type { ClientArguments } from "./read_arguments.ts";

/** Where a client has its payload from, by the name of the option. */
const MODES = [
  "message",
  "file",
  "stdin-file",
  "null-message",
  "stdin-line",
] as const;

/** The way in which a payload is given. */
export type PayloadMode = typeof MODES[number];

/**
 * The one way that the command line names, if it does.
 * @throws {ClientUsageError} If it names two.
 */
export function readPayloadMode(
  args: ClientArguments,
): PayloadMode | undefined {
  const modes = MODES.filter((mode) => args.has(mode));
  if (modes.length > 1) {
    throw new ClientUsageError("Only one type of message can be sent at once.");
  }
  return modes[0];
}

/**
 * Reads the payload of every mode but `stdin-line`.
 * @throws {ClientFailure} If there is nothing to read.
 */
export async function readPayload(
  args: ClientArguments,
  openInput: () => ReadableStream<Uint8Array>,
): Promise<Uint8Array> {
  if (args.has("message")) {
    return new TextEncoder().encode(args.text("message"));
  }
  if (args.has("file")) return readFile(args.text("file")!);
  if (args.has("stdin-file")) return await readInput(openInput());
  return new Uint8Array(0);
}

/** The lines of a byte stream, without their ends; the last may have none. */
export async function* splitLines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  /** The parts of the line that has no end yet. */
  let parts: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(10, start);
      if (end < 0) break;
      yield concatenate([...parts, chunk.subarray(start, end)]);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield concatenate(parts);
}

function readFile(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    throw new ClientFailure(
      `Error: Unable to open file "${path}". (${(error as Error).message})`,
      CLIENT_EXIT_CODE.failure,
      { cause: error },
    );
  }
}

async function readInput(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array> {
  const chunks = await Array.fromAsync(stream);
  const payload = concatenate(chunks);
  if (payload.length > 0) return payload;
  throw new ClientFailure(
    "Error: Zero length input. (-n publishes an empty message)",
    CLIENT_EXIT_CODE.failure,
  );
}
