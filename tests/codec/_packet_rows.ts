/** Runs the tables of packets: one row is one packet, accepted or refused. */
import {
  decodePacket,
  encodePacket,
  FrameScanner,
  MalformedPacketError,
  MAXIMUM_PACKET_SIZE_BYTES,
  MqttError,
  type Packet,
  ProtocolError,
  type ProtocolVersion,
  type Sender,
} from "../../src/codec/mod.ts";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertNotEquals,
  assertThrows,
} from "../_assert.ts";

interface Row {
  /** A sentence about the packet, which ends in the rules it holds. */
  name: string;
  /** Bytes in hexadecimal, text in single quotes. */
  hex: string;
  /** 5 unless given. */
  version?: ProtocolVersion;
  /** The client unless given. */
  sender?: Sender;
}

export interface AcceptedRow extends Row {
  packet: Packet;
  /** What the packet encodes to, where `hex` is not the form we write. */
  encodesTo?: string;
}

export interface RefusedRow extends Row {
  reasonCode: number;
  /** A part of the message, so that no other fault can pass for this one. */
  because: string;
}

/** Bytes from pairs of hexadecimal digits and text in single quotes. */
export function bytesOf(hex: string): Uint8Array {
  const bytes: number[] = [];
  for (const [token, text] of hex.matchAll(/'([^']*)'|[^\s']+/g)) {
    if (text !== undefined) bytes.push(...new TextEncoder().encode(text));
    else {
      assert(/^([0-9a-f]{2})+$/i.test(token), `not hexadecimal: ${token}`);
      for (let index = 0; index < token.length; index += 2) {
        bytes.push(parseInt(token.slice(index, index + 2), 16));
      }
    }
  }
  return new Uint8Array(bytes);
}

/** Scans and decodes the one packet that `bytes` hold. */
export function decodeWhole(
  bytes: Uint8Array,
  version: ProtocolVersion = 5,
  sender: Sender = "client",
): Packet {
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  assert(scanner.scan(bytes, 0, bytes.length), "the frame is not whole");
  assertEquals(scanner.frameEnd, bytes.length);
  return decodePacket(bytes, scanner, version, sender);
}

/** Registers the tests of every row. */
export function testRows(
  accepted: readonly AcceptedRow[],
  refused: readonly RefusedRow[],
): void {
  for (const row of accepted) {
    Deno.test({
      name: row.name,
      permissions: "none",
      async fn(step) {
        await step.step("is decoded whole", () => decodesWhole(row));
        await step.step("is decoded in two pieces", () => decodesSplit(row));
        await step.step("is not the same cut short", () => failsCut(row));
        await step.step("is encoded back", () => encodesBack(row));
      },
    });
  }
  for (const row of refused) {
    Deno.test({
      name: row.name,
      permissions: "none",
      fn: () => isRefused(row),
    });
  }
}

function decodesWhole(row: AcceptedRow): void {
  const bytes = bytesOf(row.hex);
  assertEquals(decodeWhole(bytes, row.version, row.sender), row.packet);
}

/** Every cut, in the middle of a buffer that holds other bytes around it. */
function decodesSplit(row: AcceptedRow): void {
  const bytes = bytesOf(row.hex);
  const offset = 7;
  for (let cut = 0; cut < bytes.length; cut++) {
    const buffer = new Uint8Array(bytes.length + 20).fill(0xa5);
    const end = offset + bytes.length;
    const scanner = new FrameScanner(bytes.length);
    buffer.set(bytes.subarray(0, cut), offset);
    assertEquals(scanner.scan(buffer, offset, offset + cut), false);
    assert(scanner.frameEnd === 0 || scanner.frameEnd === end);
    buffer.set(bytes.subarray(cut), offset + cut);
    assertEquals(scanner.scan(buffer, offset, buffer.length), true);
    assertEquals(scanner.frameEnd, end);
    const { version = 5, sender = "client" } = row;
    const packet = decodePacket(buffer, scanner, version, sender);
    buffer.fill(0);
    assertEquals(packet, row.packet, "the packet does not own its bytes");
  }
}

/**
 * Every shorter body behind a Remaining Length that fits it. What may be left
 * out is only what our own form leaves out.
 */
function failsCut(row: AcceptedRow): void {
  const bytes = bytesOf(row.hex);
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  scanner.scan(bytes, 0, bytes.length);
  for (let end = scanner.bodyStart; end < bytes.length; end++) {
    const body = bytes.subarray(scanner.bodyStart, end);
    const frame = frameOf(bytes[0], body);
    let packet: Packet;
    try {
      packet = decodeWhole(frame, row.version, row.sender);
    } catch (error) {
      assertInstanceOf(error, MqttError);
      continue;
    }
    if (row.encodesTo === undefined) assertNotEquals(packet, row.packet);
  }
}

/** A packet with the Remaining Length that fits `body`. */
export function frameOf(firstByte: number, body: Uint8Array): Uint8Array {
  const header = [firstByte];
  let rest = body.length;
  do {
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return new Uint8Array([...header, ...body]);
}

function encodesBack(row: AcceptedRow): void {
  const expected = bytesOf(row.encodesTo ?? row.hex);
  assertEquals(encodePacket(row.packet, row.version ?? 5), expected);
}

function isRefused(row: RefusedRow): void {
  const bytes = bytesOf(row.hex);
  const error = assertThrows(
    () => decodeWhole(bytes, row.version, row.sender),
    MqttError,
    row.because,
  );
  assertEquals(error.reasonCode, row.reasonCode, error.message);
  const expected = row.reasonCode === 0x81
    ? MalformedPacketError
    : ProtocolError;
  assertInstanceOf(error, expected);
}
