import {
  type AuthPacket,
  type BufferAllocator,
  ByteWriter,
  type ConnackPacket,
  type ConnectPacket,
  FrameScanner,
  isReasonCodeAllowed,
  type MqttError,
  PacketType,
  type Properties,
  ProtocolError,
} from "../codec/mod.ts";
import {
  type ClientPacket,
  decodeServerPacket,
  type ServerPacket,
  writeClientPacket,
} from "./_packets.ts";
import { onAbort, untilAborted } from "./_abort.ts";
import { Authenticator, type AuthenticatorOwner } from "./authenticator.ts";
import type { CancelTimer } from "./clock.ts";
import { checkConnack, disconnectError, toConnectPacket } from "./handshake.ts";
import { toMqttError } from "./errors.ts";
import { KeepAlive, type KeepAliveOwner } from "./keep_alive.ts";
import type { Link } from "./link.ts";
import { ServerLimits } from "./server_limits.ts";
import type { ClientSession } from "./session.ts";
import type { Settings } from "./settings.ts";
import type { ClientTransport, TransportReceiver } from "./transport.ts";

/** Unsent bytes from which on messages wait. */
const SOFT_LIMIT_BYTES = 262_144;
/** How long the last packet has to go out. */
const CLOSE_LINGER_MS = 1_000;

const ConnectionState = { opening: 0, open: 1, closed: 2 } as const;

/** What a {@linkcode Connection} is made of, and who is told what becomes of it. */
export interface ConnectionOwner {
  readonly settings: Settings;
  readonly session: ClientSession;
  readonly clientIdentifier: string;
  /** Whether there was a connection before. */
  readonly isReconnect: boolean;
  /** The server has accepted it. */
  opened(connack: ConnackPacket): void;
  /** It has ended after that. */
  ended(error: MqttError): void;
}

/**
 * One Network Connection: the exchange from CONNECT to CONNACK, its unsent
 * output, and the loop that takes Control Packets out of received bytes.
 */
