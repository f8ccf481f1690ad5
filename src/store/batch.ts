import { crc32 } from "node:zlib";
import { ByteWriter } from "../codec/mod.ts";
import type { Message, Waiting } from "../session/mod.ts";
import { type Entry, MessageEntry } from "./entries.ts";
import { beginRecord, endRecord } from "./records.ts";
import type { Segment } from "./segment.ts";

/** Every segment begins with the CRC-32 of the rest. */
export const SEGMENT_HEADER_BYTES = 4;

/** Gives out the numbers by which records refer to each other. */
export interface Identifiers {
  nextIdentifier(): number;
}

/** The records that become one segment. */
export class Batch {
  readonly out = new ByteWriter();
  readonly segment: Segment;
  /** Who may proceed when the segment is safe. */
  readonly waiting: Waiting[];
  readonly #identifiers: Identifiers;
  #recordStart = 0;

  constructor(segment: Segment, waiting: Waiting[], identifiers: Identifiers) {
    this.segment = segment;
    this.waiting = waiting;
    this.#identifiers = identifiers;
    this.out.writeUint32(0);
  }

  get isEmpty(): boolean {
    return this.out.length === SEGMENT_HEADER_BYTES;
  }

  nextIdentifier(): number {
    return this.#identifiers.nextIdentifier();
  }

  begin(type: number): void {
    this.#recordStart = beginRecord(this.out, type);
  }

  end(): void {
    endRecord(this.out, this.#recordStart);
  }

  /** Ends the record that is now the valid one of `entry`. */
  endEntry(entry: Entry): void {
    this.end();
    this.segment.enter(entry, this.out.length - this.#recordStart);
  }

  /** The entry of `message`, with one reference more; writes it if it has no record. */
  referTo(message: Message): MessageEntry {
    const entry = message.record instanceof MessageEntry
      ? message.record
      : new MessageEntry(message, this.nextIdentifier());
    message.record = entry;
    entry.references++;
    if (entry.segment === null) entry.write(this);
    return entry;
  }

  /** The whole segment, with its checksum. */
  finish(): Uint8Array {
    const { out } = this;
    const bytes = out.bytes.subarray(0, out.length);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(
      0,
      crc32(bytes.subarray(SEGMENT_HEADER_BYTES)),
    );
    this.segment.complete(bytes.length);
    return bytes;
  }
}
