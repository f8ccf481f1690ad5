/**
 * RQTT as a library: an MQTT 5.0, 3.1.1 and 3.1 broker inside your own program.
 *
 * ```ts
 * import { defaultConfig, Server } from "@rqtt/rqtt";
 *
 * const server = await Server.start({ config: defaultConfig() });
 * // clients connect to server.addresses[0] …
 * await server.stop();
 * ```
 * @module
 */
export * from "./broker/mod.ts";
export {
  type Config,
  ConfigError,
  defaultConfig,
  type Listener,
  loadConfig,
  type LogConfig,
} from "./config/mod.ts";
export {
  AllowAll,
  type CalledHook,
  type Misses,
  type PluginObserver,
} from "./auth/mod.ts";
export type { InProcessOptions } from "./in_process.ts";
export { ListenError } from "./listen_error.ts";
export { Server } from "./server.ts";
export { type ServerOptions, SilentObserver } from "./server_options.ts";
export {
  MemoryStore,
  openStore,
  type StoreCommit,
  StoreError,
  type StoreObserver,
  type StoreStatistics,
} from "./store/mod.ts";
