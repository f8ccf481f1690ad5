import { changedKeys, type Config, type Listener } from "./config/mod.ts";
import { formatListeningAddress } from "./transport/mod.ts";

/** A configuration as it can hold without a restart. */
export interface ReloadableConfig {
  readonly config: Config;
  /** Keys whose change needs a restart. */
  readonly kept: readonly string[];
}

/**
 * Takes from `wanted` what can change while the broker runs, and that is all
 * but sockets and what was opened or made at the start: where listeners listen
 * and how, the store, the files and the bodies of the admin HTTP, the tracer,
 * the form of log lines. How clients of a listener are dealt with may change.
 */
export function selectReloadable(
  current: Config,
  wanted: Config,
): ReloadableConfig {
  const { auth, plugins, limits, sysIntervalMs, shutdownGraceMs } = wanted;
  const listeners = current.listeners.map((listener) => {
    const same = wanted.listeners.find((other) =>
      placeOf(other) === placeOf(listener)
    );
    return same === undefined ? listener : {
      ...listener,
      auth: same.auth,
      limits: same.limits,
      maximumConnections: same.maximumConnections,
    };
  });
  const { maximumConnections, maximumStreams, allowedHosts } = wanted.admin;
  const config: Config = {
    ...current,
    auth,
    plugins,
    limits,
    listeners,
    admin: {
      ...current.admin,
      maximumConnections,
      maximumStreams,
      allowedHosts,
    },
    log: { ...current.log, level: wanted.log.level },
    sysIntervalMs,
    shutdownGraceMs,
  };
  return { config, kept: findKept(config, wanted) };
}

/** The keys in which `config` still differs from `wanted`. */
function findKept(config: Config, wanted: Config): string[] {
  const kept = [
    ...changedKeys("persistence", config, wanted),
    ...changedKeys("admin", config, wanted),
    ...changedKeys("tracing", config, wanted),
  ];
  if (describe(config.listeners) !== describe(wanted.listeners)) {
    kept.unshift("listeners");
  }
  if (config.log.format !== wanted.log.format) kept.push("log.format");
  return kept;
}

/** The address of a listener, as the configuration has it. */
export function placeOf(listener: Listener): string {
  return formatListeningAddress(
    listener.type === "unix"
      ? { hostname: "", port: 0, path: listener.path }
      : listener,
  );
}

/** All of them that needs a restart when it changes. */
function describe(listeners: readonly Listener[]): string {
  return JSON.stringify(
    listeners.map((
      { auth: _auth, limits: _limits, maximumConnections: _, ...rest },
    ) => rest),
  );
}
