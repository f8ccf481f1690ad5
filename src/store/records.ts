import {
  type ByteWriter,
  decodePacket,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type PublishPacket,
} from "../codec/mod.ts";
import type { ClientSession } from "../broker/mod.ts";
import { Delivery, Message, Session, type Will } from "../session/mod.ts";
import { Subscription } from "../topics/mod.ts";
import { decodeString, type RecordReader } from "./record_reader.ts";

/**
 * The kinds of records in the journal. The numbers are the format on disk:
 * never change the meaning of one.
 */
export const RecordType = {
  session: 1,
  sessionEnded: 2,
  subscription: 3,
  unsubscription: 4,
  message: 5,
  delivery: 6,
  deliveryChange: 7,
  deliverySettled: 8,
  retained: 9,
  retainedRemoved: 10,
  /** Since version 2 of the format, as is the next. */
  qos2Received: 11,
  qos2Released: 12,
} as const;

const scratch = new DataView(new ArrayBuffer(8));

function writeFloat64(out: ByteWriter, value: number): void {
  scratch.setFloat64(0, value);
  out.writeUint32(scratch.getUint32(0));
  out.writeUint32(scratch.getUint32(4));
}

/** A number of up to 48 bits: at a million a second they last nine years. */
export function writeIdentifier(out: ByteWriter, value: number): void {
  out.writeUint16(Math.floor(value / 0x1_0000_0000));
  out.writeUint32(value % 0x1_0000_0000);
}

/** Starts a record; {@linkcode endRecord} puts its length in. */
export function beginRecord(out: ByteWriter, type: number): number {
  out.writeUint8(type);
  out.writeUint32(0);
  return out.length;
}

export function endRecord(out: ByteWriter, start: number): void {
  new DataView(out.bytes.buffer, out.bytes.byteOffset)
    .setUint32(start - 4, out.length - start);
}

/** What there is of a session, in one byte before it. */
const SessionPart = {
  will: 0x01,
  /** Since version 3 of the format, as is the next: whose it is is known. */
  owner: 0x02,
  ownerName: 0x04,
} as const;

/** Expiry, Will, owner and received QoS 2 identifiers of a session. */
export function writeSession(out: ByteWriter, session: ClientSession): void {
  out.writeString(session.clientIdentifier);
  out.writeUint32(session.expiryIntervalSeconds);
  writeFloat64(out, session.expiresAtMs);
  writeFloat64(out, session.willDueAtMs);
  const identifiers = [...session.receivedQos2()];
  out.writeUint16(identifiers.length);
  for (const identifier of identifiers) out.writeUint16(identifier);
  const { owner, will } = session;
  out.writeUint8(
    (will === null ? 0 : SessionPart.will) |
      (owner === undefined ? 0 : SessionPart.owner) |
      (typeof owner === "string" ? SessionPart.ownerName : 0),
  );
  if (typeof owner === "string") out.writeString(owner);
  if (will !== null) writeWill(out, will);
}

/** Reads a session into `known`, whose record this replaces, or into a new one. */
export function readSession(
  reader: RecordReader,
  known: ClientSession | undefined,
): ClientSession {
  const clientIdentifier = reader.readString();
  const session: ClientSession = known ?? new Session(clientIdentifier);
  session.expiryIntervalSeconds = reader.readUint32();
  session.expiresAtMs = reader.readFloat64();
  session.willDueAtMs = reader.readFloat64();
  for (const identifier of [...session.receivedQos2()]) {
    session.removeReceivedQos2(identifier);
  }
  for (let count = reader.readUint16(); count > 0; count--) {
    session.addReceivedQos2(reader.readUint16());
  }
  const parts = reader.readUint8();
  session.owner = parts & SessionPart.owner ? null : undefined;
  if (parts & SessionPart.ownerName) session.owner = reader.readString();
  session.will = parts & SessionPart.will ? readWill(reader) : null;
  return session;
}

function writeWill(out: ByteWriter, will: Will): void {
  const { publish, delaySeconds } = will;
  out.writeUint32(delaySeconds);
  out.writeUint8(publish.qos);
  const frame = encodePacket({ ...publish, qos: 0 }, 5);
  out.writeUint32(frame.length);
  out.writeBytes(frame, 0, frame.length);
}

function readWill(reader: RecordReader): Will {
  const delaySeconds = reader.readUint32();
  const qos = reader.readUint8() as PublishPacket["qos"];
  const frame = reader.readRange().slice();
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  scanner.scan(frame, 0, frame.length);
  const publish = decodePacket(frame, scanner, 5, "client") as PublishPacket;
  return { publish: { ...publish, qos }, delaySeconds };
}

