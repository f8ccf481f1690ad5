/**
 * How messages get from the broker to the Worker of a plugin: many in one array
 * of bytes, which changes hands. The broker only copies packets; it is the
 * Worker that takes them apart.
 * @module
 */
import type { Connection } from "../../broker/mod.ts";
import { decodePublish } from "../../codec/publish.ts";
import { ByteWriter } from "../../codec/byte_writer.ts";
import {
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
} from "../../codec/frame_scanner.ts";
import type { ProtocolVersion } from "../../codec/packet_type.ts";
import type { PublishPacket } from "../../codec/packets.ts";
import type { PublishView } from "../../codec/publish_view.ts";
import { decodeUtf8 } from "../../codec/utf8.ts";
import type { Client, PublishedMessage } from "./api.ts";
import { toClient } from "./client.ts";

/** A part of a run of packets. */
export interface FrameRange {
  readonly frameCount: number;
  readonly frameEnd: number;
}

/** A batch as it is posted. */
export interface PostedBatch {
  /** Those who have published its messages. */
  readonly clients: readonly Client[];
  /** When the first message came in, in milliseconds since the epoch. */
  readonly startMs: number;
  /**
   * For each message, or run of them: the place of its client (4 bytes),
   * milliseconds since the start (4), protocol version (1), length of a Topic
   * Name that the packet replaces by a Topic Alias (2) and the name, length of
   * the packets (4) and these.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const HEAD_BYTES = 4 + 4 + 1 + 2 + 4;

/** Gathers messages; it owns what it has copied. */
export class MessageBatch {
  readonly #startMs: number;
  readonly #clients: Client[] = [];
  readonly #places = new Map<Connection, number>();
  readonly #bytes = new ByteWriter();
  #clientBytes = 0;
  #count = 0;

  constructor(startMs: number) {
    this.#startMs = Math.floor(startMs);
  }

  /** Messages in it. */
  get count(): number {
    return this.#count;
  }

  /** What it takes up. */
  get sizeBytes(): number {
    return this.#bytes.length + this.#clientBytes;
  }

  /** Copies the packets of `publish` that `range` has. */
  add(
    connection: Connection,
    publish: PublishView,
    { frameCount, frameEnd }: FrameRange,
  ): void {
    const bytes = this.#bytes;
    const { topicBytes, topicStart, topicEnd, frameStart } = publish;
    const hasAlias = topicBytes !== publish.bytes;
    const lengthBytes = frameEnd - frameStart;
    bytes.writeUint32(this.#placeOf(connection));
    bytes.writeUint32(Math.max(0, connection.broker.nowMs - this.#startMs));
    bytes.writeUint8(publish.protocolVersion);
    bytes.writeUint16(hasAlias ? topicEnd - topicStart : 0);
    if (hasAlias) bytes.writeBytes(topicBytes, topicStart, topicEnd);
    bytes.writeUint32(lengthBytes);
    bytes.writeBytes(publish.bytes, frameStart, frameEnd);
    this.#count += frameCount;
  }

  /** Gives the messages away: the batch is of no use any more. */
  post(): PostedBatch {
    const { length } = this.#bytes;
    return {
      clients: this.#clients,
      startMs: this.#startMs,
      bytes: this.#bytes.take().subarray(0, length) as Uint8Array<ArrayBuffer>,
    };
  }

  #placeOf(connection: Connection): number {
    const known = this.#places.get(connection);
    if (known !== undefined) return known;
    const place = this.#clients.length;
    this.#places.set(connection, place);
    const client = toClient(connection);
    this.#clients.push(client);
    this.#clientBytes += 2 * (client.clientIdentifier.length +
      (client.userName?.length ?? 0) + client.remoteAddress.length +
      client.listener.length);
    return place;
  }
}

/** What a message takes up at the most beside its packet and its client. */
export function overheadBytes({ topicStart, topicEnd }: PublishView): number {
  return HEAD_BYTES + topicEnd - topicStart;
}

/** The messages of `batch`, in the order in which they came; they own their bytes. */
export function* readBatch(
  { clients, startMs, bytes }: PostedBatch,
): Generator<PublishedMessage> {
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;
  while (position < bytes.length) {
    const client = clients[view.getUint32(position)];
    const receivedAtMs = startMs + view.getUint32(position + 4);
    const version = view.getUint8(position + 8) as ProtocolVersion;
    const topicStart = position + 11;
    const topicEnd = topicStart + view.getUint16(position + 9);
    const end = topicEnd + 4 + view.getUint32(topicEnd);
    position = topicEnd + 4;
    while (position < end) {
      scanner.scan(bytes, position, end);
      const packet = decodePublish(bytes, scanner, version, "client");
      const topic = topicEnd > topicStart
        ? decodeUtf8(bytes, topicStart, topicEnd)
        : packet.topicName;
      yield { ...client, receivedAtMs, topic, ...describe(packet) };
      position = scanner.frameEnd;
    }
  }
}

function describe(
  { payload, qos, isRetained, properties }: PublishPacket,
): Omit<PublishedMessage, keyof Client | "topic" | "receivedAtMs"> {
  return {
    payload,
    qos,
    isRetained,
    isText: properties.payloadFormatIndicator === 1,
    contentType: properties.contentType ?? null,
    responseTopic: properties.responseTopic ?? null,
    correlationData: properties.correlationData ?? null,
    expirySeconds: properties.messageExpiryInterval ?? null,
    userProperties: properties.userProperties ?? [],
  };
}
