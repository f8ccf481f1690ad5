import {
  type ConnackPacket,
  MqttError,
  type Properties,
  ReasonCode,
} from "../codec/mod.ts";
import { BackOff } from "./back_off.ts";
import type { CancelTimer } from "./clock.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { closedError, toMqttError } from "./errors.ts";
import type { Emit } from "./events.ts";
import type { ClientSession } from "./session.ts";
import type { Settings } from "./settings.ts";

/** Whether the client has a connection. */
export type ClientState =
  | "connecting"
  | "connected"
  | "reconnecting"
  | "closed";

const CONNECT = "connect";

/** Another attempt would get the same answer, or fight with another client. */
const finalReasonCodes: ReadonlySet<number> = new Set([
  ReasonCode.unsupportedProtocolVersion,
  ReasonCode.clientIdentifierNotValid,
  ReasonCode.badUserNameOrPassword,
  ReasonCode.notAuthorized,
  ReasonCode.banned,
  ReasonCode.badAuthenticationMethod,
  ReasonCode.sessionTakenOver,
  ReasonCode.administrativeAction,
  ReasonCode.useAnotherServer,
  ReasonCode.serverMoved,
]);

/**
 * Keeps a session connected: dials, and dials again with growing waits when a
 * connection is lost, until it is closed or the server's answer is final.
 */
export class Connector implements ConnectionOwner {
  readonly settings: Settings;
  readonly session: ClientSession;
  clientIdentifier: string;
  isReconnect = false;
  state: ClientState = "connecting";
  /** Response Information of the last CONNACK. */
  responseInformation: string | undefined = undefined;
  readonly #emit: Emit;
  readonly #backOff: BackOff;
  readonly #closing = new AbortController();
  #connection: Connection | null = null;
  #openedAtMs = 0;
  #cancelRetry: CancelTimer = () => {};

  /** `emit` is told how connections come and go. */
  constructor(settings: Settings, session: ClientSession, emit: Emit) {
    this.settings = settings;
    this.session = session;
    this.clientIdentifier = settings.clientIdentifier;
    this.#emit = emit;
    this.#backOff = new BackOff(settings.reconnect || {}, settings.random);
  }

  /**
   * The first connection, which is not tried again.
   * @throws {MqttError} If it fails.
   * @throws What `signal` is aborted with.
   */
  async open(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#attempt(signal);
    } catch (error) {
      this.#end(toMqttError(CONNECT, error));
      throw error;
    }
  }

  opened({ sessionPresent, properties }: ConnackPacket): void {
    this.clientIdentifier = properties.assignedClientIdentifier ??
      this.clientIdentifier;
    this.responseInformation = properties.responseInformation;
    this.#openedAtMs = this.settings.clock.nowMs();
    const { isReconnect } = this;
    this.isReconnect = true;
    this.state = "connected";
    this.#emit("connect", { isSessionPresent: sessionPresent, isReconnect });
  }

  ended(error: MqttError): void {
    if (this.state === "closed") return;
    this.#backOff.connectionLasted(
      this.settings.clock.nowMs() - this.#openedAtMs,
    );
    this.#retry(error);
  }

  /** @throws {MqttError} As `Authenticator.restart` does, or without a connection. */
  reauthenticate(): Promise<void> {
    if (this.#connection === null || this.state !== "connected") {
      throw new MqttError(
        "Cannot re-authenticate: there is no connection",
        ReasonCode.serverUnavailable,
      );
    }
    return this.#connection.reauthenticate();
  }

  /** Ends it with DISCONNECT; resolves when the byte stream is closed. */
  async close(reasonCode: number, properties: Properties): Promise<void> {
    const connection = this.#connection;
    if (this.state !== "closed") {
      this.state = "closed";
      connection?.close(reasonCode, properties, closedError());
      this.#finish(null);
    }
    await connection?.closed;
  }

  async #attempt(signal: AbortSignal | undefined): Promise<void> {
    const { clock, connectTimeoutMs, url } = this.settings;
    const timeout = new AbortController();
    const cancelTimeout = clock.after(
      connectTimeoutMs,
      () => timeout.abort(timedOut(url, connectTimeoutMs)),
    );
    const signals = [timeout.signal, this.#closing.signal];
    if (signal !== undefined) signals.push(signal);
    this.#connection = new Connection(this);
    try {
      await this.#connection.open(AbortSignal.any(signals));
    } finally {
      cancelTimeout();
    }
  }

  #retry(error: MqttError): void {
    const isFinal = this.settings.reconnect === false ||
      finalReasonCodes.has(error.reasonCode);
    const retryDelayMs = isFinal ? null : this.#backOff.nextDelayMs();
    this.state = "reconnecting";
    this.#emit("disconnect", { error, retryDelayMs });
    // A listener may have closed the client.
    if (this.#closing.signal.aborted) return;
    if (retryDelayMs === null) return this.#end(error);
    this.#cancelRetry = this.settings.clock.after(retryDelayMs, () => {
      this.#attempt(undefined).catch((reason) => {
        if (this.state !== "closed") this.#retry(toMqttError(CONNECT, reason));
      });
    });
  }

  #end(error: MqttError): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.#finish(error);
  }

  #finish(error: MqttError | null): void {
    this.#cancelRetry();
    this.#closing.abort(closedError());
    this.session.end(error);
    this.#emit("close", { error });
  }
}

function timedOut({ host }: URL, timeoutMs: number): MqttError {
  return new MqttError(
    `Cannot connect to ${host}: no CONNACK came in ${timeoutMs} ms`,
    ReasonCode.serverUnavailable,
  );
}
