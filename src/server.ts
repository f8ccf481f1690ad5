import type { Admin, LogControl } from "./admin/mod.ts";
import { type AdminObserver, SILENT_ADMIN_OBSERVER } from "./admin/observer.ts";
import { SysPublisher } from "./admin/sys/mod.ts";
import { type PluginHost, SILENT_PLUGIN_OBSERVER } from "./auth/mod.ts";
import { Authority } from "./authority.ts";
import {
  Broker,
  type Clock,
  type Histogram,
  type ListenerScope,
  type Store,
} from "./broker/mod.ts";
import type { Client } from "./client/client.ts";
import { type Config, ConfigError, limitsOf } from "./config/mod.ts";
import type { InProcessOptions } from "./in_process.ts";
import { explainCredential, ListenError } from "./listen_error.ts";
import {
  adminListenerOptions,
  isAdminServed,
  type ListenerState,
  readListenerStates,
} from "./admin/listener_state.ts";
import {
  JournalStore,
  openStore,
  SILENT_STORE_OBSERVER,
  type StoreStatistics,
  TimedStoreObserver,
} from "./store/mod.ts";
import { placeOf, selectReloadable } from "./reload.ts";
import { type ServerOptions, SilentObserver } from "./server_options.ts";
import { SystemClock, SystemRandom } from "./system.ts";
import {
  CredentialError,
  type Listener,
  type ListenerObserver,
  type ListenerSurroundings,
  type ListeningAddress,
  openHttpListener,
  openListener,
  SILENT_LISTENER_OBSERVER,
} from "./transport/mod.ts";

/** What is there before the broker. */
interface Parts {
  readonly authority: Authority;
  readonly clock: Clock;
  readonly commitSeconds: Histogram;
}

/** A broker with its listeners: what runs when RQTT runs. */
export class Server {
  readonly broker: Broker;
  /** @internal */
  readonly adminObserver: AdminObserver;
  /** @internal */
  readonly logControl: LogControl | null;
  readonly #store: Store;
  readonly #authority: Authority;
  readonly #listeners: Listener[] = [];
  /** Settles when the last reload is over: they go one after the other. */
  #reloaded: Promise<unknown> = Promise.resolve();
  #isStopped = false;
  #config: Config;
  #admin: Admin | null = null;
  #adminListener: Listener | null = null;
  /** See {@linkcode onReload}. */
  #readConfig: (() => Promise<readonly string[]>) | null = null;
  /** What writing each batch to the store has taken. */
  readonly commitSeconds: Histogram;
  readonly #sys: SysPublisher;

  private constructor(
    options: ServerOptions,
    store: Store,
    { authority, clock, commitSeconds }: Parts,
  ) {
    this.commitSeconds = commitSeconds;
    this.#store = store;
    this.#authority = authority;
    this.#config = options.config;
    this.adminObserver = options.adminObserver ?? SILENT_ADMIN_OBSERVER;
    this.logControl = options.logControl ?? null;
    this.broker = new Broker({
      limits: options.config.limits,
      clock,
      authorizer: authority.authorizer,
      random: new SystemRandom(),
      store: this.#store,
      observer: authority.observer,
      tracer: options.tracer,
      sessionsBelongToUsers: options.config.auth.sessionsBelongToUsers,
    });
    authority.attach(this.broker);
    this.#sys = new SysPublisher(this.broker);
  }

