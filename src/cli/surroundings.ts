import type { ReloadSource } from "./reloader.ts";
import type { Logger } from "./logger.ts";
import type { StartServer } from "./server.ts";
import type { ServiceManager } from "./service_manager.ts";
import type { SignalSource } from "./signals.ts";

/** The process, as far as the program touches it. */
export interface Surroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly signals: SignalSource;
  readonly reloads: ReloadSource;
  /** Whether log lines may be coloured. */
  readonly hasColor: boolean;
  /** Whether somebody watches standard error, so that progress may be shown. */
  readonly isWatched: boolean;
  readonly processId: number;
  readonly now: () => number;
  readonly readTextFile: (path: string) => string;
  /** Each takes whole lines, without the last line end. */
  readonly writeOutput: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Replaces the line at the cursor on standard error. */
  readonly writeStatus: (line: string) => void;
  /** Standard output for what is no text; takes all of it before it returns. */
  readonly writeBytes: (bytes: Uint8Array) => void;
  /** Standard input. */
  readonly openInput: () => ReadableStream<Uint8Array>;
  /** Whether standard input is a terminal, so that somebody can be asked. */
  readonly hasTerminal: boolean;
  /** Asks on the terminal; `null` if there is no answer. */
  readonly askPassword: (question: string) => string | null;
  readonly startServer: StartServer;
  /** Connects to what has started the program as a service, if that is so. */
  readonly connectServiceManager: (logger: Logger) => ServiceManager;
}
