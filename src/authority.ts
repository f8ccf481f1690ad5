import {
  DecisionChain,
  loadRules,
  PluginNotifier,
  type PluginObserver,
  PluginSet,
  type Rules,
  stopHashWorkers,
} from "./auth/mod.ts";
import type { Authorizer, Broker, Clock, Observer } from "./broker/mod.ts";
import type { Config } from "./config/mod.ts";

/** What an {@linkcode Authority} is made of. */
export interface AuthorityOptions {
  /** The one that the configuration describes if it is left out. */
  readonly authorizer?: Authorizer;
  readonly observer: Observer;
  readonly pluginObserver: PluginObserver;
  readonly clock: Clock;
}

/** New rules that can be gone by at once. */
export interface PreparedRules {
  /** Goes by them; clients lose what they may not do any more. */
  commit(broker: Broker): void;
  /** Forgets them. */
  discard(): void;
}

/** Who decides about clients: rules, and plugins that run. */
export class Authority {
  readonly authorizer: Authorizer;
  /** Tells plugins what it is told. */
  readonly observer: Observer;
  readonly #notifier: PluginNotifier;
  readonly #options: AuthorityOptions;

  private constructor(
    authorizer: Authorizer,
    notifier: PluginNotifier,
    options: AuthorityOptions,
  ) {
    this.authorizer = authorizer;
    this.observer = notifier;
    this.#notifier = notifier;
    this.#options = options;
  }

  /**
   * Reads files and starts plugins.
   * @throws {ConfigError} If a file or a plugin is of no use.
   */
  static async start(
    config: Config,
    options: AuthorityOptions,
  ): Promise<Authority> {
    const { authorizer, observer, clock } = options;
    const notifier = new PluginNotifier(observer);
    if (authorizer !== undefined) {
      return new Authority(authorizer, notifier, options);
    }
    const { rules, plugins } = await load(config, PluginSet.NONE, options);
    notifier.plugins = plugins;
    return new Authority(new DecisionChain(rules, clock), notifier, options);
  }

  /**
   * Gets everything ready that `config` names.
   * @throws {ConfigError} If something is of no use: then nothing has changed.
   */
  async prepare(config: Config): Promise<PreparedRules> {
    const { authorizer } = this;
    if (!(authorizer instanceof DecisionChain)) {
      return { commit() {}, discard() {} };
    }
    const notifier = this.#notifier;
    const current = notifier.plugins;
    const { rules, plugins } = await load(config, current, this.#options);
    return {
      commit(broker) {
        authorizer.replace(rules);
        notifier.plugins = plugins;
        broker.observeMessages(plugins.messageObserver);
        broker.reviewPermissions((client) => authorizer.findObjection(client));
        current.stop(plugins);
      },
      discard: () => plugins.stop(current),
    };
  }

  /** Has plugins told of what clients of `broker` publish. */
  attach(broker: Broker): void {
    broker.observeMessages(this.plugins.messageObserver);
  }

  /** Those that run, or will again. */
  get plugins(): PluginSet {
    return this.#notifier.plugins;
  }

  /** Ends all plugins, and the Workers that check passwords. */
  stop(): void {
    stopHashWorkers();
    this.#notifier.plugins.stop();
    this.#notifier.plugins = PluginSet.NONE;
  }
}

async function load(
  config: Config,
  current: PluginSet,
  { pluginObserver, clock }: AuthorityOptions,
): Promise<{ rules: Rules; plugins: PluginSet }> {
  const plugins = await PluginSet.start(
    config.plugins,
    pluginObserver,
    current,
  );
  try {
    const rules = loadRules(config, {
      readTextFile: Deno.readTextFileSync,
      plugins,
      nowMs: () => clock.nowMs(),
    });
    return { rules, plugins };
  } catch (error) {
    plugins.stop(current);
    throw error;
  }
}
