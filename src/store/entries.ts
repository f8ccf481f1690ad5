import type { ClientSession } from "../broker/mod.ts";
import { type Delivery, DeliveryState, type Message } from "../session/mod.ts";
import type { Subscription } from "../topics/mod.ts";
import type { Batch } from "./batch.ts";
import {
  RecordType,
  writeDelivery,
  writeDeliveryChange,
  writeIdentifier,
  writeMessage,
  writeSession,
  writeSubscription,
} from "./records.ts";
import type { Segment } from "./segment.ts";

/** Something that is, or may have to be, in the journal. */
export abstract class Entry {
  /** Where its valid record is; `null` while it has none. */
  segment: Segment | null = null;
  /** Size of that record. */
  recordBytes = 0;
  /** Whether it is in the list of what the next batch looks at. */
  isPending = false;
  /** Whether its record has to be written whole: it has changed, or its segment is to go. */
  isWhole = false;

  /** Writes what has to be written for it now: a record, a change, an end, or nothing. */
  abstract write(batch: Batch): void;

  /** Its record is not valid any more. */
  leaveSegment(): void {
    const { segment } = this;
    if (segment === null) return;
    segment.leave(this.recordBytes);
    this.segment = null;
  }
}

/** A session that outlives its connection. */
export class SessionEntry extends Entry {
  readonly session: ClientSession;
  /** Stands for the Client Identifier in the other records. */
  readonly number: number;
  isEnded = false;
  /** Packet Identifiers that were received or released since it was written. */
  #qos2Changes: Set<number> | null = null;

  constructor(session: ClientSession, number: number) {
    super();
    this.session = session;
    this.number = number;
  }

  /** A QoS 2 message under `packetIdentifier` was received or released. */
  noteQos2Change(packetIdentifier: number): void {
    (this.#qos2Changes ??= new Set()).add(packetIdentifier);
  }

  write(batch: Batch): void {
    if (this.isEnded) this.#writeEnd(batch);
    else if (this.isWhole || this.segment === null) this.#writeWhole(batch);
    else this.#writeQos2Changes(batch);
    this.#qos2Changes = null;
  }

  #writeEnd(batch: Batch): void {
    if (this.segment === null) return;
    this.leaveSegment();
    batch.begin(RecordType.sessionEnded);
    batch.out.writeUint32(this.number);
    batch.end();
  }

  #writeWhole(batch: Batch): void {
    this.leaveSegment();
    this.isWhole = false;
    batch.begin(RecordType.session);
    batch.out.writeUint32(this.number);
    writeSession(batch.out, this.session);
    batch.endEntry(this);
  }

  /** Without the Will, which may be large, for each message. */
  #writeQos2Changes(batch: Batch): void {
    for (const packetIdentifier of this.#qos2Changes ?? []) {
      batch.begin(
        this.session.hasReceivedQos2(packetIdentifier)
          ? RecordType.qos2Received
          : RecordType.qos2Released,
      );
      batch.out.writeUint32(this.number);
      batch.out.writeUint16(packetIdentifier);
      batch.end();
    }
  }
}

/** One subscription of a stored session. */
export class SubscriptionEntry extends Entry {
  readonly owner: SessionEntry;
  readonly key: string;
  /** `null` once it is removed. */
  subscription: Subscription<ClientSession> | null;

  constructor(
    owner: SessionEntry,
    key: string,
    subscription: Subscription<ClientSession> | null,
  ) {
    super();
    this.owner = owner;
    this.key = key;
    this.subscription = subscription;
  }

  write(batch: Batch): void {
    const wasStored = this.segment !== null;
    this.leaveSegment();
    if (this.owner.isEnded) return;
    if (this.subscription === null) {
      if (!wasStored) return;
      batch.begin(RecordType.unsubscription);
      batch.out.writeUint32(this.owner.number);
      batch.out.writeString(this.key);
      batch.end();
      return;
    }
    batch.begin(RecordType.subscription);
    batch.out.writeUint32(this.owner.number);
    writeSubscription(batch.out, this.key, this.subscription);
    batch.endEntry(this);
  }
}

/** A message that at least one stored delivery or retained topic refers to. */
export class MessageEntry extends Entry {
  readonly message: Message;
  readonly identifier: number;
  references = 0;

  constructor(message: Message, identifier: number) {
    super();
    this.message = message;
    this.identifier = identifier;
  }

  write(batch: Batch): void {
    if (this.references === 0) return;
    this.leaveSegment();
    batch.begin(RecordType.message);
    writeIdentifier(batch.out, this.identifier);
    writeMessage(batch.out, this.message);
    batch.endEntry(this);
  }

  /** One referring record is not valid any more; without any the message needs no record. */
  release(): void {
    this.references--;
    if (this.references > 0) return;
    this.leaveSegment();
    this.message.record = null;
  }
}

/** A delivery to a stored session. */
export class DeliveryEntry extends Entry {
  readonly owner: SessionEntry;
  readonly delivery: Delivery;
  /** Ascending in the order in which messages were queued; 0 until it is written. */
  identifier = 0;
  /** The message it refers to, once written. */
  message: MessageEntry | null = null;

  constructor(owner: SessionEntry, delivery: Delivery) {
    super();
    this.owner = owner;
    this.delivery = delivery;
  }

  write(batch: Batch): void {
    const { delivery, segment } = this;
    if (delivery.state === DeliveryState.settled || this.owner.isEnded) {
      this.#settle(batch);
    } else if (segment === null || this.isWhole) {
      this.#writeWhole(batch);
    } else {
      batch.begin(RecordType.deliveryChange);
      writeIdentifier(batch.out, this.identifier);
      writeDeliveryChange(batch.out, delivery);
      batch.end();
    }
  }

  #writeWhole(batch: Batch): void {
    const message = this.message ?? batch.referTo(this.delivery.message);
    this.leaveSegment();
    this.message = message;
    this.isWhole = false;
    if (this.identifier === 0) this.identifier = batch.nextIdentifier();
    batch.begin(RecordType.delivery);
    writeIdentifier(batch.out, this.identifier);
    batch.out.writeUint32(this.owner.number);
    writeIdentifier(batch.out, message.identifier);
    writeDelivery(batch.out, this.delivery);
    batch.endEntry(this);
  }

  /** What was settled before it was written leaves no trace. */
  #settle(batch: Batch): void {
    if (this.segment === null) return;
    this.leaveSegment();
    this.message!.release();
    this.message = null;
    if (this.owner.isEnded) return;
    batch.begin(RecordType.deliverySettled);
    writeIdentifier(batch.out, this.identifier);
    batch.end();
  }
}

/** The retained message of a topic. */
export class RetainedEntry extends Entry {
  readonly topicName: string;
  /** `null` once it is removed. */
  current: Message | null = null;
  /** What its record refers to. */
  message: MessageEntry | null = null;

  constructor(topicName: string) {
    super();
    this.topicName = topicName;
  }

  write(batch: Batch): void {
    const old = this.message;
    const wasStored = this.segment !== null;
    this.leaveSegment();
    if (this.current !== null) {
      this.message = batch.referTo(this.current);
      batch.begin(RecordType.retained);
      writeIdentifier(batch.out, this.message.identifier);
      batch.endEntry(this);
    } else if (wasStored) {
      this.message = null;
      batch.begin(RecordType.retainedRemoved);
      batch.out.writeString(this.topicName);
      batch.end();
    }
    old?.release();
  }
}
