import { NO_SERVICE_MANAGER } from "../../src/cli/service_manager.ts";
import type { Surroundings } from "../../src/cli/surroundings.ts";

/** A process that is not there, and what was written to it. */
export interface FakeSurroundings {
  readonly surroundings: Surroundings;
  readonly output: string[];
  readonly errors: string[];
}

/** Signals come before anything starts; files are empty; nothing is answered. */
export function fakeSurroundings(
  given: Partial<Surroundings>,
): FakeSurroundings {
  const output: string[] = [];
  const errors: string[] = [];
  const surroundings: Surroundings = {
    args: [],
    environment: {},
    signals: {
      subscribe(handler) {
        handler("SIGTERM");
        return () => {};
      },
    },
    reloads: { subscribe: () => () => {} },
    hasColor: false,
    isWatched: false,
    processId: 1,
    now: () => 0,
    readTextFile: () => "",
    writeOutput: (text) => output.push(text),
    writeError: (text) => errors.push(text),
    writeStatus: () => {},
    writeBytes: (bytes) => output.push(new TextDecoder().decode(bytes)),
    openInput: () => new Blob([]).stream(),
    hasTerminal: false,
    askPassword: () => null,
    startServer: () => Promise.reject(new Error("Cannot start: not given")),
    connectServiceManager: () => NO_SERVICE_MANAGER,
    ...given,
  };
  return { surroundings, output, errors };
}
