import fc from "fast-check";
import { Opcode } from "../../src/transport/websocket/frame.ts";
import {
  FrameDecoder,
  WebSocketError,
} from "../../src/transport/websocket/frame_decoder.ts";
import { assert, assertEquals, assertThrows } from "../_assert.ts";
import {
  type ClientFrame,
  clientFrames,
  concat,
  cutAt,
  cuts,
  encodeFrame,
  wholeFrame,
} from "./_frames.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Feeds pieces that come behind `pendingBytes` of earlier payload. */
function decodeAll(
  decoder: FrameDecoder,
  pieces: readonly Uint8Array[],
  pendingBytes = 0,
): Uint8Array {
  const payloads: Uint8Array[] = [];
  for (const piece of pieces) {
    const bytes = concat([new Uint8Array(pendingBytes), piece]);
    const end = decoder.decode(bytes, pendingBytes, bytes.length);
    assertEquals(bytes.subarray(0, pendingBytes), new Uint8Array(pendingBytes));
    payloads.push(bytes.slice(pendingBytes, end));
  }
  return concat(payloads);
}

function isControl({ opcode }: ClientFrame): boolean {
  return opcode >= Opcode.close;
}

test("frames cut anywhere give the bytes that were put into them [MQTT-6.0.0-2]", () => {
  fc.assert(
    fc.property(clientFrames, cuts, fc.nat(9), (frames, cuts, pendingBytes) => {
      const bytes = concat(frames.map(encodeFrame));
      const expected = concat(
        frames.filter((frame) => !isControl(frame)).map(({ payload }) =>
          payload
        ),
      );
      const decoder = new FrameDecoder();
      const decoded = decodeAll(decoder, cutAt(bytes, cuts), pendingBytes);
      assert(indexOfDifference(decoded, expected) < 0);
      const lastPing = frames.findLast(({ opcode }) => opcode === Opcode.ping);
      assertEquals(decoder.ping, lastPing?.payload ?? null);
      assertEquals(decoder.isClosed, false);
    }),
  );
});

/** Quicker than a deep comparison of 70,000 bytes. */
function indexOfDifference(left: Uint8Array, right: Uint8Array): number {
  if (left.length !== right.length) return 0;
  return left.findIndex((byte, i) => byte !== right[i]);
}

test("frames that come byte by byte are decoded like whole ones", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
      const frame = wholeFrame(Opcode.binary, payload);
      const pieces = [...frame].map((byte) => Uint8Array.of(byte));
      assertEquals(decodeAll(new FrameDecoder(), pieces), payload);
    }),
  );
});

test("a ping within a fragmented message is kept and is no part of it", () => {
  const maskingKey = Uint8Array.of(9, 8, 7, 6);
  const decoder = new FrameDecoder();
  const decoded = decodeAll(decoder, [concat([
    encodeFrame({
      opcode: Opcode.binary,
      isFinal: false,
      payload: Uint8Array.of(1, 2),
      maskingKey,
    }),
    wholeFrame(Opcode.ping, "are you there"),
    encodeFrame({
      opcode: Opcode.continuation,
      isFinal: true,
      payload: Uint8Array.of(3),
      maskingKey,
    }),
  ])]);
  assertEquals([...decoded], [1, 2, 3]);
  assertEquals(new TextDecoder().decode(decoder.ping!), "are you there");
});

test("what follows a close frame is left alone", () => {
  const decoder = new FrameDecoder();
  const decoded = decodeAll(decoder, [concat([
    wholeFrame(Opcode.binary, "before"),
    wholeFrame(Opcode.close),
    wholeFrame(Opcode.binary, "after"),
  ])]);
  assertEquals(new TextDecoder().decode(decoded), "before");
  assert(decoder.isClosed);
});

const masked = { isFinal: true, maskingKey: Uint8Array.of(1, 2, 3, 4) };
const nothing = new Uint8Array(0);

const VIOLATIONS: readonly [
  name: string,
  status: number,
  frames: ClientFrame[],
][] = [
  ["text [MQTT-6.0.0-1]", 1003, [
    { ...masked, opcode: Opcode.text, payload: nothing },
  ]],
  ["a frame without mask", 1002, [
    { ...masked, opcode: Opcode.binary, payload: nothing, maskingKey: null },
  ]],
  ["a reserved bit", 1002, [
    { ...masked, opcode: Opcode.binary, payload: nothing, reservedBits: 4 },
  ]],
  ["an unknown opcode for data", 1002, [
    { ...masked, opcode: 0x3, payload: nothing },
  ]],
  ["an unknown opcode for control", 1002, [
    { ...masked, opcode: 0xb, payload: nothing },
  ]],
  ["a continuation of nothing", 1002, [
    { ...masked, opcode: Opcode.continuation, payload: nothing },
  ]],
  ["a message within a message", 1002, [
    { ...masked, opcode: Opcode.binary, payload: nothing, isFinal: false },
    { ...masked, opcode: Opcode.binary, payload: nothing },
  ]],
  ["a continuation after the end", 1002, [
    { ...masked, opcode: Opcode.binary, payload: nothing, isFinal: false },
    { ...masked, opcode: Opcode.continuation, payload: nothing },
    { ...masked, opcode: Opcode.continuation, payload: nothing },
  ]],
  ["text within a message [MQTT-6.0.0-1]", 1003, [
    { ...masked, opcode: Opcode.binary, payload: nothing, isFinal: false },
    { ...masked, opcode: Opcode.text, payload: nothing },
  ]],
  ["a fragmented ping", 1002, [
    { ...masked, opcode: Opcode.ping, payload: nothing, isFinal: false },
  ]],
  ["a ping of 126 bytes", 1002, [
    { ...masked, opcode: Opcode.ping, payload: new Uint8Array(126) },
  ]],
];

for (const [name, status, frames] of VIOLATIONS) {
  test(`${name} ends the connection with ${status}`, () => {
    const bytes = concat(frames.map(encodeFrame));
    const error = assertThrows(
      () => decodeAll(new FrameDecoder(), [bytes]),
      WebSocketError,
    );
    assertEquals(error.status, status);
  });
}

test("a length that no number holds ends the connection with 1009", () => {
  const header = Uint8Array.of(0x82, 0xff, ...new Array(8).fill(0x7f));
  const error = assertThrows(
    () => decodeAll(new FrameDecoder(), [header]),
    WebSocketError,
  );
  assertEquals(error.status, 1009);
});

test("a length is not believed: nothing is allocated for it", () => {
  const header = Uint8Array.of(0x82, 0xff, 0, 0x1f, ...new Array(6).fill(0xff));
  const key = Uint8Array.of(0, 0, 0, 0);
  const payload = Uint8Array.of(1, 2, 3);
  const decoded = decodeAll(new FrameDecoder(), [
    concat([header, key, payload]),
  ]);
  assertEquals(decoded, payload);
});

test("random bytes raise only WebSocketError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), cuts, (bytes, cuts) => {
      const decoder = new FrameDecoder();
      try {
        decodeAll(decoder, cutAt(bytes, cuts));
      } catch (error) {
        assert(error instanceof WebSocketError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});
