/**
 * Plugins: others' code that decides, each in a Worker of its own.
 * @module
 */
export { type PluginObserver, SILENT_PLUGIN_OBSERVER } from "./observer.ts";
export type { PluginConfig, PluginPermissions } from "./plugin_config.ts";
export { PluginHost, type PluginTimes } from "./plugin_host.ts";
