import { type Broker, whenStored } from "../broker/mod.ts";
import { ProblemError } from "./problem.ts";

/** How long a request waits for the disk. */
const TIMEOUT_MS = 10_000;

/**
 * Resolves when a crash cannot undo what was done.
 * @throws {ProblemError} If that takes too long, as while the store fails.
 */
export async function awaitStored(
  broker: Broker,
  timeoutMs = TIMEOUT_MS,
): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(notStored()), timeoutMs);
  try {
    await Promise.race([whenStored(broker), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function notStored(): ProblemError {
  return new ProblemError({
    status: 503,
    title: "Not stored yet",
    detail: "it is done, but not on the disk: a crash could undo it",
    remedy: "see the log for why writing the store takes so long",
  });
}
