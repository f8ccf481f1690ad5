import { UsageError } from "../command.ts";

/** A command line of a client that cannot be understood: exit code 1. */
export class ClientUsageError extends UsageError {}

/** Ends a client with what stands on standard error and its exit code. */
export class ClientFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Exit codes of Mosquitto's clients; others are codes of CONNACK. */
export const CLIENT_EXIT_CODE = {
  fine: 0,
  failure: 1,
  connectionLost: 7,
  timeout: 27,
} as const;
