/**
 * Plugins: others' code that decides, each in a Worker of its own.
 * @module
 */
export type { MessageCounts } from "./message_feed.ts";
export type { Misses } from "./miss_report.ts";
export { type PluginObserver, SILENT_PLUGIN_OBSERVER } from "./observer.ts";
export { PluginAuthenticator } from "./plugin_authenticator.ts";
export { PluginController } from "./plugin_controller.ts";
export {
  PluginHost,
  type PluginState,
  type PluginTimes,
} from "./plugin_host.ts";
export type {
  CalledHook,
  HookStatistics,
  PluginStatistics,
} from "./plugin_statistics.ts";
export { PluginNotifier } from "./plugin_notifier.ts";
export { moduleFiles, PluginSet } from "./plugin_set.ts";
