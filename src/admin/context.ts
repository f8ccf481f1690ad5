import type { PluginHost } from "../auth/mod.ts";
import type { Broker, Histogram } from "../broker/mod.ts";
import type { Client } from "../client/client.ts";
import type { Config } from "../config/mod.ts";
import type { ListenerState } from "./listener_state.ts";
import type { HttpPeer } from "../transport/mod.ts";
import type { StoreStatistics } from "../store/mod.ts";
import type { LogControl } from "./log_control.ts";
import { Logins } from "./logins.ts";
import { Monitor } from "./monitor/monitor.ts";
import type { AdminObserver } from "./observer.ts";
import { Publishers } from "./publishers.ts";
import {
  createTokenFile,
  isExposed,
  makeToken,
  type Principal,
  readTokenFile,
  Tokens,
} from "./tokens.ts";

/** What the admin HTTP needs of the server that it belongs to. */
export interface AdminHost {
  readonly broker: Broker;
  /** The configuration in force. */
  readonly config: Config;
  /** How the store stands; `null` if nothing outlives the process. */
  readonly storeStatistics: StoreStatistics | null;
  /** What writing each batch to the store has taken. */
  readonly commitSeconds: Histogram;
  readonly adminObserver: AdminObserver;
  /** `null` if the program that embeds the broker logs by itself. */
  readonly logControl: LogControl | null;
  /** In the order of the configuration; that of the admin HTTP is the last. */
  readonly listeners: readonly ListenerState[];
  /** The plugins that run, or will again. */
  readonly plugins: readonly PluginHost[];
  /**
   * Reads the configuration again, or its files; returns the keys whose change
   * needs a restart.
   * @throws {ConfigError} If something is wrong: all stays as it was.
   */
  reloadAll(): Promise<readonly string[]>;
  /**
   * Connects a client within the process, with the rights of a user.
   * @throws {MqttError} If the broker refuses it.
   */
  connect(options: {
    readonly userName: string;
    readonly remoteAddress?: string;
    readonly dropsWhenSlow?: boolean;
  }): Promise<Client>;
}

/** What Hono hands to whoever answers a request. */
export interface AdminEnvironment {
  Bindings: { readonly peer: HttpPeer };
  Variables: {
    /** `null` where no token is needed and none was sent. */
    principal: Principal | null;
  };
}

/** Everything that the parts of the admin HTTP share. */
export class AdminContext {
  readonly host: AdminHost;
  readonly logins = new Logins();
  readonly publishers: Publishers;
  readonly monitor: Monitor;
  /** Paths that need no token; a part adds its own. */
  readonly openPaths = new Set<string>();
  /** Those of them that load balancers ask for, by whatever name of the host. */
  readonly healthPaths = new Set<string>();
  /** The token of this run, if there is no file of tokens. */
  readonly generatedToken: string | null;
  readonly #closing = new AbortController();
  #tokens: Tokens;

  /** @throws {FileError} If the file of tokens cannot be made or used. */
  constructor(host: AdminHost) {
    this.host = host;
    this.publishers = new Publishers((userName) =>
      host.connect({ userName, remoteAddress: "admin" })
    );
    const { tokenFile } = host.config.admin;
    if (tokenFile === null) {
      this.generatedToken = makeToken();
      this.#tokens = Tokens.of(this.generatedToken);
    } else {
      createTokenFile(tokenFile);
      this.generatedToken = null;
      this.#tokens = readTokenFile(tokenFile);
      if (isExposed(tokenFile)) host.adminObserver.tokensExposed(tokenFile);
    }
    this.monitor = new Monitor(host);
  }

  get broker(): Broker {
    return this.host.broker;
  }

  get tokens(): Tokens {
    return this.#tokens;
  }

  get allowedHosts(): readonly string[] {
    return this.host.config.admin.allowedHosts ?? [];
  }

  /** Aborted when the server stops: streams end then. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Reads the file of tokens again; nothing changes if it is wrong. */
  reloadTokens(): void {
    const { tokenFile } = this.host.config.admin;
    if (tokenFile !== null) this.#tokens = readTokenFile(tokenFile);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.monitor.stop();
    await this.publishers.close();
  }
}