export class Connection
  implements Link, AuthenticatorOwner, KeepAliveOwner, TransportReceiver {
  readonly protocolVersion: 3 | 4 | 5;
  readonly output: ByteWriter;
  limits = new ServerLimits({ properties: {} });
  lastSentMs = 0;
  lastReceivedMs = 0;
  /** Resolves when the byte stream is closed. */
  readonly closed: Promise<void>;
  readonly #owner: ConnectionOwner;
  readonly #buffers = new SpareBuffer();
  readonly #scanner: FrameScanner;
  readonly #accepted = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #authenticator: Authenticator;
  readonly #flushNow = () => this.#flush();
  #state: number = ConnectionState.opening;
  #transport: ClientTransport | null = null;
  #connect: ConnectPacket | null = null;
  #keepAlive: KeepAlive | null = null;
  #isFlushDue = false;
  #sending: Uint8Array | null = null;
  #sendingBytes = 0;
  #cancelLinger: CancelTimer = () => {};

  constructor(owner: ConnectionOwner) {
    const { settings } = owner;
    this.#owner = owner;
    this.protocolVersion = settings.protocolVersion;
    this.output = new ByteWriter(undefined, this.#buffers);
    this.#scanner = new FrameScanner(settings.maximumPacketSizeBytes);
    this.closed = this.#closed.promise;
    this.#authenticator = new Authenticator(settings.authentication, this);
  }

  get isHeld(): boolean {
    if (this.#authenticator.isFinishing) return true;
    return this.#transport?.canHold === true && this.#owner.session.isHeld &&
      !this.#authenticator.isAnswerAwaited;
  }

  get isCongested(): boolean {
    return this.output.length + this.#sendingBytes > SOFT_LIMIT_BYTES;
  }

  /**
   * Dials the server; resolves when it has accepted the connection.
   * @throws {MqttError} If it has not.
   * @throws What `signal` is aborted with.
   */
  async open(signal: AbortSignal): Promise<void> {
    const { settings } = this.#owner;
    try {
      const authenticationData = await untilAborted(
        this.#authenticator.start(),
        signal,
      );
      this.#connect = toConnectPacket(settings, {
        ...this.#owner,
        authenticationData,
      });
      this.#write(this.#connect);
      this.#transport = await untilAborted(
        this.#dial(signal),
        signal,
        (transport) => transport.close(),
      );
    } catch (error) {
      this.#state = ConnectionState.closed;
      this.#closed.resolve();
      throw error;
    }
    this.lastReceivedMs = settings.clock.nowMs();
    const stopListening = onAbort(signal, () => this.#end(signal.reason));
    this.#transport.start(this);
    this.#flush();
    if (signal.aborted) this.#end(signal.reason);
    try {
      await this.#accepted.promise;
    } finally {
      stopListening();
    }
  }

  receive(bytes: Uint8Array, start: number, end: number): number {
    this.lastReceivedMs = this.#owner.settings.clock.nowMs();
    const scanner = this.#scanner;
    try {
      while (
        start < end && this.#state !== ConnectionState.closed && !this.isHeld
      ) {
        if (!scanner.scan(bytes, start, end)) break;
        this.#dispatch(bytes, scanner);
        start = scanner.frameEnd;
      }
    } catch (error) {
      this.fail(error);
    }
    return this.#state === ConnectionState.closed ? end : start;
  }

  flushSoon(): void {
    if (this.#isFlushDue || this.#transport === null) return;
    this.#isFlushDue = true;
    this.#transport.schedule(this.#flushNow);
  }

  resume(): void {
    if (this.#transport !== null && !this.isHeld) this.#transport.resume();
  }

  sent(): void {
    if (this.#sending === null) return;
    this.#buffers.release(this.#sending);
    this.#sending = null;
    this.#sendingBytes = 0;
    if (this.#state === ConnectionState.open) this.#owner.session.pump();
    this.#flush();
    if (this.#state === ConnectionState.closed) this.#closeIfSent();
  }

  transportClosed(error: unknown): void {
    this.#cancelLinger();
    this.#transport = null;
    this.output.length = 0;
    this.#end(
      toMqttError(
        "go on with the connection",
        error ?? "the server has closed it without a reason",
      ),
    );
    this.#closed.resolve();
  }

  sendPingreq(): void {
    this.output.writeUint16(PacketType.pingreq << 12);
    this.flushSoon();
  }

  sendAuth(packet: AuthPacket): void {
    if (this.#state === ConnectionState.closed) return;
    this.#write(packet);
    this.flushSoon();
  }

  /** Authenticates anew, by the method of before [MQTT-4.12.1-1]. */
  reauthenticate(): Promise<void> {
    return this.#authenticator.restart();
  }

  /** Ends an open connection with DISCONNECT and `error`. */
  close(reasonCode: number, properties: Properties, error: MqttError): void {
    if (this.#state !== ConnectionState.open) return;
    // Properties of DISCONNECT only inform [MQTT-3.14.2-3] [MQTT-3.14.2-4].
    if (!this.#write({ type: 14, reasonCode, properties })) {
      this.#write({ type: 14, reasonCode, properties: {} });
    }
    this.#end(error);
  }

  /** Turns what a decoder or a handler throws into the end of the connection. */
  fail(cause: unknown): void {
    const error = toMqttError("go on with the connection", cause);
    const { reasonCode } = error;
    // The server would close as well: a timeout is none of its Reason Codes.
    if (
      this.protocolVersion === 5 &&
      isReasonCodeAllowed(PacketType.disconnect, reasonCode, "client")
    ) {
      this.close(reasonCode, { reasonString: error.message }, error);
    }
    this.#end(error);
  }

  async #dial(signal: AbortSignal): Promise<ClientTransport> {
    const { dial, url, tls } = this.#owner.settings;
    try {
      return await dial(url, { signal, tls });
    } catch (error) {
      throw toMqttError(`connect to ${url.host}`, error);
    }
  }

  #dispatch(bytes: Uint8Array, scanner: FrameScanner): void {
    const type = scanner.firstByte >> 4;
    const { session } = this.#owner;
    if (this.#state === ConnectionState.open) {
      switch (type) {
        case PacketType.publish:
          return session.receivePublish(bytes, scanner);
        case PacketType.puback:
        case PacketType.pubrec:
        case PacketType.pubrel:
        case PacketType.pubcomp:
          return session.receiveAcknowledgement(bytes, scanner);
      }
    }
    const packet = decodeServerPacket(bytes, scanner, this.protocolVersion);
    const isOpening = this.#state === ConnectionState.opening;
    if (packet.type === PacketType.auth) {
      this.#authenticator.receive(packet);
    } else if (packet.type === PacketType.connack && isOpening) {
      this.#handleConnack(packet);
    } else if (packet.type === PacketType.connack || isOpening) {
      throw new ProtocolError(
        `Cannot accept packet type ${packet.type}: it is out of its order`,
      );
    } else {
      this.#handle(packet);
    }
  }

  #handle(packet: Exclude<ServerPacket, AuthPacket | ConnackPacket>): void {
    switch (packet.type) {
      case PacketType.suback:
      case PacketType.unsuback:
        return this.#owner.session.receiveAnswer(packet);
      case PacketType.disconnect:
        return this.#end(
          disconnectError(packet.reasonCode, packet.properties),
        );
      case PacketType.pingresp:
        return;
    }
  }

  #handleConnack(connack: ConnackPacket): void {
    checkConnack(connack, this.#connect!);
    this.#authenticator.finish(
      connack.properties.authenticationData,
      () => this.#accept(connack),
    );
  }

  #accept(connack: ConnackPacket): void {
    if (this.#state !== ConnectionState.opening) return;
    const { settings, session } = this.#owner;
    this.#state = ConnectionState.open;
    this.limits = new ServerLimits(connack);
    this.#keepAlive = new KeepAlive(
      this,
      settings.clock,
      connack.properties.serverKeepAlive ?? settings.keepAliveSeconds,
    );
    session.start(this, connack.sessionPresent);
    this.#owner.opened(connack);
    this.#accepted.resolve();
  }

  #write(packet: ClientPacket): boolean {
    return writeClientPacket(
      this.output,
      packet,
      this.protocolVersion,
      this.limits.maximumPacketSizeBytes,
    );
  }

  #flush(): void {
    this.#isFlushDue = false;
    const { output } = this;
    if (
      this.#sending !== null || output.length === 0 || this.#transport === null
    ) return;
    this.lastSentMs = this.#owner.settings.clock.nowMs();
    this.#sendingBytes = output.length;
    this.#sending = output.take();
    this.#transport.send(this.#sending.subarray(0, this.#sendingBytes));
  }

  /** What is gathered still goes out; nothing is read any more. */
  #end(error: MqttError): void {
    if (this.#state === ConnectionState.closed) return;
    const wasOpen = this.#state === ConnectionState.open;
    this.#state = ConnectionState.closed;
    this.#keepAlive?.stop();
    this.#authenticator.end(error);
    if (this.#transport !== null) {
      this.#cancelLinger = this.#owner.settings.clock.after(
        CLOSE_LINGER_MS,
        () => this.#transport?.close(),
      );
    }
    this.#flush();
    this.#closeIfSent();
    if (wasOpen) {
      this.#owner.session.stop();
      this.#owner.ended(error);
    } else {
      this.#accepted.reject(error);
    }
  }

  #closeIfSent(): void {
    if (this.#sending !== null || this.#transport === null) return;
    this.#cancelLinger();
    this.#transport.close();
  }
}

/** Hands the array of one flush to the next: most are of like size. */
class SpareBuffer implements BufferAllocator {
  #spare: Uint8Array | null = null;

  acquire(minimumBytes: number): Uint8Array {
    const spare = this.#spare;
    if (spare === null || spare.length < minimumBytes) {
      return new Uint8Array(minimumBytes);
    }
    this.#spare = null;
    return spare;
  }

  release(bytes: Uint8Array): void {
    if (bytes.length > 2 * SOFT_LIMIT_BYTES) return;
    if (this.#spare === null || this.#spare.length < bytes.length) {
      this.#spare = bytes;
    }
  }
}
