import { assert, assertEquals, fail } from "../_assert.ts";
import { concat } from "./_bytes.ts";
import { ServerPacket } from "./_decode.ts";
import {
  acknowledge,
  connect,
  type ConnectFields,
  disconnect,
  pingreq,
  publish,
  type PublishFields,
  type RequestFields,
  subscribe,
  type Subscription,
  unsubscribe,
  type Version,
} from "./_packets.ts";

/** How long a test waits for what has to come before it fails. */
const DEADLINE_MS = 5_000;
const READ_BYTES = 65_536;

/** Where a broker listens. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** A byte stream to a broker: a TCP connection, or something on top of one. */
export interface Socket {
  read(target: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/**
 * A socket and the Control Packets that come out of it. It sends what it is
 * told, right or wrong, and answers nothing by itself.
 */
export class RawClient {
  readonly version: Version;
  readonly #socket: Socket;
  #received: Uint8Array = new Uint8Array(0);
  /** Where in it the next packet begins. */
  #position = 0;
  #isEnded = false;
  #isClosed = false;
  #lastPacketIdentifier = 0;
  /** What this client has announced in CONNECT, which binds the server. */
  #maximumPacketSize = Infinity;
  #topicAliasMaximum = 0;

  constructor(socket: Socket, version: Version) {
    this.#socket = socket;
    this.version = version;
  }

  static async open(address: Address, version: Version): Promise<RawClient> {
    const socket = await Deno.connect({ ...address, transport: "tcp" });
    socket.setNoDelay(true);
    return new RawClient(socket, version);
  }

  /** Sends all `parts` in one write; a server that has closed does not hear it. */
  async send(...parts: Uint8Array[]): Promise<void> {
    let bytes = concat(parts);
    try {
      while (bytes.length > 0) {
        bytes = bytes.subarray(await this.#socket.write(bytes));
      }
    } catch (error) {
      if (!isDisconnection(error)) throw error;
    }
  }

  /** The next Control Packet, or `null` when the server has closed. */
  async receive(): Promise<ServerPacket | null> {
    for (;;) {
      const rest = this.#received.subarray(this.#position);
      const size = frameSize(rest);
      if (size > 0) {
        const bytes = rest.slice(0, size);
        this.#position += size;
        return this.#checked(new ServerPacket(bytes, this.version));
      }
      if (this.#isEnded) {
        assertEquals(rest.length, 0, "the last packet is cut short");
        return null;
      }
      await this.#read();
    }
  }

  /** The next packet, which has to be a `name`. */
  async expect(name: string): Promise<ServerPacket> {
    const packet = await this.receive();
    if (packet === null) fail(`The server closed, expected ${name}`);
    if (packet.name !== name) fail(`Received ${packet}, expected ${name}`);
    return packet;
  }

  /** The server closes, and sends nothing more before it does. */
  async expectClosed(): Promise<void> {
    const packet = await this.receive();
    if (packet !== null) fail(`Received ${packet}, expected a close`);
  }

  /** The server sends DISCONNECT with one of `reasonCodes` and closes. */
  async expectDisconnect(...reasonCodes: number[]): Promise<ServerPacket> {
    const packet = await this.expect("DISCONNECT");
    assertOneOf(packet, reasonCodes);
    await this.expectClosed();
    return packet;
  }

  /** The server closes without accepting; before that it may send CONNACK with one of `reasonCodes`. */
  async expectRefused(...reasonCodes: number[]): Promise<void> {
    const packet = await this.receive();
    if (packet === null) return;
    if (packet.name !== "CONNACK") {
      fail(`Received ${packet}, expected a refusal`);
    }
    assertOneOf(packet, reasonCodes);
    await this.expectClosed();
  }

  /** The server closes; before that it may send DISCONNECT with one of `reasonCodes`. */
  async expectDropped(...reasonCodes: number[]): Promise<void> {
    const packet = await this.receive();
    if (packet === null) return;
    if (packet.name !== "DISCONNECT") fail(`Received ${packet}, not the end`);
    assertOneOf(packet, reasonCodes);
    await this.expectClosed();
  }

  /**
   * Nothing has come: the next packet is the answer to a PINGREQ that is sent
   * when the server has handled all that `others` have sent so far.
   */
  async expectSilence(...others: RawClient[]): Promise<void> {
    for (const other of others) await other.ping();
    await this.ping();
  }

  /** All packets that come before the answer to a PINGREQ. */
  async pending(): Promise<ServerPacket[]> {
    await this.send(pingreq);
    const packets: ServerPacket[] = [];
    for (;;) {
      const packet = await this.receive();
      if (packet === null) fail("The server closed, expected PINGRESP");
      if (packet.name === "PINGRESP") return packets;
      packets.push(packet);
    }
  }

  /** PINGREQ, and PINGRESP as the next packet. */
  async ping(): Promise<void> {
    await this.send(pingreq);
    await this.expect("PINGRESP");
  }

  /** Sends CONNECT without waiting for the answer. */
  async sendConnect(fields: ConnectFields): Promise<void> {
    for (const [name, value] of fields.properties ?? []) {
      if (name === "maximumPacketSize") {
        this.#maximumPacketSize = value as number;
      } else if (name === "topicAliasMaximum") {
        this.#topicAliasMaximum = value as number;
      }
    }
    await this.send(connect({ version: this.version, ...fields }));
  }

  /** CONNECT that has to be accepted; returns the CONNACK. */
  async connect(fields: ConnectFields = {}): Promise<ServerPacket> {
    await this.sendConnect(fields);
    const connack = await this.expect("CONNACK");
    assertEquals(connack.reasonCode, 0, `${connack} refuses`);
    return connack;
  }

  /** SUBSCRIBE to one filter or to several; returns the SUBACK. */
  async subscribe(
    subscriptions: string | readonly Subscription[],
    fields: RequestFields & { readonly options?: number } = {},
  ): Promise<ServerPacket> {
    const { options = 0, ...rest } = fields;
    const list = typeof subscriptions === "string"
      ? [[subscriptions, options] as const]
      : subscriptions;
    const packetIdentifier = this.nextPacketIdentifier();
    const { version } = this;
    await this.send(subscribe(list, { version, packetIdentifier, ...rest }));
    return await this.expect("SUBACK");
  }

  async unsubscribe(...filters: string[]): Promise<ServerPacket> {
    const packetIdentifier = this.nextPacketIdentifier();
    const { version } = this;
    await this.send(unsubscribe(filters, { version, packetIdentifier }));
    return await this.expect("UNSUBACK");
  }

  /** PUBLISH at QoS 0, without waiting; at QoS 1 or 2 see `deliver`. */
  async publish(fields: PublishFields): Promise<void> {
    await this.send(publish({ version: this.version, ...fields }));
  }

  /**
   * PUBLISH with its whole exchange, so that the server has handled it when
   * this returns. Returns the PUBACK, the PUBREC or, at QoS 0, a PINGRESP.
   */
  async deliver(fields: PublishFields): Promise<ServerPacket> {
    const packetIdentifier = this.nextPacketIdentifier();
    await this.publish({ packetIdentifier, ...fields });
    switch (fields.qos) {
      case 1:
        return await this.expect("PUBACK");
      case 2: {
        const pubrec = await this.expect("PUBREC");
        if (pubrec.reasonCode >= 0x80) return pubrec;
        await this.send(acknowledge("pubrel", pubrec.packetIdentifier));
        await this.expect("PUBCOMP");
        return pubrec;
      }
      default:
        await this.send(pingreq);
        return await this.expect("PINGRESP");
    }
  }

  /** A PUBLISH from the server, acknowledged to the end by its QoS. */
  async take(): Promise<ServerPacket> {
    const packet = await this.expect("PUBLISH");
    const { packetIdentifier } = packet;
    if (packet.qos === 1) {
      await this.send(acknowledge("puback", packetIdentifier));
    } else if (packet.qos === 2) {
      await this.send(acknowledge("pubrec", packetIdentifier));
      const pubrel = await this.expect("PUBREL");
      assertEquals(pubrel.packetIdentifier, packetIdentifier);
      await this.send(acknowledge("pubcomp", packetIdentifier));
    }
    return packet;
  }

  /** DISCONNECT; the server has dealt with it when this returns. */
  async disconnect(
    ...parameters: Parameters<typeof disconnect>
  ): Promise<void> {
    await this.send(disconnect(...parameters));
    await this.expectClosed();
    this.close();
  }

  nextPacketIdentifier(): number {
    return ++this.#lastPacketIdentifier;
  }

  /** Ends the connection without a word. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  /** Whether the server keeps to what this client has announced. */
  #checked(packet: ServerPacket): ServerPacket {
    assert(
      packet.bytes.length <= this.#maximumPacketSize,
      `${packet} has ${packet.bytes.length} bytes, the client takes ` +
        `${this.#maximumPacketSize} [MQTT-3.1.2-24]`,
    );
    const alias = packet.value("topicAlias");
    if (packet.name === "PUBLISH" && alias !== undefined) {
      assert(
        alias as number > 0 && alias as number <= this.#topicAliasMaximum,
        `${packet} has Topic Alias ${alias}, the client takes ` +
          `${this.#topicAliasMaximum} [MQTT-3.1.2-26]`,
      );
    }
    return packet;
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(READ_BYTES);
    const timer = setTimeout(() => this.#giveUp(), DEADLINE_MS);
    try {
      const count = await this.#socket.read(chunk);
      if (count === null) this.#isEnded = true;
      else {
        const rest = this.#received.subarray(this.#position);
        this.#received = concat([rest, chunk.subarray(0, count)]);
        this.#position = 0;
      }
    } catch (error) {
      if (this.#isClosed) {
        throw new Error(`Nothing came within ${DEADLINE_MS} ms`);
      }
      if (!isDisconnection(error)) throw error;
      this.#isEnded = true;
    } finally {
      clearTimeout(timer);
    }
  }

  #giveUp(): void {
    this.close();
  }
}

/** The length of the frame that `bytes` begin with, or 0 while it is not whole. */
function frameSize(bytes: Uint8Array): number {
  let remainingLength = 0;
  for (let index = 1; index < bytes.length && index <= 4; index++) {
    remainingLength += (bytes[index] & 0x7f) * 128 ** (index - 1);
    if (bytes[index] < 0x80) {
      const size = index + 1 + remainingLength;
      return size <= bytes.length ? size : 0;
    }
  }
  return 0;
}

function isDisconnection(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.NotConnected;
}

function assertOneOf(
  packet: ServerPacket,
  reasonCodes: readonly number[],
): void {
  assert(
    reasonCodes.includes(packet.reasonCode),
    `${packet} has code 0x${packet.reasonCode.toString(16)}, expected ` +
      reasonCodes.map((code) => `0x${code.toString(16)}`).join(" or "),
  );
}
