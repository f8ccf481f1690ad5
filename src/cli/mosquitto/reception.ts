import type { MessageStream, ReceivedMessage } from "../../client/mod.ts";
import { ReasonCode } from "../../codec/mod.ts";
import type { Surroundings } from "../surroundings.ts";
import { CLIENT_EXIT_CODE, ClientFailure, ClientUsageError } from "./errors.ts";
import { lossOf, type OpenedClient } from "./open_client.ts";
import type { ClientArguments } from "./read_arguments.ts";

/** Messages of QoS 0 that wait while standard output does. */
const STREAM_BOUNDS = {
  maximumMessages: 100_000,
  maximumBytes: 64 * 1_048_576,
};

/** How messages are received. */
export interface ReceptionOptions {
  readonly surroundings: Surroundings;
  /** Takes one message; `false` ends the reception. */
  readonly receive: (message: ReceivedMessage) => boolean | Promise<boolean>;
}

/**
 * Receives messages until it is told to stop: by `receive`, by `stop`, by
 * the time of -W, by a signal, or because the connection is gone for good.
 * Created before the client subscribes, so that nothing is missed.
 */
export class Reception {
  readonly #stream: MessageStream;
  readonly #options: ReceptionOptions;
  readonly #cleanUp: () => void;
  #exitCode: number = CLIENT_EXIT_CODE.fine;
  #failure: ClientFailure | null = null;
  /** Of DISCONNECT: who is interrupted has its Will published. */
  reasonCode = 0;

  /** @throws {ClientUsageError} If the time of -W is not usable. */
  constructor(
    { client }: OpenedClient,
    args: ClientArguments,
    options: ReceptionOptions,
  ) {
    this.#options = options;
    this.#stream = client.messages(null, STREAM_BOUNDS);
    const seconds = readTimeout(args);
    const timer = seconds === undefined
      ? undefined
      : setTimeout(() => this.#timedOut(), seconds * 1000);
    const unsubscribe = options.surroundings.signals.subscribe(() =>
      this.#interrupt()
    );
    client.addEventListener("close", (event) => {
      this.#failure ??= lossOf(event);
      this.stop();
    });
    this.#cleanUp = () => {
      clearTimeout(timer);
      unsubscribe();
    };
  }

  /** Ends the loop; what was received is acknowledged. */
  stop(): void {
    this.#stream.return();
  }

  /**
   * Resolves with the exit code when it is over.
   * @throws {ClientFailure} If time was up or the connection is gone.
   */
  async run(): Promise<number> {
    try {
      for await (const message of this.#stream) {
        if (!await this.#options.receive(message)) break;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) {
        throw this.#failure ?? error;
      }
      this.#exitCode = CLIENT_EXIT_CODE.failure;
    } finally {
      this.#cleanUp();
    }
    if (this.#failure !== null) throw this.#failure;
    return this.#exitCode;
  }

  #timedOut(): void {
    this.#failure = new ClientFailure("Timed out", CLIENT_EXIT_CODE.timeout);
    this.#interrupt();
  }

  #interrupt(): void {
    this.reasonCode = ReasonCode.disconnectWithWillMessage;
    this.stop();
  }
}

/** @throws {ClientUsageError} If it is no time. */
export function readTimeout(args: ClientArguments): number | undefined {
  const seconds = args.integer("W");
  if (seconds === undefined || (seconds >= 1 && seconds <= 2_000_000)) {
    return seconds;
  }
  throw new ClientUsageError(`Invalid timeout "${args.text("W")}".`);
}
