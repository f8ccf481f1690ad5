import type { ReceivedMessage } from "../../client/mod.ts";
import type { Surroundings } from "../surroundings.ts";
import { concatenate, MessageFormat } from "./format.ts";
import type { ClientArguments } from "./read_arguments.ts";

const NEW_LINE = new Uint8Array([10]);
const encoder = new TextEncoder();

/** Writes received messages as -F, -v, -N and --pretty say. */
export class MessagePrinter {
  readonly #surroundings: Surroundings;
  readonly #format: MessageFormat | null;
  readonly #isVerbose: boolean;
  readonly #isPretty: boolean;
  readonly #isQuiet: boolean;
  readonly #end: Uint8Array;

  /** @throws {ClientUsageError} If the format has a sequence that means nothing. */
  constructor(args: ClientArguments, surroundings: Surroundings) {
    const format = args.text("F");
    this.#surroundings = surroundings;
    this.#format = format === undefined ? null : new MessageFormat(format);
    this.#isVerbose = args.has("verbose");
    this.#isPretty = args.has("pretty");
    this.#isQuiet = args.has("quiet");
    this.#end = args.has("N") ? new Uint8Array(0) : NEW_LINE;
  }

  /** @throws {Deno.errors.BrokenPipe} If nobody reads any more. */
  print(message: ReceivedMessage): void {
    const bytes = this.#write(message);
    this.#surroundings.writeBytes(concatenate([bytes, this.#end]));
  }

  #write(message: ReceivedMessage): Uint8Array {
    const { now, writeError } = this.#surroundings;
    if (this.#format !== null) {
      return this.#format.write(message, {
        nowMs: now(),
        isPretty: this.#isPretty,
        complain: this.#isQuiet ? () => {} : writeError,
      });
    }
    const { topicName, payload } = message;
    if (!this.#isVerbose) return payload;
    return payload.length === 0
      ? encoder.encode(`${topicName} (null)`)
      : concatenate([encoder.encode(`${topicName} `), payload]);
  }
}
