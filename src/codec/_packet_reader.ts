import { MalformedPacketError, ProtocolError } from "./errors.ts";
import type { Properties } from "./packets.ts";
import { readProperties } from "./properties.ts";
import { readUint16 } from "./property_scan.ts";
import type { PropertyRules } from "./property_table.ts";
import { decodeUtf8, findInvalidUtf8 } from "./utf8.ts";
import {
  readVariableByteInteger,
  variableByteIntegerSize,
} from "./variable_byte_integer.ts";

/**
 * Walks over one packet from field to field; each field is checked against
 * the end of the packet before it is read. For the packets that are not hot.
 */
export class PacketReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  /** For messages. */
  readonly packetName: string;

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    packetName: string,
  ) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.packetName = packetName;
  }

  get isAtEnd(): boolean {
    return this.position === this.end;
  }

  readUint8(field: string): number {
    return this.bytes[this.#take(1, field)];
  }

  readUint16(field: string): number {
    return readUint16(this.bytes, this.#take(2, field));
  }

  /** @throws {ProtocolError} If it is 0 [MQTT-2.2.1-3]. */
  readPacketIdentifier(): number {
    const value = this.readUint16("Packet Identifier");
    if (value === 0) {
      throw new ProtocolError(
        `Cannot decode ${this.packetName}: Packet Identifier is 0, must be 1 ` +
          "to 65535",
      );
    }
    return value;
  }

  /** A copy, which outlives the buffer. */
  readBinary(field: string): Uint8Array {
    const start = this.skipBinary(field);
    return this.bytes.slice(start, this.position);
  }

  /** Steps over Binary Data; returns where its bytes begin. */
  skipBinary(field: string): number {
    return this.#take(this.readUint16(field), field);
  }

  /**
   * @throws {MalformedPacketError} If it is not valid UTF-8 [MQTT-1.5.4-1] or
   * holds U+0000 [MQTT-1.5.4-2].
   */
  readString(field: string): string {
    const start = this.skipBinary(field);
    const invalid = findInvalidUtf8(this.bytes, start, this.position);
    if (invalid >= 0) {
      throw this.malformed(
        `${field} is ill-formed UTF-8 or U+0000 at byte ` + (invalid - start),
      );
    }
    return decodeUtf8(this.bytes, start, this.position);
  }

  /** The Property Length and the properties [MQTT-2.2.2-1]. */
  readProperties(rules: PropertyRules): Properties {
    const length = readVariableByteInteger(
      this.bytes,
      this.position,
      this.end,
    );
    this.position += variableByteIntegerSize(length);
    const start = this.#take(length, "Property Length");
    return readProperties(this.bytes, start, this.position, rules);
  }

  /** All bytes that are left, as numbers. */
  readRest(): number[] {
    const start = this.position;
    this.position = this.end;
    return Array.from(this.bytes.subarray(start, this.end));
  }

  /** @throws {MalformedPacketError} If bytes are left. */
  expectEnd(): void {
    if (this.position < this.end) {
      throw this.malformed(
        `${this.end - this.position} bytes follow its last field`,
      );
    }
  }

  /** The error for this packet and `cause`. */
  malformed(cause: string): MalformedPacketError {
    return new MalformedPacketError(
      `Cannot decode ${this.packetName}: ${cause}`,
    );
  }

  /** The error for this packet and `cause`. */
  protocolError(cause: string): ProtocolError {
    return new ProtocolError(`Cannot decode ${this.packetName}: ${cause}`);
  }

  #take(sizeBytes: number, field: string): number {
    const start = this.position;
    if (sizeBytes > this.end - start) {
      throw this.malformed(
        `${field} needs ${sizeBytes} bytes, ${this.end - start} are left`,
      );
    }
    this.position = start + sizeBytes;
    return start;
  }
}
