import {
  type AcknowledgementType,
  type ConnackPacket,
  decodePacket,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  packetName,
  PacketType,
  type Properties,
  type ProtocolVersion,
  type PublishPacket,
} from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import type { MemoryTransport, Tasks } from "./_memory_transport.ts";
import {
  type ConnectFields,
  connectPacket,
  type Filter,
  payloadOf,
  type PublishFields,
  publishPacket,
  subscribePacket,
} from "./_packets.ts";

/**
 * A client at the other end of a {@linkcode MemoryTransport}. It answers
 * nothing by itself; what it receives waits in `inbox` until it is taken.
 */
export class TestClient {
  readonly transport: MemoryTransport;
  protocolVersion: ProtocolVersion = 5;
  /** Received and not taken yet, oldest first. */
  inbox: Packet[] = [];
  readonly #tasks: Tasks;
  readonly #scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  #bytes = new Uint8Array(0);
  #lastPacketIdentifier = 0;

  constructor(transport: MemoryTransport, tasks: Tasks) {
    this.transport = transport;
    this.#tasks = tasks;
    transport.onBytes = (bytes) => this.#receive(bytes);
  }

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.transport.isClosed;
  }

  /** Sends `packets` as one chunk of bytes and lets the broker work. */
  send(...packets: Packet[]): void {
    for (const packet of packets) {
      if (packet.type === PacketType.connect) {
        this.protocolVersion = packet.protocolVersion;
      }
    }
    this.sendBytes(...packets.map((packet) => this.encode(packet)));
  }

  /** Sends bytes as they are, all pieces as one chunk. */
  sendBytes(...pieces: Uint8Array[]): void {
    this.transport.deliver(new Uint8Array(pieces.flatMap((p) => [...p])));
    this.#tasks.run();
  }

  /** Sends `bytes` in chunks of `sizeBytes`, each read by the broker on its own. */
  sendInChunks(bytes: Uint8Array, sizeBytes: number): void {
    for (let i = 0; i < bytes.length; i += sizeBytes) {
      this.sendBytes(bytes.slice(i, i + sizeBytes));
    }
  }

  encode(packet: Packet): Uint8Array {
    return encodePacket(packet, this.protocolVersion);
  }

  /** Sends CONNECT; returns the CONNACK, which must accept it. */
  connect(
    clientIdentifier: string,
    fields: ConnectFields = {},
  ): ConnackPacket {
    this.send(connectPacket(clientIdentifier, fields));
    const connack = this.next(PacketType.connack);
    assertEquals(connack.reasonCode, 0);
    return connack;
  }

  /** Sends SUBSCRIBE; returns the Reason Codes of the SUBACK. */
  subscribe(filters: Filter | Filter[], properties?: Properties): number[] {
    const packetIdentifier = this.takePacketIdentifier();
    const list = Array.isArray(filters) ? filters : [filters];
    this.send(subscribePacket(packetIdentifier, list, properties));
    const suback = this.next(PacketType.suback);
    assertEquals(suback.packetIdentifier, packetIdentifier);
    return suback.reasonCodes;
  }

  /** Sends UNSUBSCRIBE; returns the Reason Codes of the UNSUBACK. */
  unsubscribe(...topicFilters: string[]): number[] {
    const packetIdentifier = this.takePacketIdentifier();
    const type = PacketType.unsubscribe;
    this.send({ type, packetIdentifier, topicFilters, properties: {} });
    const unsuback = this.next(PacketType.unsuback);
    assertEquals(unsuback.packetIdentifier, packetIdentifier);
    return unsuback.reasonCodes;
  }

  /** Sends PUBLISH; returns the Packet Identifier, given if need be. */
  publish(topicName: string, payload: string, fields?: PublishFields): number {
    const packet = this.publication(topicName, payload, fields);
    this.send(packet);
    return packet.packetIdentifier;
  }

  /** A PUBLISH of this client, with a Packet Identifier if it needs one. */
  publication(
    topicName: string,
    payload: string,
    fields: PublishFields = {},
  ): PublishPacket {
    const packetIdentifier = (fields.qos ?? 0) > 0
      ? fields.packetIdentifier ?? this.takePacketIdentifier()
      : 0;
    return publishPacket(topicName, payload, { ...fields, packetIdentifier });
  }

  /**
   * Sends PUBLISH at QoS 1 or 2 and goes through with it to the end; returns
   * the Reason Code of PUBACK or PUBREC.
   */
  exchange(topicName: string, payload: string, fields: PublishFields): number {
    const packetIdentifier = this.publish(topicName, payload, fields);
    const type = fields.qos === 1 ? PacketType.puback : PacketType.pubrec;
    const answer = this.nextAnswer(type, packetIdentifier);
    if (fields.qos === 2 && answer < 0x80) {
      this.answer(PacketType.pubrel, packetIdentifier);
      assertEquals(this.nextAnswer(PacketType.pubcomp, packetIdentifier), 0);
    }
    return answer;
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP. */
  answer(
    type: AcknowledgementType,
    packetIdentifier: number,
    reasonCode = 0,
  ): void {
    this.send({ type, packetIdentifier, reasonCode, properties: {} });
  }

  /** Acknowledges received messages by their QoS, to the end. */
  acknowledge(...packets: PublishPacket[]): void {
    for (const { qos, packetIdentifier } of packets) {
      if (qos === 1) this.answer(PacketType.puback, packetIdentifier);
      if (qos !== 2) continue;
      this.answer(PacketType.pubrec, packetIdentifier);
      this.#takeAnswer(PacketType.pubrel, packetIdentifier);
      this.answer(PacketType.pubcomp, packetIdentifier);
    }
  }

  /** Takes and acknowledges messages until none comes any more. */
  drain(): PublishPacket[] {
    const drained: PublishPacket[] = [];
    while (this.inbox.length > 0) {
      const packets = this.publishes();
      drained.push(...packets);
      this.acknowledge(...packets);
    }
    return drained;
  }

  disconnect(reasonCode = 0, properties: Properties = {}): void {
    this.send({ type: PacketType.disconnect, reasonCode, properties });
    this.transport.end();
    this.#tasks.run();
  }

  /** The network fails, without DISCONNECT. */
  drop(): void {
    this.transport.end(new Error("connection reset"));
    this.#tasks.run();
  }

  /** Takes everything received. */
  take(): Packet[] {
    const packets = this.inbox;
    this.inbox = [];
    return packets;
  }

  /** Takes the next packet, which must be of `type`. */
  next<T extends PacketType>(type: T): Packet & { type: T } {
    const packet = this.inbox.shift();
    assert(packet !== undefined, `${packetName(type)} did not come`);
    assertEquals(packetName(packet.type), packetName(type));
    return packet as Packet & { type: T };
  }

  /** Takes the next packet, an acknowledgement; returns its Reason Code. */
  nextAnswer(type: AcknowledgementType, packetIdentifier: number): number {
    const answer = this.next(type);
    assertEquals(answer.packetIdentifier, packetIdentifier);
    return answer.reasonCode;
  }

  /** Takes everything received, which must be messages. */
  publishes(): PublishPacket[] {
    return this.take().map((packet) => {
      assertEquals(packetName(packet.type), "PUBLISH");
      return packet as PublishPacket;
    });
  }

  /** The same, as texts. */
  payloads(): string[] {
    return this.publishes().map(payloadOf);
  }

  /** A Packet Identifier that this client has not used yet. */
  takePacketIdentifier(): number {
    return ++this.#lastPacketIdentifier;
  }

  #takeAnswer(type: AcknowledgementType, packetIdentifier: number): void {
    const index = this.inbox.findIndex((packet) =>
      packet.type === type && packet.packetIdentifier === packetIdentifier
    );
    assert(index >= 0, `${packetName(type)} did not come`);
    this.inbox.splice(index, 1);
  }

  #receive(received: Uint8Array): void {
    const bytes = new Uint8Array(this.#bytes.length + received.length);
    bytes.set(this.#bytes);
    bytes.set(received, this.#bytes.length);
    const scanner = this.#scanner;
    let start = 0;
    while (scanner.scan(bytes, start, bytes.length)) {
      this.inbox.push(
        decodePacket(bytes, scanner, this.protocolVersion, "server"),
      );
      start = scanner.frameEnd;
    }
    this.#bytes = bytes.slice(start);
  }
}
