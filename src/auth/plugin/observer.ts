import type { LogLevel } from "./api.ts";
import type { Misses } from "./miss_report.ts";
import type { CalledHook } from "./plugin_statistics.ts";

/** Is told what an operator wants to know of plugins. */
export interface PluginObserver {
  /** The plugin wrote a line. */
  pluginLogged(name: string, level: LogLevel, text: string): void;
  /** Lines that were left out since the last one shown. */
  pluginSilenced(name: string, lineCount: number): void;
  /**
   * A call of `hook` came to nothing. A question counts as denied then; a
   * notice (`onConnect`, `onDisconnect`) decides nothing.
   */
  pluginFailed(name: string, hook: CalledHook, cause: string): void;
  /** The Worker has ended, or was; it is started again after `delayMs`. */
  pluginEnded(name: string, cause: string, delayMs: number): void;
  /** It runs again. */
  pluginRestarted(name: string): void;
  /** Messages did not reach it, or its `onPublish` failed with them. */
  pluginMissed(name: string, misses: Misses): void;
  /** It has `onPublish`, and is granted no messages. */
  pluginUntold(name: string): void;
}

/** Looks away. */
export const SILENT_PLUGIN_OBSERVER: PluginObserver = {
  pluginLogged() {},
  pluginSilenced() {},
  pluginFailed() {},
  pluginEnded() {},
  pluginRestarted() {},
  pluginMissed() {},
  pluginUntold() {},
};
