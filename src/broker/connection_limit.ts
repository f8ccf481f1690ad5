/** The limits for which a connection may be refused. */
export const ConnectionLimit = {
  /** Connections open at the same time, over all listeners. */
  connections: 0,
  /** The same through one listener. */
  listenerConnections: 1,
  /** Connections a second from one address. */
  connectionRate: 2,
  /** Failed logins from one address. */
  loginFailures: 3,
  /** Sessions kept at the same time. */
  sessions: 4,
} as const;

/** Names of {@linkcode ConnectionLimit}, by value. */
export const CONNECTION_LIMIT_NAMES: readonly string[] = [
  "max_connections",
  "listener_max_connections",
  "max_connection_rate",
  "max_login_failures",
  "max_sessions",
];

/** A Network Connection that is closed before it is one to the broker. */
export interface OverLimit {
  /** A {@linkcode ConnectionLimit}. */
  readonly limit: number;
  /** `address:port` of the peer. */
  readonly remoteAddress: string;
  /** Where it came in; empty if that is no listener. */
  readonly listener: string;
  /** How many there may be. */
  readonly maximum: number;
  /** The key that says so: `limits.max_connections`. */
  readonly setting: string;
}
