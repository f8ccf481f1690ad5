import fc from "fast-check";
import { ServerFrames } from "../../../src/client/websocket/server_frames.ts";
import { MqttError } from "../../../src/codec/mod.ts";
import { Opcode } from "../../../src/transport/websocket/frame.ts";
import { assert, assertEquals, assertThrows } from "../../_assert.ts";
import {
  type ClientFrame,
  clientFrames,
  concat,
  cutAt,
  cuts,
  encodeFrame,
} from "../../transport/_frames.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const EMPTY = new Uint8Array(0);
const plain = { isFinal: true, maskingKey: null, payload: EMPTY };

/** Feeds pieces that come behind `pendingBytes` of earlier payload. */
function decodeAll(
  frames: ServerFrames,
  pieces: readonly Uint8Array[],
  pendingBytes = 0,
): Uint8Array {
  const payloads: Uint8Array[] = [];
  for (const piece of pieces) {
    const bytes = concat([new Uint8Array(pendingBytes).fill(1), piece]);
    const end = frames.decode(bytes, pendingBytes, bytes.length);
    assert(bytes.subarray(0, pendingBytes).every((byte) => byte === 1));
    payloads.push(bytes.slice(pendingBytes, end));
  }
  return concat(payloads);
}

test("frames cut anywhere give the bytes that were put into them [MQTT-6.0.0-2]", () => {
  fc.assert(
    fc.property(clientFrames, cuts, fc.nat(9), (given, cuts, pendingBytes) => {
      const sent = given.map((frame) => ({ ...frame, maskingKey: null }));
      const expected = concat(
        sent.flatMap(({ opcode, payload }) =>
          opcode < Opcode.close ? [payload] : []
        ),
      );
      const frames = new ServerFrames();
      const bytes = concat(sent.map(encodeFrame));
      const decoded = decodeAll(frames, cutAt(bytes, cuts), pendingBytes);
      assertEquals(decoded.length, expected.length);
      assert(decoded.every((byte, i) => byte === expected[i]));
      const lastPing = sent.findLast(({ opcode }) => opcode === Opcode.ping);
      assertEquals(frames.ping, lastPing?.payload ?? null);
      assertEquals(frames.isClosed, false);
    }),
  );
});

test("what follows a close frame is left alone", () => {
  const frames = new ServerFrames();
  const decoded = decodeAll(frames, [
    concat([
      encodeFrame({
        ...plain,
        opcode: Opcode.binary,
        payload: Uint8Array.of(7),
      }),
      encodeFrame({ ...plain, opcode: Opcode.close }),
      encodeFrame({
        ...plain,
        opcode: Opcode.binary,
        payload: Uint8Array.of(8),
      }),
    ]),
  ]);
  assertEquals([...decoded], [7]);
  assert(frames.isClosed);
});

const VIOLATIONS: readonly [name: string, frames: readonly ClientFrame[]][] = [
  ["text [MQTT-6.0.0-1]", [{ ...plain, opcode: Opcode.text }]],
  ["a mask", [{
    ...plain,
    opcode: Opcode.binary,
    maskingKey: Uint8Array.of(1, 2, 3, 4),
  }]],
  ["a reserved bit", [{ ...plain, opcode: Opcode.binary, reservedBits: 4 }]],
  ["an opcode that means nothing", [{ ...plain, opcode: 0xb }]],
  ["a continuation of nothing", [{ ...plain, opcode: Opcode.continuation }]],
  ["a message within a message", [
    { ...plain, opcode: Opcode.binary, isFinal: false },
    { ...plain, opcode: Opcode.binary },
  ]],
  ["a ping in two frames", [{ ...plain, opcode: Opcode.ping, isFinal: false }]],
  ["a ping of 126 bytes", [
    { ...plain, opcode: Opcode.ping, payload: new Uint8Array(126) },
  ]],
];

for (const [name, frames] of VIOLATIONS) {
  test(`a server that sends ${name} is not read any further`, () => {
    assertThrows(
      () => decodeAll(new ServerFrames(), frames.map(encodeFrame)),
      MqttError,
      "Cannot read WebSocket",
    );
  });
}
