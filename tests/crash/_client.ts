import {
  type AcknowledgementType,
  type Packet,
  packetName,
  PacketType,
  type ProtocolVersion,
  ReasonCode,
} from "../../src/codec/mod.ts";
import { Connection } from "./_connection.ts";
import type { Trace } from "./_trace.ts";

/** What a client is told when it connects. */
export interface ClientOptions {
  readonly clientIdentifier: string;
  readonly version: ProtocolVersion;
  /** A session that outlives its connections. */
  readonly isLasting: boolean;
  readonly trace: Trace;
}

/** A client with one connection at a time; what it is for is up to its heirs. */
export abstract class Client {
  readonly clientIdentifier: string;
  readonly version: ProtocolVersion;
  readonly #isLasting: boolean;
  readonly #trace: Trace;
  #connection: Connection | null = null;
  #opened: PromiseWithResolvers<boolean> | null = null;
  readonly #failure = Promise.withResolvers<never>();

  constructor(options: ClientOptions) {
    this.clientIdentifier = options.clientIdentifier;
    this.version = options.version;
    this.#isLasting = options.isLasting;
    this.#trace = options.trace;
    // It may come before somebody waits for it.
    this.#failure.promise.catch(() => {});
  }

  /** Rejects when the broker has sent what it must not. */
  get failure(): Promise<never> {
    return this.#failure.promise;
  }

  /** Connects; false if the broker died on the way. */
  async connect(port: number): Promise<boolean> {
    const opened = this.#opened = Promise.withResolvers<boolean>();
    const connection = await Connection.open(
      port,
      this.version,
      (packet) => this.#receive(connection!, packet),
    );
    if (connection === null) return false;
    this.#connection = connection;
    this.send({
      type: PacketType.connect,
      protocolVersion: this.version,
      cleanStart: !this.#isLasting,
      keepAliveSeconds: 0,
      clientIdentifier: this.clientIdentifier,
      willMessage: null,
      userName: null,
      password: null,
      properties: this.version === 5 && this.#isLasting
        ? { sessionExpiryInterval: 3_600 }
        : {},
    });
    const ended = connection.ended.then(
      () => false,
      (error) => {
        this.#failure.reject(error);
        return false;
      },
    );
    return await Promise.race([opened.promise, ended]);
  }

  /** Resolves when there is no connection any more. */
  async gone(): Promise<void> {
    await this.#connection?.ended;
  }

  /** Breaks the connection off, if it has not ended. */
  async drop(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    if (connection !== null) this.#trace.say(`${this.clientIdentifier} drops`);
    await connection?.drop();
  }

  /** Sends packets, or nothing while there is no connection. */
  protected send(...packets: Packet[]): void {
    for (const packet of packets) {
      const mark = this.#connection === null ? "(>)" : ">";
      this.#trace.note(this.clientIdentifier, mark, packet);
    }
    this.#connection?.send(...packets);
  }

  protected answer(type: AcknowledgementType, packetIdentifier: number): void {
    this.send({ type, packetIdentifier, reasonCode: 0, properties: {} });
  }

  /** The broker has taken the client in; goes on with what was not finished. */
  protected abstract onConnected(isSessionPresent: boolean): void;

  protected abstract onPacket(packet: Packet): void;

  #receive(connection: Connection, packet: Packet): void {
    if (this.#connection !== connection) return;
    this.#trace.note(this.clientIdentifier, "<", packet);
    if (isFarewell(packet)) return;
    if (packet.type !== PacketType.connack) {
      this.onPacket(packet);
      return;
    }
    if (packet.reasonCode !== 0) {
      throw new Error(
        `${this.clientIdentifier}: CONNACK with ${packet.reasonCode}`,
      );
    }
    this.onConnected(packet.sessionPresent);
    this.#opened!.resolve(true);
  }
}

/** Whether the broker shuts down, as it may do with some grace. */
function isFarewell(packet: Packet): boolean {
  return packet.type === PacketType.disconnect &&
    packet.reasonCode === ReasonCode.serverShuttingDown;
}

/** A packet that no broker sends in this place. */
export function unexpected(client: Client, packet: Packet): Error {
  return new Error(
    `${client.clientIdentifier}: unexpected ${packetName(packet.type)} ` +
      JSON.stringify(
        packet,
        (_key, value) => value instanceof Uint8Array ? value.length : value,
      ),
  );
}
