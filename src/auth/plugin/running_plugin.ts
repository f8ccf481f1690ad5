import type { PluginObserver } from "./observer.ts";
import type { PluginConfig } from "../../config/plugin_config.ts";
import type { PluginHost } from "./plugin_host.ts";
import {
  type CalledHook,
  NoAnswerError,
  type Outcome,
} from "./plugin_statistics.ts";

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

  /**
   * What the plugin answers, as `check` reads it.
   * @throws {Error} If there is no answer, or `check` throws.
   */
  ask<Answer extends { readonly answer: Outcome }>(
    hook: CalledHook,
    question: unknown,
    check: (answer: unknown) => Answer,
  ): Promise<Answer> {
    return this.host.statistics.measure(
      hook,
      async () => check(await this.host.ask(hook, question)),
    );
  }

  /** Calls a hook, if there is one, whose answer counts for nothing. */
  tell(hook: CalledHook, notice: unknown): void {
    if (!this.host.has(hook)) return;
    this.ask(hook, notice, () => ({ answer: "done" }))
      .catch((error) => {
        // That the plugin does not run is told once, not for each client.
        const isTold = error instanceof NoAnswerError &&
          error.failure === "unavailable";
        if (!isTold) this.report(hook, error);
      });
  }

  /** Tells the operator that a call came to nothing; returns why. */
  report(hook: CalledHook, error: unknown): string {
    const cause = error instanceof Error ? error.message : String(error);
    this.#observer.pluginFailed(this.config.name, hook, cause);
    return cause;
  }
}
