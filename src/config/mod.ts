/**
 * The configuration: a YAML file, environment variables and flags in, one
 * checked and frozen {@linkcode Config} out.
 */
export type {
  AdminConfig,
  AuthConfig,
  Config,
  Durability,
  HostAndPort,
  LinkNames,
  Listener,
  ListenerAuth,
  ListenerLimits,
  LogConfig,
  LogFormat,
  LogLevel,
  PersistenceConfig,
  PluginConfig,
  PluginPermissions,
  TracingConfig,
} from "./config.ts";
export {
  describeConfig,
  type Described,
  type DescribedValue,
} from "./describe.ts";
export { allowsAnonymous, linkNamesOf } from "./_links.ts";
export { CREDENTIAL_KEYS } from "./credential_keys.ts";
export { changedKeys } from "./changed_keys.ts";
export { limitsOf } from "./limits.ts";
export { ConfigError } from "./error.ts";
export { explainReadFailure, explainUnreadable } from "./read_failure.ts";
export { exampleYaml } from "./example.ts";
export { FILE_VARIABLE } from "./_environment.ts";
export { isLoopback } from "./loopback.ts";
export {
  type ConfigSources,
  defaultConfig,
  type Flags,
  loadConfig,
} from "./load.ts";
