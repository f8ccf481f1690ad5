import { crc32 } from "node:zlib";
import type { ClientSession } from "../broker/mod.ts";
import { SEGMENT_HEADER_BYTES } from "./batch.ts";
import {
  DeliveryEntry,
  type Entry,
  MessageEntry,
  RetainedEntry,
  SessionEntry,
  SubscriptionEntry,
} from "./entries.ts";
import { type StoredSegment, StoreError } from "./medium.ts";
import { RecordReader } from "./record_reader.ts";
import {
  readDelivery,
  readDeliveryChange,
  readMessage,
  readSession,
  readSubscription,
  RecordType,
} from "./records.ts";
import { Segment, type Usage } from "./segment.ts";

/**
 * Replays segments in the order of writing; what is left at the end is the
 * state. A record may refer to a session or a message whose own record was
 * moved to a later segment, so those two are read in a first pass.
 */
export class Recovery {
  readonly segments: Segment[] = [];
  readonly retained = new Map<string, RetainedEntry>();
  /** The highest ever used, as far as any record tells: none is given twice. */
  lastIdentifier = 0;
  lastSessionNumber = 0;
  readonly #usage: Usage;
  readonly #stored: StoredSegment[] = [];
  readonly #sessions = new Map<number, SessionEntry>();
  readonly #messages = new Map<number, MessageEntry>();
  readonly #deliveries = new Map<number, DeliveryEntry>();

  constructor(usage: Usage) {
    this.#usage = usage;
  }

  /** First pass. @throws {StoreError} If the segment is damaged; it is not taken then. */
  add(stored: StoredSegment): void {
    const { identifier, bytes } = stored;
    checkSum(stored);
    const segment = new Segment(identifier, this.#usage);
    segment.complete(bytes.length);
    this.segments.push(segment);
    this.#stored.push(stored);
    forEachRecord(bytes, (type, reader) => {
      switch (type) {
        case RecordType.session:
          return this.#session(reader, segment);
        case RecordType.sessionEnded:
          return this.#sessionEnded(reader);
        case RecordType.qos2Received:
        case RecordType.qos2Released:
          return this.#qos2(type, reader);
        case RecordType.message:
          return this.#message(reader, segment);
      }
    });
  }

  /** All sessions that have not ended. */
  *sessions(): Iterable<ClientSession> {
    for (const { session } of this.#sessions.values()) yield session;
  }

  /**
   * Second pass. Sessions and retained messages are complete after it.
   * `goOn` is called after each segment.
   */
  finish(goOn: () => void): void {
    this.#stored.forEach(({ bytes }, index) => {
      const segment = this.segments[index];
      forEachRecord(
        bytes,
        (type, reader) => this.#replay(type, reader, segment),
      );
      goOn();
    });
    this.#stored.length = 0;
    const deliveries = [...this.#deliveries.values()]
      .sort((a, b) => a.identifier - b.identifier);
    for (const entry of deliveries) this.#hand(entry);
    for (const message of this.#messages.values()) {
      if (message.references === 0) message.leaveSegment();
    }
  }

  /** Puts a delivery where it was in its session. */
  #hand({ owner: { session }, delivery }: DeliveryEntry): void {
    if (delivery.packetIdentifier === 0) {
      session.queue.push(delivery);
      return;
    }
    // Of two with one identifier the older was settled, which a damaged store
    // may have lost.
    const older = session.window.get(delivery.packetIdentifier);
    if (older !== null) {
      session.window.settle(older);
      this.#forget(older.record as DeliveryEntry);
    }
    // It may have been sent, although nothing of that was stored [MQTT-3.3.1-1].
    delivery.wasSent = true;
    session.window.restore(delivery);
  }

