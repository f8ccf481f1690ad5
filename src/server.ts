import type { Admin, ListenerState } from "./admin/mod.ts";
import { SysPublisher } from "./admin/sys/mod.ts";
import { DecisionChain, loadRules } from "./auth/mod.ts";
import {
  type Authorizer,
  Broker,
  changeLimits,
  type Clock,
  type Connection,
  type Observer,
  type Store,
} from "./broker/mod.ts";
import type { Client } from "./client/client.ts";
import type { Config } from "./config/mod.ts";
import type { InProcessOptions } from "./in_process.ts";
import { ListenError } from "./listen_error.ts";
import {
  JournalStore,
  openStore,
  type StoreObserver,
  type StoreStatistics,
} from "./store/mod.ts";
import { SystemClock, SystemRandom } from "./system.ts";
import {
  formatListeningAddress,
  type Listener,
  type ListenerObserver,
  type ListenerSurroundings,
  type ListeningAddress,
  openHttpListener,
  openListener,
  SILENT_LISTENER_OBSERVER,
} from "./transport/mod.ts";

/** What a {@linkcode Server} is made of. */
export interface ServerOptions {
  readonly config: Config;
  /** Is told of nothing if it is left out. */
  readonly observer?: Observer;
  /** The one that the configuration describes if it is left out. */
  readonly authorizer?: Authorizer;
  /** The one that the configuration names if it is left out. */
  readonly store?: Store;
  /** Is told of nothing if it is left out. */
  readonly storeObserver?: StoreObserver;
  /** Is told of nothing if it is left out. */
  readonly listenerObserver?: ListenerObserver;
  /** Moves a damaged store aside and keeps what reads of it. */
  readonly recover?: boolean;
  /** The machine's time if it is left out; tests move one of their own. */
  readonly clock?: Clock;
}

/** Looks away: for programs that log connections themselves, or not at all. */
export class SilentObserver implements Observer {
  clientConnected(): void {}

  clientDisconnected(): void {}

  connectionRefused(): void {}

  requestRefused(): void {}

  /** A defect must not pass in silence. */
  internalError(_connection: Connection | null, error: unknown): void {
    console.error("RQTT: internal error", error);
  }
}

/** A broker with its listeners: what runs when RQTT runs. */
export class Server {
  readonly broker: Broker;
  readonly #store: Store;
  readonly #listeners: Listener[] = [];
  #config: Config;
  #admin: Admin | null = null;
  #adminListener: Listener | null = null;
  /** See {@linkcode onReload}. */
  #readConfig: (() => readonly string[]) | null = null;
  readonly #sys: SysPublisher;

  private constructor(
    options: ServerOptions,
    store: Store,
    authority: Authority,
  ) {
    this.#store = store;
    this.#config = options.config;
    this.broker = new Broker({
      limits: options.config.limits,
      ...authority,
      random: new SystemRandom(),
      store: this.#store,
      observer: options.observer ?? new SilentObserver(),
    });
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
    const authority = establishAuthority(options);
    const store = options.store ??
      await openStore(options.config.persistence, {
        recover: options.recover,
        observer: options.storeObserver,
      });
    const server = new Server(options, store, authority);
    try {
      await server.broker.start();
    } catch (error) {
      await store.close();
      throw error;
    }
    try {
      await server.#open(options.listenerObserver ?? SILENT_LISTENER_OBSERVER);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  async #open(observer: ListenerObserver): Promise<void> {
    const { broker } = this;
    const { admin, listeners, sysIntervalMs } = this.#config;
    if (sysIntervalMs > 0) this.#sys.start(sysIntervalMs);
    if (isAdminServed(this.#config)) await this.#startAdmin();
    const http = this.#admin?.service ?? null;
    const surroundings: ListenerSurroundings = { broker, observer, http };
    for (const [index, listener] of listeners.entries()) {
      try {
        this.#listeners.push(await openListener(listener, surroundings));
      } catch (error) {
        throw new ListenError(listener, `listeners[${index}]`, error);
      }
    }
    if (admin.address === null) return;
    const { certificatePath, privateKeyPath, maximumConnections } = admin;
    const options = {
      ...admin.address,
      maximumConnections,
      ...certificatePath !== null && privateKeyPath !== null && {
        tls: {
          certificatePath,
          privateKeyPath,
          clientAuthentication: "none" as const,
          clientCaPath: null,
          revocationListPath: null,
          usesIdentityAsUserName: false,
        },
      },
    };
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
   * Goes by other users, rules and limits from now on, or by none of them.
   * Clients lose at once what they may not do any more. Returns the keys
   * whose change needs a restart.
   * @throws {ConfigError} If a file that `config` names is unusable.
   */
  reload(config: Config): string[] {
    const { broker } = this;
    const { authorizer } = broker;
    const rules = authorizer instanceof DecisionChain
      ? loadRules(config.auth, Deno.readTextFileSync)
      : null;
    this.#admin?.reloadTokens();
    const { limits, kept } = changeLimits(broker.limits, config.limits);
    broker.limits = limits;
    if (rules !== null && authorizer instanceof DecisionChain) {
      authorizer.replace(rules);
      broker.reviewPermissions((client) => authorizer.isStillWelcome(client));
    }
    this.#config = { ...this.#config, auth: config.auth, limits };
    return kept.map((name) => `limits.${name}`);
  }

  /**
   * Has the admin HTTP call `reload` when it is asked to: whoever has read the
   * configuration knows how to read it again. It returns what
   * {@linkcode Server.reload} does. Without it only the files are read again
   * that the configuration names.
   */
  onReload(reload: () => readonly string[]): void {
    this.#readConfig = reload;
  }

  /** @internal What the admin HTTP calls. */
  reloadAll(): readonly string[] {
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
    const { admin, listeners } = this.#config;
    const states = this.#listeners.map((listener, index): ListenerState => ({
      type: listeners[index].type,
      address: formatListeningAddress(listener.address),
      hasTls: "tls" in listeners[index],
      connectionCount: listener.connectionCount,
      maximumConnections: listeners[index].maximumConnections,
    }));
    if (this.#adminListener !== null) {
      states.push({
        type: "admin",
        address: formatListeningAddress(this.#adminListener.address),
        hasTls: admin.certificatePath !== null,
        connectionCount: this.#adminListener.connectionCount,
        maximumConnections: admin.maximumConnections,
      });
    }
    return states;
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
    await this.#admin?.close();
    for (const listener of this.#allListeners) listener.close();
    this.broker.shutDown();
    let timer: number | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#config.shutdownGraceMs);
    });
    await Promise.race([this.finished, grace]);
    clearTimeout(timer);
    await this.#store.close();
  }

  get #allListeners(): Listener[] {
    return this.#adminListener === null
      ? this.#listeners
      : [...this.#listeners, this.#adminListener];
  }
}

function isAdminServed({ admin, listeners }: Config): boolean {
  return admin.address !== null ||
    listeners.some((each) => each.type === "auto" && each.servesAdmin);
}

/** Who decides, and by what time. */
interface Authority {
  readonly clock: Clock;
  readonly authorizer: Authorizer;
}

function establishAuthority(options: ServerOptions): Authority {
  const { config, clock = new SystemClock() } = options;
  const authorizer = options.authorizer ??
    new DecisionChain(loadRules(config.auth, Deno.readTextFileSync), clock);
  return { clock, authorizer };
}
