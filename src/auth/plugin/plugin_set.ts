import { fileURLToPath } from "node:url";
import type { MessageObserver } from "../../broker/mod.ts";
import { ConfigError } from "../../config/error.ts";
import { locateModule } from "./module_source.ts";
import type { PluginObserver } from "./observer.ts";
import type { PluginConfig } from "../../config/plugin_config.ts";
import { type Listening, PluginAudiences } from "./plugin_audiences.ts";
import { PluginHost } from "./plugin_host.ts";
import { RunningPlugin } from "./running_plugin.ts";

/** All plugins of one configuration, by their names. */
export class PluginSet implements Iterable<RunningPlugin> {
  static readonly NONE = new PluginSet(new Map());

  readonly #plugins: ReadonlyMap<string, RunningPlugin>;

  private constructor(plugins: ReadonlyMap<string, RunningPlugin>) {
    this.#plugins = plugins;
  }

  /**
   * Starts the plugins of `configs`. Those of `previous` that are the same go
   * on; nothing of it ends yet.
   * @throws {ConfigError} If one does not start: then none has started.
   */
  static async start(
    configs: readonly PluginConfig[],
    observer: PluginObserver,
    previous: PluginSet = PluginSet.NONE,
  ): Promise<PluginSet> {
    const results = await Promise.allSettled(
      configs.map((config, index) =>
        start(config, observer, previous).catch((error) => {
          throw explain(config, index, error);
        })
      ),
    );
    const plugins = new Map<string, RunningPlugin>();
    for (const result of results) {
      if (result.status === "fulfilled") {
        plugins.set(result.value.config.name, result.value);
      }
    }
    const set = new PluginSet(plugins);
    const failed = results.find(({ status }) => status === "rejected");
    if (failed === undefined) return set;
    set.stop(previous);
    throw (failed as PromiseRejectedResult).reason;
  }

  get(name: string): RunningPlugin | undefined {
    return this.#plugins.get(name);
  }

  [Symbol.iterator](): Iterator<RunningPlugin> {
    return this.#plugins.values();
  }

  /** Who is told of what clients publish; `null` if nobody asks for it. */
  get messageObserver(): MessageObserver | null {
    const listening: Listening[] = [];
    for (const { host: { feed, config } } of this) {
      if (feed === null) continue;
      const topicFilters = config.permissions.messages;
      listening.push({ audience: feed, topicFilters });
    }
    return listening.length === 0 ? null : new PluginAudiences(listening);
  }

  /** Ends all plugins but those that `other` has too. */
  stop(other: PluginSet = PluginSet.NONE): void {
    for (const [name, plugin] of this.#plugins) {
      if (other.get(name) !== plugin) plugin.host.stop();
    }
  }
}

/** The files of modules, which are worth watching. */
export function moduleFiles(configs: readonly PluginConfig[]): string[] {
  return configs.map(({ module }) => locateModule(module).moduleUrl)
    .filter((url) => url !== null)
    .map((url) => fileURLToPath(url));
}

async function start(
  config: PluginConfig,
  observer: PluginObserver,
  previous: PluginSet,
): Promise<RunningPlugin> {
  const fingerprint = await fingerprintOf(config);
  const known = previous.get(config.name);
  if (known?.fingerprint === fingerprint) return known;
  const host = await PluginHost.start(config, observer);
  checkMessages(host, observer);
  return new RunningPlugin(host, fingerprint, observer);
}

function explain(
  { name, module }: PluginConfig,
  index: number,
  error: unknown,
): ConfigError {
  const reason = error instanceof Error ? error.message : String(error);
  return new ConfigError(
    `Cannot load configuration: plugins[${index}]: plugin ${name} ` +
      `(${module}): ${reason}`,
    { cause: error },
  );
}

/** @throws {Error} If it is granted messages that it has no use for; it has ended then. */
function checkMessages(host: PluginHost, observer: PluginObserver): void {
  const { name, permissions } = host.config;
  const isGranted = permissions.messages.length > 0;
  if (host.has("onPublish")) {
    if (!isGranted) observer.pluginUntold(name);
  } else if (isGranted) {
    host.stop();
    throw new Error(
      "permissions.messages grants messages, but it has no hook onPublish " +
        "that takes them: remove the key, or add the hook",
    );
  }
}

/** Of the configuration and of the text of the module. */
async function fingerprintOf(config: PluginConfig): Promise<string> {
  const { moduleUrl } = locateModule(config.module);
  const text = moduleUrl === null
    ? ""
    : await Deno.readTextFile(new URL(moduleUrl));
  const bytes = new TextEncoder().encode(JSON.stringify(config) + text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