export function writeSubscription(
  out: ByteWriter,
  key: string,
  subscription: Subscription<ClientSession>,
): void {
  out.writeString(key);
  out.writeUint8(
    subscription.qos | (subscription.noLocal ? 0x04 : 0) |
      (subscription.retainAsPublished ? 0x08 : 0) |
      subscription.retainHandling << 4 |
      (subscription.shareName === null ? 0 : 0x40),
  );
  out.writeUint32(subscription.subscriptionIdentifier);
}

/** Reads what stands behind the `key` of a subscription. */
export function readSubscription(
  reader: RecordReader,
  session: ClientSession,
  key: string,
): Subscription<ClientSession> {
  const flags = reader.readUint8();
  const shareEnd = flags & 0x40 ? key.indexOf("/", "$share/".length) : -1;
  const topicFilter = shareEnd < 0 ? key : key.slice(shareEnd + 1);
  return new Subscription(session, topicFilter, {
    qos: flags & 0x03,
    noLocal: (flags & 0x04) !== 0,
    retainAsPublished: (flags & 0x08) !== 0,
    retainHandling: (flags >> 4) & 0x03,
    shareName: shareEnd < 0 ? null : key.slice("$share/".length, shareEnd),
    subscriptionIdentifier: reader.readUint32(),
  });
}

export function writeMessage(out: ByteWriter, message: Message): void {
  out.writeUint8(message.qos | (message.isRetained ? 0x04 : 0));
  writeFloat64(out, message.expiresAtMs);
  out.writeUint16(message.topicEnd - message.topicStart);
  out.writeUint32(message.propertiesEnd - message.propertiesStart);
  out.writeUint32(message.payloadEnd - message.payloadStart);
  // Topic Name, properties and payload of a message lie one after the other.
  out.writeBytes(message.payloadBytes, message.topicStart, message.payloadEnd);
}

export function readMessage(reader: RecordReader): Message {
  const flags = reader.readUint8();
  const expiresAtMs = reader.readFloat64();
  const topicEnd = reader.readUint16();
  const propertiesEnd = topicEnd + reader.readUint32();
  const payloadEnd = propertiesEnd + reader.readUint32();
  const start = reader.position;
  const bytes = reader.bytes.slice(start, start + payloadEnd);
  if (bytes.length < payloadEnd) {
    throw new RangeError(
      "Cannot read record: the message reaches past its end",
    );
  }
  reader.position = start + payloadEnd;
  return new Message(bytes, 0, {
    topicBytes: bytes,
    topicStart: 0,
    topicEnd,
    propertiesBytes: bytes,
    propertiesStart: topicEnd,
    propertiesEnd,
    payloadBytes: bytes,
    payloadStart: propertiesEnd,
    payloadEnd,
  }, {
    topicName: decodeString(bytes, 0, topicEnd),
    qos: flags & 0x03,
    isRetained: (flags & 0x04) !== 0,
    expiresAtMs,
  });
}

export function writeDelivery(out: ByteWriter, delivery: Delivery): void {
  const { subscriptionIdentifiers } = delivery;
  out.writeUint8(delivery.qos | (delivery.isRetained ? 0x04 : 0));
  writeDeliveryChange(out, delivery);
  out.writeUint16(subscriptionIdentifiers.length);
  for (const identifier of subscriptionIdentifiers) out.writeUint32(identifier);
}

/** What {@linkcode writeDeliveryChange} writes. */
const DELIVERY_CHANGE_BYTES = 9;

/** What changes while a delivery is under way. */
export function writeDeliveryChange(
  out: ByteWriter,
  delivery: Delivery,
): void {
  out.writeUint8(delivery.state | (delivery.wasSent ? 0x80 : 0));
  out.writeUint16(delivery.packetIdentifier);
  writeIdentifier(out, delivery.sequence);
}

export function readDelivery(reader: RecordReader, message: Message): Delivery {
  const flags = reader.readUint8();
  const change = reader.position;
  reader.position += DELIVERY_CHANGE_BYTES;
  const subscriptionIdentifiers: number[] = [];
  for (let count = reader.readUint16(); count > 0; count--) {
    subscriptionIdentifiers.push(reader.readUint32());
  }
  const { position } = reader;
  const delivery = new Delivery(
    message,
    flags & 0x03,
    (flags & 0x04) !== 0,
    subscriptionIdentifiers,
  );
  reader.position = change;
  readDeliveryChange(reader, delivery);
  reader.position = position;
  return delivery;
}

export function readDeliveryChange(
  reader: RecordReader,
  delivery: Delivery,
): void {
  const state = reader.readUint8();
  delivery.state = state & 0x7f;
  delivery.wasSent = (state & 0x80) !== 0;
  delivery.packetIdentifier = reader.readUint16();
  delivery.sequence = reader.readIdentifier();
}
