import { moduleFiles, ruleFiles } from "../auth/mod.ts";
import { type Config, ConfigError } from "../config/mod.ts";
import type { Logger } from "./logger.ts";
import type { ServiceManager } from "./service_manager.ts";

/** Where the wish to read files again comes from. */
export interface ReloadSource {
  /**
   * Calls `handler` with what happened when the user asks for it or one of
   * `files` has changed; returns how to stop that.
   */
  subscribe(
    files: readonly string[],
    handler: (reason: string) => void,
  ): () => void;
}

/** What a {@linkcode Reloader} works with. */
export interface ReloaderOptions {
  readonly source: ReloadSource;
  readonly logger: Logger;
  /** Is told when it begins and when it is over; nobody is if left out. */
  readonly service?: ServiceManager;
  /** The configuration file, if there is one. */
  readonly file: string | undefined;
  /** @throws {ConfigError} If the configuration is wrong. */
  readonly readConfig: () => Config;
  /**
   * Takes over what can change; returns the keys that need a restart. Rejects
   * with a {@linkcode ConfigError} if a file is wrong: nothing has changed then.
   */
  readonly apply: (config: Config) => Promise<readonly string[]>;
}

/** Reads the configuration and its files again: all of it holds, or nothing. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #unsubscribe: () => void = () => {};
  #isStopped = false;

  /** `config` is the one that the broker was started with. */
  constructor(config: Config, options: ReloaderOptions) {
    this.#options = options;
    this.#subscribe(config);
  }

  stop(): void {
    this.#isStopped = true;
    this.#unsubscribe();
  }

  #subscribe(config: Config): void {
    this.#unsubscribe();
    const { source, file } = this.#options;
    const files = [...ruleFiles(config.auth), ...moduleFiles(config.plugins)];
    if (file !== undefined) files.push(file);
    if (config.admin.tokenFile !== null) files.push(config.admin.tokenFile);
    this.#unsubscribe = source.subscribe(
      files,
      (reason) => this.#reloadUnasked(reason),
    );
  }

  /** Nobody waits for the result: it has been logged. */
  async #reloadUnasked(reason: string): Promise<void> {
    try {
      await this.reload(reason);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  /**
   * Reloads; returns the keys whose change needs a restart.
   * @throws {ConfigError} If something is wrong; it is logged as well.
   */
  async reload(reason: string): Promise<readonly string[]> {
    const { logger, service, readConfig, apply } = this.#options;
    service?.reloading();
    try {
      const config = readConfig();
      const kept = await apply(config);
      logger.info("reloaded users, rules, plugins, certificates and limits", {
        reason,
      });
      if (kept.length > 0) {
        logger.warn("some changes need a restart", { keys: kept.join(",") });
      }
      if (!this.#isStopped) this.#subscribe(config);
      return kept;
    } catch (error) {
      if (error instanceof ConfigError) {
        logger.error("nothing was reloaded, all stays as it was", {
          reason,
          error,
        });
      }
      throw error;
    } finally {
      service?.ready();
    }
  }
}
