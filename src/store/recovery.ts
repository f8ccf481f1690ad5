import type { ClientSession, StoreOwner } from "../broker/mod.ts";
import { DeliveryState } from "../session/mod.ts";
import { SEGMENT_HEADER_BYTES } from "./batch.ts";
import { crc32 } from "./crc32.ts";
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
import { Segment } from "./segment.ts";

/**
 * Replays segments in the order of writing; what is left at the end is the
 * state. A record may refer to a session or a message whose own record was
 * moved to a later segment, so those two are read in a first pass.
 */
export class Recovery {
  readonly segments: Segment[] = [];
  readonly sessions = new Map<ClientSession, SessionEntry>();
  readonly retained = new Map<string, RetainedEntry>();
  lastIdentifier = 0;
  lastSessionNumber = 0;
  readonly #stored: StoredSegment[] = [];
  readonly #sessionsByNumber = new Map<number, SessionEntry>();
  readonly #messages = new Map<number, MessageEntry>();
  readonly #deliveries = new Map<number, DeliveryEntry>();

  /** First pass. @throws {StoreError} If the segment is damaged; it is not taken then. */
  add(stored: StoredSegment): void {
    const { identifier, bytes } = stored;
    const isSound = bytes.length >= SEGMENT_HEADER_BYTES &&
      new RecordReader(bytes).readUint32() ===
        crc32(bytes, SEGMENT_HEADER_BYTES, bytes.length);
    if (!isSound) {
      throw new StoreError(
        `segment ${identifier} (${bytes.length} bytes) has a wrong checksum`,
      );
    }
    const segment = new Segment(identifier);
    segment.sizeBytes = bytes.length;
    this.segments.push(segment);
    this.#stored.push(stored);
    forEachRecord(bytes, (type, reader) => {
      if (type === RecordType.session) this.#session(reader, segment);
      else if (type === RecordType.message) this.#message(reader, segment);
      else if (type === RecordType.sessionEnded) {
        this.#sessionEnded(reader.readUint32());
      }
    });
  }

  /** Second pass; then gives everything to `owner`: whole sessions, and retained messages. */
  finish(owner: StoreOwner): void {
    this.#stored.forEach(({ bytes }, index) => {
      const segment = this.segments[index];
      forEachRecord(
        bytes,
        (type, reader) => this.#replay(type, reader, segment),
      );
    });
    this.#stored.length = 0;
    for (const message of this.#messages.values()) {
      if (message.references === 0) message.leaveSegment();
    }
    for (const entry of this.retained.values()) {
      owner.restoreRetained(entry.current!);
    }
    const deliveries = [...this.#deliveries.values()]
      .sort((a, b) => a.identifier - b.identifier);
    for (const { owner: { session }, delivery } of deliveries) {
      if (delivery.packetIdentifier > 0) session.window.restore(delivery);
      else session.queue.push(delivery);
    }
    for (const session of this.sessions.keys()) owner.restoreSession(session);
  }

  #replay(type: number, reader: RecordReader, segment: Segment): void {
    switch (type) {
      case RecordType.session:
      case RecordType.sessionEnded:
      case RecordType.message:
        return;
      case RecordType.subscription:
        return this.#subscription(reader, segment);
      case RecordType.unsubscription:
        return this.#unsubscription(reader);
      case RecordType.delivery:
        return this.#delivery(reader, segment);
      case RecordType.deliveryChange: {
        const entry = this.#deliveries.get(reader.readIdentifier());
        if (entry !== undefined) readDeliveryChange(reader, entry.delivery);
        return;
      }
      case RecordType.deliverySettled:
        return this.#settle(this.#deliveries.get(reader.readIdentifier()));
      case RecordType.retained:
        return this.#retained(reader, segment);
      case RecordType.retainedRemoved: {
        const entry = this.retained.get(reader.readString());
        if (entry !== undefined) this.#removeRetained(entry);
        return;
      }
      default:
        throw new StoreError(`a record of type ${type} is unknown`);
    }
  }

  #session(reader: RecordReader, segment: Segment): void {
    const number = reader.readUint32();
    this.lastSessionNumber = Math.max(this.lastSessionNumber, number);
    const known = this.#sessionsByNumber.get(number);
    const session = readSession(reader, known?.session);
    const entry = known ?? new SessionEntry(session, number);
    this.#sessionsByNumber.set(number, entry);
    this.sessions.set(session, entry);
    enter(entry, segment, reader);
  }

  #sessionEnded(number: number): void {
    const entry = this.#sessionsByNumber.get(number);
    if (entry === undefined) return;
    entry.leaveSegment();
    this.#sessionsByNumber.delete(number);
    this.sessions.delete(entry.session);
  }

  #subscription(reader: RecordReader, segment: Segment): void {
    const owner = this.#sessionsByNumber.get(reader.readUint32());
    if (owner === undefined) return;
    const { session, subscriptions } = owner;
    const key = readSubscription(reader, session);
    const subscription = session.subscriptions.get(key)!;
    const entry = subscriptions.get(key) ??
      new SubscriptionEntry(owner, key, subscription);
    entry.subscription = subscription;
    subscriptions.set(key, entry);
    enter(entry, segment, reader);
  }

  #unsubscription(reader: RecordReader): void {
    const owner = this.#sessionsByNumber.get(reader.readUint32());
    const key = reader.readString();
    owner?.session.subscriptions.delete(key);
    owner?.subscriptions.get(key)?.leaveSegment();
    owner?.subscriptions.delete(key);
  }

  #message(reader: RecordReader, segment: Segment): void {
    const identifier = reader.readIdentifier();
    this.lastIdentifier = Math.max(this.lastIdentifier, identifier);
    const message = readMessage(reader);
    const known = this.#messages.get(identifier);
    const entry = known ?? new MessageEntry(message, identifier);
    message.record = entry;
    this.#messages.set(identifier, entry);
    enter(entry, segment, reader);
  }

  #delivery(reader: RecordReader, segment: Segment): void {
    const identifier = reader.readIdentifier();
    this.lastIdentifier = Math.max(this.lastIdentifier, identifier);
    const owner = this.#sessionsByNumber.get(reader.readUint32());
    const message = this.#messages.get(reader.readIdentifier());
    this.#settle(this.#deliveries.get(identifier));
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
    enter(entry, segment, reader);
  }

  #settle(entry: DeliveryEntry | undefined): void {
    if (entry === undefined) return;
    entry.delivery.state = DeliveryState.settled;
    entry.leaveSegment();
    entry.message!.message.openDeliveries--;
    entry.message!.release();
    this.#deliveries.delete(entry.identifier);
  }

  #retained(reader: RecordReader, segment: Segment): void {
    const message = this.#messages.get(reader.readIdentifier());
    if (message === undefined) return;
    const { topicName } = message.message;
    const entry = this.retained.get(topicName) ?? new RetainedEntry(topicName);
    message.references++;
    entry.message?.release();
    entry.message = message;
    entry.current = message.message;
    this.retained.set(topicName, entry);
    enter(entry, segment, reader);
  }

  #removeRetained(entry: RetainedEntry): void {
    entry.leaveSegment();
    entry.message?.release();
    this.retained.delete(entry.topicName);
  }
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

/** The record that `reader` stands in is from now on the valid one of `entry`. */
function enter(entry: Entry, segment: Segment, reader: RecordReader): void {
  entry.leaveSegment();
  entry.segment = segment;
  entry.recordBytes = reader.end - reader.position;
  segment.entries.push(entry);
  segment.liveCount++;
  segment.liveBytes += entry.recordBytes;
}
