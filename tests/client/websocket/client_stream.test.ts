import { WebSocketClientStream } from "../../../src/client/websocket/client_stream.ts";
import { MqttError } from "../../../src/codec/mod.ts";
import { ReadWindow } from "../../../src/transport/read_window.ts";
import { Opcode } from "../../../src/transport/websocket/frame.ts";
import { FrameDecoder } from "../../../src/transport/websocket/frame_decoder.ts";
import { assert, assertEquals, assertRejects } from "../../_assert.ts";
import { concat, encodeFrame } from "../../transport/_frames.ts";
import { MemoryStream } from "../../transport/_memory_stream.ts";
import { settle } from "../_fake_clock.ts";

function given() {
  const below = new MemoryStream();
  const stream = new WebSocketClientStream(below);
  const window = new ReadWindow();
  return {
    below,
    stream,
    window,
    /** Reads once and takes what has come. */
    async take(): Promise<string | null> {
      if (!await stream.read(window)) return null;
      return takeFrom(window);
    },
  };
}

function takeFrom(window: ReadWindow): string {
  const { bytes, start, end } = window;
  window.consumed(end);
  return new TextDecoder().decode(bytes.subarray(start, end));
}

/** A frame of a server that is a whole message. */
function frameOf(opcode: number, text = ""): Uint8Array {
  const payload = new TextEncoder().encode(text);
  return encodeFrame({ opcode, isFinal: true, payload, maskingKey: null });
}

/** The payload of a ping that a client has answered; throws if it is none. */
function pongOf(frame: Uint8Array): string {
  assertEquals(frame[0], 0x80 | Opcode.pong);
  const mask = frame.subarray(2, 6);
  return new TextDecoder().decode(
    frame.subarray(6).map((byte, i) => byte ^ mask[i % 4]),
  );
}

Deno.test("a read gives the payload of all frames that came, behind what is left of earlier ones [MQTT-6.0.0-2]", async () => {
  const { below, window, take } = given();
  window.append(new TextEncoder().encode("kept "));
  below.receive(concat([
    frameOf(Opcode.binary, "one "),
    frameOf(Opcode.binary, "two"),
  ]));
  assertEquals(await take(), "kept one two");
});

Deno.test("frames behind the handshake are taken without a read", () => {
  const { stream, window } = given();
  window.append(concat([Uint8Array.of(7), frameOf(Opcode.binary, "early")]));
  window.consumed(window.start + 1);
  stream.takePending(window);
  assertEquals(takeFrom(window), "early");
});

for (const size of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
  Deno.test(`what is written at once is one masked frame: ${size} bytes [MQTT-6.0.0-1]`, async () => {
    const { below, stream } = given();
    const payload = Uint8Array.from({ length: size }, (_, i) => i);
    await stream.write(payload);
    assertEquals(below.written.length, 1);
    const [frame] = below.written;
    assertEquals(frame[0], 0x80 | Opcode.binary);
    // What a server of this repository makes of it; it refuses one unmasked.
    const end = new FrameDecoder().decode(frame, 0, frame.length);
    assertEquals(frame.subarray(0, end), payload);
  });
}

Deno.test("every frame has a masking key of its own", async () => {
  const { below, stream } = given();
  for (let i = 0; i < 8; i++) await stream.write(new Uint8Array(4));
  const keys = below.written.map((frame) => frame.subarray(2, 6).join());
  assert(new Set(keys).size > 1);
});

Deno.test("a ping is answered with its payload, and reading goes on", async () => {
  const { below, take } = given();
  below.receive(frameOf(Opcode.ping, "hello"));
  const taken = take();
  await below.until(() => below.written.length > 0);
  assertEquals(below.written.map(pongOf), ["hello"]);
  below.receive(frameOf(Opcode.binary, "data"));
  assertEquals(await taken, "data");
});

Deno.test("who pings faster than it reads gets the last one answered, not all", async () => {
  const { below, take } = given();
  below.block();
  const taken = take();
  below.receive(frameOf(Opcode.ping, "1"));
  await below.until(() => below.written.length === 1);
  for (let i = 2; i <= 50; i++) below.receive(frameOf(Opcode.ping, String(i)));
  below.receive(frameOf(Opcode.binary, "data"));
  assertEquals(await taken, "data");
  below.unblock();
  await below.until(() => below.written.length === 2);
  await settle();
  assertEquals(below.written.map(pongOf), ["1", "50"]);
});

Deno.test("frames never overlap: a pong waits for the data before it", async () => {
  const { below, stream, take } = given();
  below.block();
  const writing = stream.write(Uint8Array.of(1));
  await below.until(() => below.written.length === 1);
  const taken = take();
  below.receive(concat([
    frameOf(Opcode.ping, "late"),
    frameOf(Opcode.binary, "x"),
  ]));
  await taken;
  await settle();
  assertEquals(below.written.length, 1);
  below.unblock();
  await writing;
  await below.until(() => below.written.length === 2);
  assertEquals(pongOf(below.written[1]), "late");
});

Deno.test("a close frame is answered with one, and is the end of input", async () => {
  const { below, take } = given();
  below.receive(frameOf(Opcode.close));
  assertEquals(await take(), null);
  assertEquals(below.written.map(([first]) => first), [0x80 | Opcode.close]);
  assertEquals(below.events, ["write", "closeWrite"]);
});

Deno.test("closing says so once, after what was written", async () => {
  const { below, stream } = given();
  const writing = stream.write(Uint8Array.of(1));
  await Promise.all([writing, stream.closeWrite(), stream.closeWrite()]);
  assertEquals(below.written.map(([first]) => first & 0x0f), [
    Opcode.binary,
    Opcode.close,
  ]);
  assertEquals(below.events, ["write", "write", "closeWrite"]);
});

Deno.test("a server that sends text is not read any further [MQTT-6.0.0-1]", async () => {
  const { below, take } = given();
  below.receive(frameOf(Opcode.text, "hello"));
  await assertRejects(() => take(), MqttError, "text came");
});

Deno.test("the end of the stream below is the end of input", async () => {
  const { below, take } = given();
  below.end();
  assertEquals(await take(), null);
});