  /**
   * Reads users and rules, then what the store has kept, then opens the
   * listeners.
   * @throws {ConfigError} If a file that the configuration names is unusable.
   * @throws {StoreError} If the store cannot be used.
   * @throws {ListenError} If one of them cannot be opened; none stays open.
   */
  static async start(options: ServerOptions): Promise<Server> {
    const { config, clock = new SystemClock() } = options;
    const authority = await Authority.start(config, {
      authorizer: options.authorizer,
      observer: options.observer ?? new SilentObserver(),
      pluginObserver: options.pluginObserver ?? SILENT_PLUGIN_OBSERVER,
      clock,
    });
    const server = await Server.#build(options, { authority, clock });
    try {
      await server.#open(options.listenerObserver ?? SILENT_LISTENER_OBSERVER);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  static async #build(
    options: ServerOptions,
    parts: Omit<Parts, "commitSeconds">,
  ): Promise<Server> {
    const observer = new TimedStoreObserver(
      options.storeObserver ?? SILENT_STORE_OBSERVER,
    );
    const { commitSeconds } = observer;
    let store: Store | null = null;
    try {
      store = options.store ??
        await openStore(options.config.persistence, {
          recover: options.recover,
          observer,
        });
      const server = new Server(options, store, { ...parts, commitSeconds });
      await server.broker.start();
      return server;
    } catch (error) {
      parts.authority.stop();
      await store?.close();
      throw error;
    }
  }

  async #open(observer: ListenerObserver): Promise<void> {
    const { broker } = this;
    const { admin, limits, listeners, sysIntervalMs } = this.#config;
    this.#sys.restart(sysIntervalMs);
    if (isAdminServed(this.#config)) await this.#startAdmin();
    const http = this.#admin?.service ?? null;
    const surroundings: ListenerSurroundings = { broker, observer, http };
    for (const [index, listener] of listeners.entries()) {
      try {
        const scope: ListenerScope = {
          index,
          name: placeOf(listener),
          limits: limitsOf(limits, listener.limits),
        };
        this.#listeners.push(
          await openListener(listener, { ...surroundings, scope }),
        );
      } catch (error) {
        throw new ListenError(listener, `listeners[${index}]`, error);
      }
    }
    const options = adminListenerOptions(admin);
    if (options === null) return;
    try {
      this.#adminListener = await openHttpListener(options, surroundings);
    } catch (error) {
      throw new ListenError({ type: "http", ...options }, "admin", error);
    }
  }

  /** Its code is loaded only where it is used. */
  async #startAdmin(): Promise<void> {
    const { Admin } = await import("./admin/mod.ts");
    this.#admin = new Admin(this);
  }

