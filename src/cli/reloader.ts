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
}

/**
 * Takes over what can change; returns the keys that need a restart. Rejects
 * with a {@linkcode ConfigError} if a file is wrong: nothing has changed then.
 */
export type Apply = (config: Config) => Promise<readonly string[]>;

/** Reads the configuration and its files again: all of it holds, or nothing. */
export class Reloader {
  readonly #options: ReloaderOptions;
  /** `null` while the broker starts. */
  #apply: Apply | null = null;
  /** What was asked for meanwhile. */
  #heldReason: string | null = null;
  #unsubscribe: () => void = () => {};
  #isResting = false;

  /** Listens from now on: a signal that nobody listens to ends the process. */
  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#subscribe([]);
  }

  /**
   * The broker goes by `config`, and by what is given to `apply` from now on.
   * Reloads at once if that was asked for meanwhile.
   */
  start(config: Config, apply: Apply): void {
    this.#apply = apply;
    this.#watch(config);
    if (this.#heldReason !== null) this.#reloadUnasked(this.#heldReason);
  }

  /** Reloads nothing any more, but still listens: the broker stops. */
  rest(): void {
    this.#isResting = true;
  }

  /** Listens no more. Called once. */
  stop(): void {
    this.rest();
    this.#unsubscribe();
  }

  #watch(config: Config): void {
    const files = [...ruleFiles(config.auth), ...moduleFiles(config.plugins)];
    const { file } = this.#options;
    if (file !== undefined) files.push(file);
    if (config.admin.tokenFile !== null) files.push(config.admin.tokenFile);
    this.#subscribe(files);
  }

  /** The older subscription ends last, so that there is always one. */
  #subscribe(files: readonly string[]): void {
    const unsubscribe = this.#options.source.subscribe(
      files,
      (reason) => this.#reloadUnasked(reason),
    );
    this.#unsubscribe();
    this.#unsubscribe = unsubscribe;
  }

  /** Nobody waits for the result: it has been logged. */
  async #reloadUnasked(reason: string): Promise<void> {
    if (this.#isResting) return;
    if (this.#apply === null) {
      this.#heldReason = reason;
      return;
    }
    try {
      await this.reload(reason);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  /**
   * Reloads, once started; returns the keys whose change needs a restart.
   * @throws {ConfigError} If something is wrong; it is logged as well.
   */
  async reload(reason: string): Promise<readonly string[]> {
    const { logger, service, readConfig } = this.#options;
    service?.reloading();
    try {
      const config = readConfig();
      const kept = await this.#apply!(config);
      logger.info("reloaded users, rules, plugins, certificates and limits", {
        reason,
      });
      if (kept.length > 0) {
        logger.warn("some changes need a restart", { keys: kept.join(",") });
      }
      if (!this.#isResting) this.#watch(config);
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
