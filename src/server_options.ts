import type { LogControl } from "./admin/mod.ts";
import type { AdminObserver } from "./admin/observer.ts";
import type { PluginObserver } from "./auth/mod.ts";
import type {
  Authorizer,
  Clock,
  Connection,
  Observer,
  Store,
  Tracer,
} from "./broker/mod.ts";
import type { Config } from "./config/mod.ts";
import type { StoreObserver } from "./store/mod.ts";
import type { ListenerObserver } from "./transport/mod.ts";

/** What a `Server` is made of. */
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
  /** Is told of nothing if it is left out. */
  readonly pluginObserver?: PluginObserver;
  /** Is told of nothing if it is left out. */
  readonly adminObserver?: AdminObserver;
  /** Nothing is traced if it is left out. */
  readonly tracer?: Tracer;
  /** What the admin HTTP changes of the log; nothing if it is left out. */
  readonly logControl?: LogControl;
  /** Moves a damaged store aside and keeps what reads of it. */
  readonly recover?: boolean;
  /** The machine's time if it is left out; tests move one of their own. */
  readonly clock?: Clock;
}

/** Looks away: for programs that log connections themselves, or not at all. */
export class SilentObserver implements Observer {
  clientConnected(): void {}

  clientDisconnected(): void {}

  connectionOverLimit(): void {}

  connectionAbandoned(): void {}

  connectionRefused(): void {}

  requestRefused(): void {}

  clientSlow(): void {}

  subscriptionMade(): void {}

  subscriptionEnded(): void {}

  /** A defect must not pass in silence. */
  internalError(_connection: Connection | null, error: unknown): void {
    console.error("RQTT: internal error", error);
  }
}
