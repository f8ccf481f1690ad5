/** Enhanced authentication by AUTH packets; MQTT 5.0 only. */
export interface Authentication {
  /** Authentication Method, as the server knows it. */
  readonly method: string;
  /** The first Authentication Data, of CONNECT or of a re-authentication. */
  start?(): AuthenticationData;
  /** Answers Authentication Data of the server; what it throws ends the connection. */
  respond(data: Uint8Array | undefined): AuthenticationData;
  /** Checks the last Authentication Data; what it throws ends the connection. */
  finish?(data: Uint8Array | undefined): void | Promise<void>;
}

/** Data, now or later, or none. */
export type AuthenticationData =
  | Uint8Array
  | undefined
  | Promise<Uint8Array | undefined>;
