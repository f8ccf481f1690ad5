import type { Session } from "./handshake.ts";
import { Outbox } from "./outbox.ts";
import type { Topic } from "./topic.ts";
import { PacketType, type PublishTemplate, repeatPublish } from "./wire.ts";

const pubrel = (PacketType.PUBREL << 4) | 2;
const maximumPacketIdentifier = 65_535;
const packetIdentifierFree = 0;
const packetIdentifierInFlight = 1;
const packetIdentifierReleased = 2;

/** How one publisher sends. */
export interface PublisherOptions {
  session: Session;
  topic: Topic;
  template: PublishTemplate;
  qos: number;
  /** Messages in flight at most, above QoS 0. */
  windowSize: number;
  /** Messages in one write at most. */
  chunkSize: number;
  /** Says what time to write into each payload; none is written without. */
  schedule?: Schedule;
}

/** When each message of a topic was due. */
export interface Schedule {
  /**
   * When the message was due, as `performance.now()` counts. Asked in
   * ascending order of `sequence`, which counts from 0.
   */
  dueMs(sequence: number): number;
}

/**
 * Sends copies of one PUBLISH as fast as its topic and its window allow. The
 * copies lie ready behind each other, Packet Identifiers included, so that a
 * write is a slice of them whatever the QoS.
 */
export class Publisher {
  /** PUBLISH packets whose last acknowledgement came; 0 at QoS 0. */
  acknowledged = 0;
  /** Acknowledgements with a Reason Code of 0x80 or more. */
  refused = 0;
  /** When the last acknowledgement came, as `performance.now()` counts. */
  lastAcknowledgedMs = 0;
  /** Messages sent and not yet acknowledged; 0 at QoS 0. */
  inFlight = 0;
  readonly #session: Session;
  readonly #topic: Topic;
  readonly #outbox: Outbox;
  readonly #qos: number;
  readonly #frames: Uint8Array<ArrayBuffer>;
  readonly #frameBytes: number;
  readonly #frameCount: number;
  readonly #chunkSize: number;
  readonly #windowSize: number;
  readonly #payloadOffset: number;
  readonly #view: DataView;
  readonly #schedule: Schedule | undefined;
  readonly #states = new Uint8Array(maximumPacketIdentifier + 1);
  /** Index of the next frame; its Packet Identifier is one more. */
  #next = 0;

  constructor(options: PublisherOptions) {
    const { session, topic, template, qos, windowSize, chunkSize } = options;
    this.#session = session;
    this.#topic = topic;
    this.#qos = qos;
    this.#frameBytes = template.frame.length;
    this.#chunkSize = chunkSize;
    this.#windowSize = Math.min(windowSize, session.receiveMaximum);
    // Twice the window: an identifier is free again long before its turn.
    this.#frameCount = qos === 0 ? chunkSize : Math.min(
      maximumPacketIdentifier,
      Math.max(this.#windowSize * 2, chunkSize),
    );
    this.#frames = repeatPublish(template, this.#frameCount);
    this.#payloadOffset = template.payloadOffset;
    this.#view = new DataView(this.#frames.buffer);
    this.#schedule = options.schedule;
    this.#outbox = new Outbox(session.connection, () => this.#nextChunk());
    topic.senders.push(this);
  }

  /** Sends what is allowed now. */
  flush(): void {
    this.#outbox.flush();
  }

  /**
   * Reads acknowledgements until the server closes the connection.
   * @throws {Error} If the connection breaks or an acknowledgement is wrong.
   */
  async run(): Promise<void> {
    const { connection, cursor } = this.#session;
    for (;;) {
      const count = await connection.read(cursor.space());
      if (count === null) return;
      cursor.fill(count);
      const acknowledgedBefore = this.acknowledged;
      while (cursor.next()) this.#handle();
      if (this.acknowledged !== acknowledgedBefore) {
        this.lastAcknowledgedMs = performance.now();
      }
      this.#outbox.flush();
    }
  }

  #nextChunk(): Uint8Array | undefined {
    const count = this.#qos === 0 ? this.#countQos0() : this.#claim();
    if (count === 0) return undefined;
    const start = this.#next;
    this.#next = (start + count) % this.#frameCount;
    if (this.#schedule !== undefined) this.#stamp(start, count);
    this.#topic.sent += count;
    return this.#frames.subarray(
      start * this.#frameBytes,
      (start + count) * this.#frameBytes,
    );
  }

  /** A whole chunk or none: trickling frames would measure system calls. */
  #countQos0(): number {
    const count = Math.min(this.#chunkSize, this.#topic.remaining());
    this.#next = 0;
    return this.#topic.allowance() < count ? 0 : count;
  }

  /** Takes the free Packet Identifiers from the next one on. */
  #claim(): number {
    const limit = Math.min(
      this.#windowSize - this.inFlight,
      this.#topic.allowance(),
      this.#chunkSize,
      this.#frameCount - this.#next,
    );
    const states = this.#states;
    const first = this.#next + 1;
    let count = 0;
    while (count < limit && states[first + count] === packetIdentifierFree) {
      states[first + count] = packetIdentifierInFlight;
      count++;
    }
    this.inFlight += count;
    return count;
  }

  #stamp(start: number, count: number): void {
    const schedule = this.#schedule!;
    const sequence = this.#topic.sent;
    let offset = start * this.#frameBytes + this.#payloadOffset;
    for (let index = 0; index < count; index++) {
      this.#view.setFloat64(offset, schedule.dueMs(sequence + index));
      offset += this.#frameBytes;
    }
  }

  #handle(): void {
    const { bytes, firstByte, bodyOffset, bodyEnd } = this.#session.cursor;
    const identifier = (bytes[bodyOffset] << 8) | bytes[bodyOffset + 1];
    const isRefusal = bodyEnd - bodyOffset > 2 && bytes[bodyOffset + 2] >= 0x80;
    switch (firstByte >> 4) {
      case PacketType.PUBACK:
        this.#release(identifier, packetIdentifierInFlight);
        break;
      case PacketType.PUBREC:
        if (isRefusal) {
          this.#release(identifier, packetIdentifierInFlight);
          break;
        }
        this.#expect(identifier, packetIdentifierInFlight);
        this.#states[identifier] = packetIdentifierReleased;
        this.#outbox.answer(pubrel, identifier);
        return;
      case PacketType.PUBCOMP:
        this.#release(identifier, packetIdentifierReleased);
        break;
      case PacketType.DISCONNECT:
        throw new Error("Cannot go on publishing: the server sent DISCONNECT");
      default:
        return;
    }
    if (isRefusal) this.refused++;
  }

  #release(packetIdentifier: number, state: number): void {
    this.#expect(packetIdentifier, state);
    this.#states[packetIdentifier] = packetIdentifierFree;
    this.inFlight--;
    this.acknowledged++;
  }

  #expect(packetIdentifier: number, state: number): void {
    if (this.#states[packetIdentifier] === state) return;
    throw new Error(
      `Cannot go on publishing: Packet Identifier ${packetIdentifier} was ` +
        `acknowledged in state ${this.#states[packetIdentifier]}, not ${state}`,
    );
  }
}
