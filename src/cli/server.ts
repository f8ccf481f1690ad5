import type { LogControl } from "../admin/mod.ts";
import type { Config } from "../config/mod.ts";
import type { ListeningAddress } from "../transport/mod.ts";
import type { Logger } from "./logger.ts";

/** A broker whose listeners are open. */
export interface Server {
  /** Where it listens, in the order of the listeners, with the real ports. */
  readonly addresses: readonly ListeningAddress[];
  /** Where the admin HTTP listens; `null` if it has no listener of its own. */
  readonly adminAddress: ListeningAddress | null;
  /** The token of this run for it; `null` if a file has them, or it is off. */
  readonly adminToken: string | null;
  /**
   * Settles when the server has stopped and rejects if it failed; it does not
   * stop by itself otherwise.
   */
  readonly finished: Promise<void>;
  /**
   * Goes by the users, rules, plugins, certificates and limits of `config` from
   * now on, or by none of them; returns the keys whose change needs a restart.
   * @throws {ConfigError} If a file or plugin that `config` names is unusable.
   */
  reload(config: Config): Promise<readonly string[]>;
  /** Has the admin HTTP call `reload`, which does as the one above, when it is asked to. */
  onReload(reload: () => Promise<readonly string[]>): void;
  /**
   * Stops accepting, lets what is being sent leave within
   * `Config.shutdownGraceMs`, closes everything, and then resolves.
   */
  shutdown(): Promise<void>;
}

/** How a server is started. */
export interface StartOptions {
  readonly logger: Logger;
  /** What the admin HTTP changes of the log; nothing if it is left out. */
  readonly logControl?: LogControl;
  /** Moves a damaged store aside and keeps what reads of it. */
  readonly recover: boolean;
}

/**
 * Reads the store, then opens every listener, or none.
 * @throws {StoreError} If the store cannot be used.
 * @throws {ListenError} If a listener cannot be opened.
 */
export type StartServer = (
  config: Config,
  options: StartOptions,
) => Promise<Server>;

export { ListenError } from "../listen_error.ts";
