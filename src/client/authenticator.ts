import {
  type AuthPacket,
  MqttError,
  PacketType,
  ProtocolError,
  ReasonCode,
} from "../codec/mod.ts";
import type { Authentication, AuthenticationData } from "./authentication.ts";

/** The connection, as far as authentication needs it. */
export interface AuthenticatorOwner {
  sendAuth(packet: AuthPacket): void;
  /** Packets behind the one that was finished may be handled. */
  resume(): void;
  fail(cause: unknown): void;
}

/**
 * The AUTH packets of one connection: the answers to the server's, and
 * re-authentication. The hook of the settings has the data.
 */
export class Authenticator {
  readonly #authentication: Authentication | null;
  readonly #owner: AuthenticatorOwner;
  #restarted: PromiseWithResolvers<void> | null = null;
  #isFinishing = false;

  constructor(
    authentication: Authentication | null,
    owner: AuthenticatorOwner,
  ) {
    this.#authentication = authentication;
    this.#owner = owner;
  }

  /** Whether the last data is being checked: what follows must wait. */
  get isFinishing(): boolean {
    return this.#isFinishing;
  }

  /** Whether a re-authentication waits for the server. */
  get isAnswerAwaited(): boolean {
    return this.#restarted !== null;
  }

  /** The Authentication Data of CONNECT. */
  async start(): Promise<Uint8Array | undefined> {
    return await this.#authentication?.start?.();
  }

  /**
   * Re-authenticates; resolves when the server agrees.
   * @throws {MqttError} If the connection has no Authentication Method
   * [MQTT-4.12.0-7] or a re-authentication is under way.
   */
  restart(): Promise<void> {
    if (this.#authentication === null || this.#restarted !== null) {
      throw new MqttError(
        this.#restarted === null
          ? "Cannot re-authenticate: there is no Authentication Method"
          : "Cannot re-authenticate: it is under way already",
        ReasonCode.protocolError,
      );
    }
    this.#restarted = Promise.withResolvers<void>();
    this.#answer(ReasonCode.reAuthenticate, this.start());
    return this.#restarted.promise;
  }

  /**
   * AUTH of the server.
   * @throws {ProtocolError} If it does not fit what went before.
   */
  receive({ reasonCode, properties }: AuthPacket): void {
    const authentication = this.#authentication;
    if (
      authentication === null ||
      authentication.method !== properties.authenticationMethod
    ) {
      throw new ProtocolError(
        "Cannot accept AUTH: its Authentication Method is not that of CONNECT",
      );
    }
    const { authenticationData } = properties;
    if (reasonCode === ReasonCode.continueAuthentication) {
      this.#answer(reasonCode, authentication.respond(authenticationData));
      return;
    }
    const restarted = this.#restarted;
    if (restarted === null) {
      throw new ProtocolError("Cannot accept AUTH: nothing is to be finished");
    }
    this.finish(authenticationData, () => {
      this.#restarted = null;
      restarted.resolve();
    });
  }

  /** Checks the last data; then `proceed` is called, at once if there is no check. */
  finish(data: Uint8Array | undefined, proceed: () => void): void {
    const finished = this.#authentication?.finish?.(data);
    if (finished === undefined) return proceed();
    this.#isFinishing = true;
    finished.then(() => {
      this.#isFinishing = false;
      proceed();
      this.#owner.resume();
    }).catch((error) => this.#owner.fail(error));
  }

  /** The connection has ended. */
  end(error: MqttError): void {
    this.#restarted?.reject(error);
    this.#restarted = null;
  }

  #answer(reasonCode: number, data: AuthenticationData): void {
    Promise.resolve(data).then((authenticationData) =>
      this.#owner.sendAuth({
        type: PacketType.auth,
        reasonCode,
        properties: {
          authenticationMethod: this.#authentication!.method,
          authenticationData,
        },
      })
    ).catch((error) => this.#owner.fail(error));
  }
}
