import { AllowAll } from "./auth/mod.ts";
import {
  type Authorizer,
  Broker,
  type Clock,
  type Connection,
  type Observer,
  type Store,
} from "./broker/mod.ts";
import type { Config, Listener } from "./config/mod.ts";
import { MemoryStore } from "./store/mod.ts";
import { SystemClock, SystemRandom } from "./system.ts";
import { TcpListener } from "./transport/mod.ts";

/** What a {@linkcode Server} is made of. */
export interface ServerOptions {
  readonly config: Config;
  /** Is told of nothing if it is left out. */
  readonly observer?: Observer;
  /** Lets everybody do everything if it is left out. */
  readonly authorizer?: Authorizer;
  /** Keeps everything in memory if it is left out. */
  readonly store?: Store;
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

/** A listener of the configuration could not be opened. */
export class ListenError extends Error {
  override name = "ListenError";
  /** Its place in `config.listeners`. */
  readonly index: number;
  readonly listener: Listener;

  constructor(index: number, listener: Listener, cause: unknown) {
    super(
      `Cannot listen on ${listener.hostname}:${listener.port}: ` +
        (cause instanceof Error ? cause.message : String(cause)),
      { cause },
    );
    this.index = index;
    this.listener = listener;
  }
}

/** A broker with its listeners: what runs when RQTT runs. */
export class Server {
  readonly broker: Broker;
  readonly #store: Store;
  readonly #observer: Observer;
  readonly #shutdownGraceMs: number;
  readonly #listeners: TcpListener[] = [];

  private constructor(options: ServerOptions) {
    this.#store = options.store ?? new MemoryStore();
    this.#observer = options.observer ?? new SilentObserver();
    this.#shutdownGraceMs = options.config.shutdownGraceMs;
    this.broker = new Broker({
      limits: options.config.limits,
      clock: options.clock ?? new SystemClock(),
      random: new SystemRandom(),
      authorizer: options.authorizer ?? new AllowAll(),
      store: this.#store,
      observer: this.#observer,
    });
  }

  /**
   * Reads back what the store has kept, then opens the listeners.
   * @throws {ListenError} If one of them cannot be opened; none stays open.
   */
  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    await server.broker.start();
    for (const [index, listener] of options.config.listeners.entries()) {
      try {
        server.#listeners.push(server.#listen(listener));
      } catch (error) {
        await server.stop();
        throw new ListenError(index, listener, error);
      }
    }
    return server;
  }

  /** Where it listens, in the order of the configuration, with the real ports. */
  get addresses(): { readonly hostname: string; readonly port: number }[] {
    return this.#listeners.map(({ hostname, port }) => ({ hostname, port }));
  }

  /** Resolves when nothing is accepted and no connection is open any more. */
  get finished(): Promise<void> {
    return Promise.all(this.#listeners.map((listener) => listener.finished()))
      .then(() => {});
  }

  /**
   * Stops accepting, ends every connection (5.0 clients are told with
   * DISCONNECT 0x8B), lets the output drain for the configured grace, and
   * closes the store.
   */
  async stop(): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.broker.shutDown();
    let timer: number | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#shutdownGraceMs);
    });
    await Promise.race([this.finished, grace]);
    clearTimeout(timer);
    await this.#store.close();
  }

  #listen(listener: Listener): TcpListener {
    return new TcpListener(this.broker, {
      ...listener,
      onAcceptError: (error) => this.#observer.internalError(null, error),
    });
  }
}