  /**
   * Goes by other users, rules, plugins, certificates and limits from now on,
   * or by none of them. Clients lose at once what they may not do any more.
   * Returns the keys whose change needs a restart.
   * @throws {ConfigError} If a file or plugin that `config` names is unusable.
   */
  reload(config: Config): Promise<readonly string[]> {
    const reloaded = this.#reloaded.then(() => this.#reload(config));
    this.#reloaded = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(wanted: Config): Promise<readonly string[]> {
    const { broker } = this;
    const { config, kept } = selectReloadable(this.#config, wanted);
    const rules = await this.#authority.prepare(config);
    // From here on nothing waits: clients see all of it or nothing.
    let renewals: (() => void)[];
    try {
      if (this.#isStopped) throw new ConfigError("the broker has stopped");
      renewals = this.#prepareRenewals();
      this.#admin?.reloadTokens();
    } catch (error) {
      rules.discard();
      throw error;
    }
    for (const renew of renewals) renew();
    this.#applyLimits(config);
    broker.sessionsBelongToUsers = config.auth.sessionsBelongToUsers;
    if (config.sysIntervalMs !== this.#config.sysIntervalMs) {
      this.#sys.restart(config.sysIntervalMs);
    }
    this.#config = config;
    rules.commit(broker);
    return kept;
  }

  /** All at once: nothing that is open is looked at in between. */
  #applyLimits({ admin, limits, listeners }: Config): void {
    this.broker.limits = limits;
    for (const [index, listener] of this.#listeners.entries()) {
      const { limits: own, maximumConnections } = listeners[index];
      listener.maximumConnections = maximumConnections;
      if (listener.scope === undefined) continue;
      listener.scope.limits = limitsOf(limits, own);
    }
    if (this.#adminListener !== null) {
      this.#adminListener.maximumConnections = admin.maximumConnections;
    }
    this.broker.limitsChanged();
  }

  /** @throws {ConfigError} If a certificate is of no use. */
  #prepareRenewals(): (() => void)[] {
    const { admin, listeners } = this.#config;
    return this.#allListeners.map((listener, index) => {
      try {
        return listener.prepareRenewal();
      } catch (error) {
        if (!(error instanceof CredentialError)) throw error;
        const [place, options] = index < listeners.length
          ? [`listeners[${index}]`, listeners[index]]
          : ["admin", adminListenerOptions(admin)!];
        const { key, problem } = explainCredential(
          "tls" in options ? options.tls : undefined,
          error,
        );
        throw new ConfigError(
          `Cannot load configuration: ${place}.${key}: ${problem}`,
          { cause: error },
        );
      }
    });
  }

  /**
   * Has the admin HTTP call `reload` when it is asked to: whoever has read the
   * configuration knows how to read it again. It returns what
   * {@linkcode Server.reload} does. Without it only the files are read again
   * that the configuration names.
   */
  onReload(reload: () => Promise<readonly string[]>): void {
    this.#readConfig = reload;
  }

  /** @internal What the admin HTTP calls. */
  reloadAll(): Promise<readonly string[]> {
    return this.#readConfig?.() ?? this.reload(this.#config);
  }

  /**
   * Connects a client within the process: a client as any other, without a
   * network. Close it before the server stops, or it is disconnected.
   * @throws {MqttError} If the broker refuses it.
   */
  async connect(options: InProcessOptions): Promise<Client> {
    const { connectInProcess } = await import("./in_process.ts");
    return await connectInProcess(this.broker, options);
  }

  /** How each listener stands; that of the admin HTTP is the last. */
  get listeners(): ListenerState[] {
    return readListenerStates(this.#config, {
      listeners: this.#listeners,
      adminListener: this.#adminListener,
    });
  }

  /** The plugins that run, or will again. */
  get plugins(): PluginHost[] {
    return [...this.#authority.plugins].map(({ host }) => host);
  }

  /** The configuration in force: with what has been reloaded. */
  get config(): Config {
    return this.#config;
  }

  /** Where it listens, in the order of the configuration, with the real ports. */
  get addresses(): ListeningAddress[] {
    return this.#listeners.map(({ address }) => address);
  }

  /** How the store stands; `null` if nothing outlives the process. */
  get storeStatistics(): StoreStatistics | null {
    return this.#store instanceof JournalStore
      ? this.#store.readStatistics()
      : null;
  }

  /** Where the admin HTTP listens, or `null` if it has no listener of its own. */
  get adminAddress(): ListeningAddress | null {
    return this.#adminListener?.address ?? null;
  }

  /** The token of the admin HTTP for this run, or `null` if a file has them. */
  get adminToken(): string | null {
    return this.#admin?.generatedToken ?? null;
  }

  /** Resolves when nothing is accepted and no connection is open any more. */
  get finished(): Promise<void> {
    return Promise.all(
      this.#allListeners.map((listener) => listener.finished()),
    ).then(() => {});
  }

  /**
   * Stops accepting, ends every connection (5.0 clients are told with
   * DISCONNECT 0x8B), lets the output drain for the configured grace, and
   * closes the store.
   */
  async stop(): Promise<void> {
    this.#sys.stop();
    this.#isStopped = true;
    await this.#admin?.close();
    for (const listener of this.#allListeners) listener.close();
    this.broker.shutDown();
    let timer: number | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#config.shutdownGraceMs);
    });
    await Promise.race([this.finished, grace]);
    clearTimeout(timer);
    await this.#reloaded;
    this.#authority.stop();
    await this.#store.close();
  }

  get #allListeners(): Listener[] {
    return this.#adminListener === null
      ? this.#listeners
      : [...this.#listeners, this.#adminListener];
  }
}
