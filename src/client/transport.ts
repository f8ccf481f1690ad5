/**
 * The byte stream of one Network Connection, seen from a client
 * [MQTT-4.2.0-1]. It calls its {@linkcode TransportReceiver}.
 */
export interface ClientTransport {
  /** Whether it stops reading while its receiver is held; browsers' WebSockets cannot. */
  readonly canHold: boolean;
  /** Starts reading for `receiver`. */
  start(receiver: TransportReceiver): void;
  /** Calls `flush` once, when it is best to send what is gathered by then. */
  schedule(flush: () => void): void;
  /**
   * Starts sending `bytes`, which stay untouched until it calls `sent()`; one
   * send is under way at most.
   */
  send(bytes: Uint8Array): void;
  /** Reading may go on: `isHeld` has become false. */
  resume(): void;
  /** Closes once everything given to `send` has gone out, within a bounded time. */
  close(): void;
}

/** What a {@linkcode ClientTransport} calls. */
export interface TransportReceiver {
  /** While true a transport that can stop reading does. */
  readonly isHeld: boolean;
  /**
   * Takes what has been received; `bytes` are borrowed. Returns where the part
   * begins that is to be given again, in front of what comes next.
   */
  receive(bytes: Uint8Array, start: number, end: number): number;
  /** What was given to `send` has gone out. */
  sent(): void;
  /** Called once, last; `error` says why if the stream broke. */
  transportClosed(error: unknown): void;
}

/** TLS for transports that run outside of browsers. */
export interface TlsOptions {
  /** Certificates in PEM form, trusted beside those of the system. */
  readonly caCertificates?: readonly string[];
  /** Client certificate and its chain, in PEM form. */
  readonly certificateChain?: string;
  /** Its private key, in PEM form. */
  readonly privateKey?: string;
}

/** What is asked of a {@linkcode Dial}. */
export interface DialOptions {
  /** Gives up when it is aborted. */
  readonly signal: AbortSignal;
  readonly tls?: TlsOptions;
}

/** Opens a byte stream to the server at `url`, or throws. */
export type Dial = (url: URL, options: DialOptions) => Promise<ClientTransport>;
