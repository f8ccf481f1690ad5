import { ruleFiles } from "../auth/mod.ts";
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
   * Takes over what can change; returns the keys that need a restart.
   * @throws {ConfigError} If a file is wrong: then nothing has changed.
   */
  readonly apply: (config: Config) => readonly string[];
}

/** Reads the configuration and its files again: all of it holds, or nothing. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #unsubscribe: () => void = () => {};

  /** `config` is the one that the broker was started with. */
  constructor(config: Config, options: ReloaderOptions) {
    this.#options = options;
    this.#subscribe(config);
  }

  stop(): void {
    this.#unsubscribe();
    this.#unsubscribe = () => {};
  }

  #subscribe(config: Config): void {
    const { source, file } = this.#options;
    const files = ruleFiles(config.auth);
    if (file !== undefined) files.push(file);
    if (config.admin.tokenFile !== null) files.push(config.admin.tokenFile);
    this.#unsubscribe = source.subscribe(
      files,
      (reason) => this.#reloadUnasked(reason),
    );
  }

  /** Nobody waits for the result: it has been logged. */
  #reloadUnasked(reason: string): void {
    try {
      this.reload(reason);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  /**
   * Reloads; returns the keys whose change needs a restart.
   * @throws {ConfigError} If something is wrong; it is logged as well.
   */
  reload(reason: string): readonly string[] {
    const { logger, service, readConfig, apply } = this.#options;
    service?.reloading();
    try {
      const config = readConfig();
      const kept = apply(config);
      logger.info("reloaded users, rules and limits", { reason });
      if (kept.length > 0) {
        logger.warn("some changes need a restart", { keys: kept.join(",") });
      }
      this.stop();
      this.#subscribe(config);
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
