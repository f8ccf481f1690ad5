import type { PluginObserver } from "./observer.ts";
import type { PluginConfig } from "../../config/plugin_config.ts";
import type { PluginHost } from "./plugin_host.ts";

/** A plugin that was started, and what it was started from. */
export class RunningPlugin {
  readonly config: PluginConfig;
  readonly host: PluginHost;
  /** Another one if the configuration or the text of the module is another. */
  readonly fingerprint: string;
  readonly #observer: PluginObserver;

  constructor(
    host: PluginHost,
    fingerprint: string,
    observer: PluginObserver,
  ) {
    this.config = host.config;
    this.host = host;
    this.fingerprint = fingerprint;
    this.#observer = observer;
  }

  /** Tells the operator that a question came to nothing; returns why. */
  report(hook: string, error: unknown): string {
    const cause = error instanceof Error ? error.message : String(error);
    this.#observer.pluginFailed(this.config.name, `${hook}: ${cause}`);
    return cause;
  }
}