  #replay(type: number, reader: RecordReader, segment: Segment): void {
    switch (type) {
      case RecordType.session:
      case RecordType.sessionEnded:
      case RecordType.qos2Received:
      case RecordType.qos2Released:
      case RecordType.message:
        return;
      case RecordType.subscription:
        return this.#subscription(reader, segment);
      case RecordType.unsubscription:
        return this.#unsubscription(reader);
      case RecordType.delivery:
        return this.#delivery(reader, segment);
      case RecordType.deliveryChange: {
        const entry = this.#deliveries.get(this.#identifier(reader));
        if (entry !== undefined) readDeliveryChange(reader, entry.delivery);
        return;
      }
      case RecordType.deliverySettled: {
        const entry = this.#deliveries.get(this.#identifier(reader));
        if (entry !== undefined) this.#forget(entry);
        return;
      }
      case RecordType.retained:
        return this.#retained(reader, segment);
      case RecordType.retainedRemoved: {
        const entry = this.retained.get(reader.readString());
        if (entry !== undefined) this.#removeRetained(entry);
        return;
      }
      default:
        throw new StoreError(
          `segment ${segment.identifier} has a record of unknown type ${type}`,
        );
    }
  }

  #identifier(reader: RecordReader): number {
    const identifier = reader.readIdentifier();
    this.lastIdentifier = Math.max(this.lastIdentifier, identifier);
    return identifier;
  }

  #sessionNumber(reader: RecordReader): number {
    const number = reader.readUint32();
    this.lastSessionNumber = Math.max(this.lastSessionNumber, number);
    return number;
  }

  #session(reader: RecordReader, segment: Segment): void {
    const start = reader.position;
    const number = this.#sessionNumber(reader);
    const known = this.#sessions.get(number);
    const session = readSession(reader, known?.session);
    const entry = known ?? new SessionEntry(session, number);
    session.record = entry;
    this.#sessions.set(number, entry);
    enter(entry, segment, reader.position - start);
  }

  #sessionEnded(reader: RecordReader): void {
    const number = this.#sessionNumber(reader);
    const entry = this.#sessions.get(number);
    if (entry === undefined) return;
    entry.leaveSegment();
    this.#sessions.delete(number);
  }

  /** A change of a session, unless its record comes later and has it in it. */
  #qos2(type: number, reader: RecordReader): void {
    const entry = this.#sessions.get(this.#sessionNumber(reader));
    const packetIdentifier = reader.readUint16();
    if (entry === undefined) return;
    const { session } = entry;
    if (type === RecordType.qos2Released) {
      session.removeReceivedQos2(packetIdentifier);
    } else session.addReceivedQos2(packetIdentifier);
  }

  #subscription(reader: RecordReader, segment: Segment): void {
    const start = reader.position;
    const owner = this.#sessions.get(this.#sessionNumber(reader));
    if (owner === undefined) return;
    const { session } = owner;
    const key = reader.readString();
    const subscription = readSubscription(reader, session, key);
    const entry = session.subscriptions.get(key)?.record ??
      new SubscriptionEntry(owner, key, subscription);
    (entry as SubscriptionEntry).subscription = subscription;
    subscription.record = entry;
    session.subscriptions.set(key, subscription);
    enter(entry as SubscriptionEntry, segment, reader.position - start);
  }

  #unsubscription(reader: RecordReader): void {
    const owner = this.#sessions.get(this.#sessionNumber(reader));
    const key = reader.readString();
    const subscription = owner?.session.subscriptions.get(key);
    if (subscription === undefined) return;
    (subscription.record as SubscriptionEntry).leaveSegment();
    owner!.session.subscriptions.delete(key);
  }

  #message(reader: RecordReader, segment: Segment): void {
    const start = reader.position;
    const identifier = this.#identifier(reader);
    const message = readMessage(reader);
    const entry = this.#messages.get(identifier) ??
      new MessageEntry(message, identifier);
    entry.message.record = entry;
    this.#messages.set(identifier, entry);
    enter(entry, segment, reader.position - start);
  }

  #delivery(reader: RecordReader, segment: Segment): void {
    const start = reader.position;
    const identifier = this.#identifier(reader);
    const owner = this.#sessions.get(this.#sessionNumber(reader));
    const message = this.#messages.get(this.#identifier(reader));
    const known = this.#deliveries.get(identifier);
    if (known !== undefined) this.#forget(known);
    if (owner === undefined || message === undefined) return;
    const delivery = readDelivery(reader, message.message);
    const entry = new DeliveryEntry(owner, delivery);
    entry.identifier = identifier;
    entry.message = message;
    message.references++;
    message.message.openDeliveries++;
    delivery.record = entry;
    delivery.isRecorded = true;
    this.#deliveries.set(identifier, entry);
    enter(entry, segment, reader.position - start);
  }

  #forget(entry: DeliveryEntry): void {
    entry.leaveSegment();
    entry.message!.message.openDeliveries--;
    dropReference(entry.message!);
    this.#deliveries.delete(entry.identifier);
  }

  #retained(reader: RecordReader, segment: Segment): void {
    const start = reader.position;
    const message = this.#messages.get(this.#identifier(reader));
    if (message === undefined) return;
    const { topicName } = message.message;
    const entry = this.retained.get(topicName) ?? new RetainedEntry(topicName);
    message.references++;
    if (entry.message !== null) dropReference(entry.message);
    entry.message = message;
    entry.current = message.message;
    this.retained.set(topicName, entry);
    enter(entry, segment, reader.position - start);
  }

  #removeRetained(entry: RetainedEntry): void {
    entry.leaveSegment();
    dropReference(entry.message!);
    this.retained.delete(entry.topicName);
  }
}

/** Without {@linkcode MessageEntry.release}: a later record may refer to it again. */
function dropReference(message: MessageEntry): void {
  message.references--;
}

function checkSum({ identifier, bytes }: StoredSegment): void {
  const isSound = bytes.length >= SEGMENT_HEADER_BYTES &&
    new RecordReader(bytes).readUint32() ===
      crc32(bytes.subarray(SEGMENT_HEADER_BYTES));
  if (isSound) return;
  throw new StoreError(
    `segment ${identifier} (${bytes.length} bytes) has a wrong checksum`,
  );
}

/** Calls `visit` with a reader that stands on, and ends with, each record's fields. */
function forEachRecord(
  bytes: Uint8Array,
  visit: (type: number, reader: RecordReader) => void,
): void {
  const reader = new RecordReader(bytes, SEGMENT_HEADER_BYTES);
  while (!reader.isAtEnd) {
    const type = reader.readUint8();
    const length = reader.readUint32();
    const end = reader.position + length;
    reader.end = end;
    visit(type, reader);
    reader.position = end;
    reader.end = bytes.length;
  }
}

/** The record of `recordBytes` in `segment` is from now on the valid one of `entry`. */
function enter(entry: Entry, segment: Segment, recordBytes: number): void {
  entry.leaveSegment();
  segment.enter(entry, recordBytes);
}
