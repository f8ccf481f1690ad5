import type { MqttError } from "../codec/mod.ts";

/** What the events of a client carry in `detail`. */
export interface ClientEventMap {
  /** The server has accepted a connection. */
  connect: {
    /** Whether the server has resumed the session. */
    readonly isSessionPresent: boolean;
    /** Whether there was a connection before. */
    readonly isReconnect: boolean;
  };
  /** A connection has ended, or an attempt to open a new one has failed. */
  disconnect: {
    readonly error: MqttError;
    /** Wait before the next attempt; `null` if there is none. */
    readonly retryDelayMs: number | null;
  };
  /** The server does not give a subscription back to a new session. */
  subscriptionlost: {
    readonly topicFilter: string;
    readonly reasonCode: number;
  };
  /** The client has ended for good. */
  close: {
    /** `null` after `close()`. */
    readonly error: MqttError | null;
  };
}

/** An event of a client. */
export type ClientEvent<Type extends keyof ClientEventMap> = CustomEvent<
  ClientEventMap[Type]
>;

/** Tells the listeners of a client. */
export type Emit = <Type extends keyof ClientEventMap>(
  type: Type,
  detail: ClientEventMap[Type],
) => void;

/** What TypeScript is to know about the listeners of a client. */
interface ClientEvents {
  /** Calls `listener` at each event of `type`. */
  addEventListener<Type extends keyof ClientEventMap>(
    type: Type,
    listener: (event: ClientEvent<Type>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Takes back what `addEventListener` did. */
  removeEventListener<Type extends keyof ClientEventMap>(
    type: Type,
    listener: (event: ClientEvent<Type>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

/** `EventTarget`, typed for the events of a client. */
export const ClientEventTarget = EventTarget as new () =>
  & ClientEvents
  & EventTarget;
