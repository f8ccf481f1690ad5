import { changeLimits, type Limits } from "./broker/mod.ts";
import { type Config, limitsOf, type Listener } from "./config/mod.ts";
import { formatListeningAddress } from "./transport/mod.ts";

/** A configuration as it can hold without a restart. */
export interface ReloadableConfig {
  readonly config: Config;
  /** The limits of each listener. */
  readonly listenerLimits: readonly Limits[];
  /** Keys whose change needs a restart. */
  readonly kept: readonly string[];
}

/**
 * Takes from `wanted` what can change while the broker runs. Listeners stay
 * what they are; how their clients are dealt with may change.
 */
export function selectReloadable(
  current: Config,
  wanted: Config,
): ReloadableConfig {
  const { limits, kept } = changeLimits(current.limits, wanted.limits);
  const keptKeys = kept.map((name) => `limits.${name}`);
  const listeners = current.listeners.map((listener) => {
    const same = wanted.listeners.find((other) =>
      placeOf(other) === placeOf(listener)
    );
    return same === undefined
      ? listener
      : { ...listener, auth: same.auth, limits: same.limits };
  });
  const listenerLimits = listeners.map((listener, index) => {
    const old = current.listeners[index];
    const changed = changeLimits(
      limitsOf(current.limits, old.limits),
      limitsOf(limits, listener.limits),
    );
    for (const name of changed.kept) {
      keptKeys.push(`listeners[${index}].limits.${name}`);
    }
    return changed.limits;
  });
  if (describe(current.listeners) !== describe(wanted.listeners)) {
    keptKeys.push("listeners");
  }
  if (JSON.stringify(current.tracing) !== JSON.stringify(wanted.tracing)) {
    keptKeys.push("tracing");
  }
  if (current.log.format !== wanted.log.format) keptKeys.push("log.format");
  const log = { ...current.log, level: wanted.log.level };
  const { auth, plugins } = wanted;
  return {
    config: { ...current, auth, log, plugins, limits, listeners },
    listenerLimits,
    kept: keptKeys,
  };
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
    listeners.map(({ auth: _auth, limits: _limits, ...rest }) => rest),
  );
}
