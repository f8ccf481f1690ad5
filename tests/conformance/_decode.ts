import { assert } from "../_assert.ts";
import type { Version } from "./_packets.ts";
import { Cursor, type Property, type PropertyName } from "./_properties.ts";

const names = [
  ...["reserved", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC"],
  ...["PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE"],
  ...["UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"],
];

/** Codes that a server may send in 5.0, by packet. */
const reasonCodes: Readonly<Record<string, readonly number[]>> = {
  CONNACK: [
    ...[0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89],
    ...[0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f],
  ],
  PUBACK: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  PUBREC: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
  PUBREL: [0x00, 0x92],
  PUBCOMP: [0x00, 0x92],
  SUBACK: [
    ...[0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e],
    ...[0xa1, 0xa2],
  ],
  UNSUBACK: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
  DISCONNECT: [
    ...[0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f],
    ...[0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c],
    ...[0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2],
  ],
  AUTH: [0x00, 0x18],
};

/** Codes that a server may send in 3.1.1. */
const returnCodes: Readonly<Record<string, readonly number[]>> = {
  CONNACK: [0, 1, 2, 3, 4, 5],
  SUBACK: [0x00, 0x01, 0x02, 0x80],
};

/**
 * A Control Packet of the server. One shape for all types: what a type does
 * not have stays at its default.
 */
export class ServerPacket {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly flags: number;
  sessionPresent = false;
  reasonCode = 0;
  packetIdentifier = 0;
  reasonCodes: number[] = [];
  properties: Property[] = [];
  topic = "";
  payload = new Uint8Array(0);

  /** Decodes one frame and holds it against the rules for any server packet. */
  constructor(bytes: Uint8Array, version: Version) {
    this.bytes = bytes;
    this.name = names[bytes[0] >> 4];
    this.flags = bytes[0] & 0x0f;
    const cursor = new Cursor(bytes);
    cursor.uint8();
    cursor.variable();
    this.#decode(cursor, version);
    assert(cursor.isAtEnd, `${this} has bytes behind its last field`);
    this.#check(version);
  }

  get qos(): number {
    return (this.flags >> 1) & 3;
  }

  get isDuplicate(): boolean {
    return (this.flags & 8) !== 0;
  }

  get isRetained(): boolean {
    return (this.flags & 1) !== 0;
  }

  get text(): string {
    return new TextDecoder().decode(this.payload);
  }

  /** The value of a property that may stand once, or `undefined`. */
  value(name: PropertyName): Property[1] | undefined {
    return this.properties.find((property) => property[0] === name)?.[1];
  }

  /** Every property of this name, in order. */
  all(name: PropertyName): Property[] {
    return this.properties.filter((property) => property[0] === name);
  }

  /** For messages. */
  toString(): string {
    const digits = Array.from(
      this.bytes.subarray(0, 48),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    return `${this.name} (${digits.join(" ")}${
      this.bytes.length > 48 ? " ..." : ""
    })`;
  }

  #decode(cursor: Cursor, version: Version): void {
    switch (this.name) {
      case "CONNACK":
        this.#decodeConnack(cursor, version);
        break;
      case "PUBLISH":
        this.topic = cursor.text();
        if (this.qos > 0) this.packetIdentifier = cursor.uint16();
        if (version === 5) this.properties = cursor.properties();
        this.payload = Uint8Array.from(cursor.rest());
        break;
      case "PUBACK":
      case "PUBREC":
      case "PUBREL":
      case "PUBCOMP":
        this.packetIdentifier = cursor.uint16();
        this.#decodeReason(cursor, version);
        break;
      case "SUBACK":
      case "UNSUBACK":
        this.packetIdentifier = cursor.uint16();
        if (version === 5) this.properties = cursor.properties();
        this.reasonCodes = Array.from(cursor.rest());
        break;
      case "DISCONNECT":
      case "AUTH":
        this.#decodeReason(cursor, version);
        break;
      case "PINGRESP":
        break;
      default:
        throw new Error(`Cannot accept ${this}: no server sends it`);
    }
  }

  #decodeConnack(cursor: Cursor, version: Version): void {
    const flags = cursor.uint8();
    assert(
      flags <= 1,
      `Connect Acknowledge Flags are ${flags} [MQTT-3.2.2-1]`,
    );
    this.sessionPresent = flags === 1;
    this.reasonCode = cursor.uint8();
    if (version === 5) this.properties = cursor.properties();
    if (this.reasonCode !== 0) {
      assert(
        !this.sessionPresent,
        "Session Present is 1 beside a refusal [MQTT-3.2.2-6]",
      );
    }
  }

  /** Code and properties, which only 5.0 has and which may be left out. */
  #decodeReason(cursor: Cursor, version: Version): void {
    if (version !== 5) return;
    if (!cursor.isAtEnd) this.reasonCode = cursor.uint8();
    if (!cursor.isAtEnd) this.properties = cursor.properties();
  }

  #check(version: Version): void {
    if (this.name === "PUBLISH") {
      assert(this.qos < 3, `${this} has QoS 3 [MQTT-3.3.1-4]`);
      assert(
        this.qos > 0 || !this.isDuplicate,
        `${this} has DUP 1 at QoS 0 [MQTT-3.3.1-2]`,
      );
      assert(
        this.qos === 0 || this.packetIdentifier > 0,
        `${this} has Packet Identifier 0 [MQTT-2.2.1-4]`,
      );
    } else {
      const expected = this.name === "PUBREL" ? 2 : 0;
      assert(
        this.flags === expected,
        `${this} has reserved flags ${this.flags} [MQTT-2.1.3-1]`,
      );
    }
    const allowed = (version === 5 ? reasonCodes : returnCodes)[this.name];
    for (const code of [this.reasonCode, ...this.reasonCodes]) {
      assert(
        allowed === undefined || code === 0 || allowed.includes(code),
        `${this} has code 0x${code.toString(16)}, which is not defined for it`,
      );
    }
  }
}
