import { ReadWindow } from "../../src/transport/read_window.ts";
import { Opcode } from "../../src/transport/websocket/frame.ts";
import { WebSocketError } from "../../src/transport/websocket/frame_decoder.ts";
import { WebSocketStream } from "../../src/transport/websocket/websocket_stream.ts";
import { assert, assertEquals, assertRejects } from "../_assert.ts";
import { concat, wholeFrame } from "./_frames.ts";
import { MemoryStream } from "./_memory_stream.ts";

const BUFFERS = {
  acquire: (minimumBytes: number) => new Uint8Array(minimumBytes),
  release: () => {},
};

function given() {
  const below = new MemoryStream();
  const stream = new WebSocketStream(below, BUFFERS);
  const window = new ReadWindow();
  return {
    below,
    stream,
    window,
    /** Reads once and takes what has come. */
    async take(): Promise<string | null> {
      if (!await stream.read(window)) return null;
      const text = new TextDecoder().decode(
        window.bytes.subarray(window.start, window.end),
      );
      window.consumed(window.end);
      return text;
    },
  };
}

/** The opcode and the payload of a frame that a server has sent. */
function parse(frame: Uint8Array): [opcode: number, payload: Uint8Array] {
  assert((frame[0] & 0xf0) === 0x80, "a frame of a server is whole");
  assert(frame[1] < 0x80, "a frame of a server has no mask");
  const headerBytes = frame[1] === 127 ? 10 : frame[1] === 126 ? 4 : 2;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const length = headerBytes === 10
    ? Number(view.getBigUint64(2))
    : headerBytes === 4
    ? view.getUint16(2)
    : frame[1];
  assertEquals(length, frame.length - headerBytes);
  return [frame[0] & 0x0f, frame.subarray(headerBytes)];
}

Deno.test("a read gives the payload of all frames that came [MQTT-6.0.0-2]", async () => {
  const { below, take } = given();
  below.receive(concat([
    wholeFrame(Opcode.binary, "one"),
    wholeFrame(Opcode.binary, "two"),
  ]));
  assertEquals(await take(), "onetwo");
});

Deno.test("frames behind the handshake are taken without a read", () => {
  const { stream, window } = given();
  window.append(concat([
    Uint8Array.of(7),
    wholeFrame(Opcode.binary, "early"),
  ]));
  window.consumed(window.start + 1);
  stream.takePending(window);
  assertEquals(
    new TextDecoder().decode(window.bytes.subarray(window.start, window.end)),
    "early",
  );
});

Deno.test("a frame comes behind bytes that were not consumed", async () => {
  const { below, stream, window } = given();
  window.append(new TextEncoder().encode("kept "));
  below.receive(wholeFrame(Opcode.binary, "and new"));
  await stream.read(window);
  assertEquals(
    new TextDecoder().decode(window.bytes.subarray(window.start, window.end)),
    "kept and new",
  );
});

for (const size of [1, 125, 126, 65_535, 65_536, 200_000]) {
  Deno.test(`what is written at once is one binary frame: ${size} bytes [MQTT-6.0.0-1]`, async () => {
    const { below, stream } = given();
    const payload = Uint8Array.from({ length: size }, (_, i) => i);
    await stream.write(payload);
    assertEquals(below.written.length, size > 65_536 ? 2 : 1);
    assertEquals(parse(concat(below.written)), [Opcode.binary, payload]);
  });
}

Deno.test("a ping is answered with its payload, and reading goes on", async () => {
  const { below, take } = given();
  below.receive(wholeFrame(Opcode.ping, "hello"));
  const taken = take();
  await below.until(() => below.written.length > 0);
  assertEquals(parse(below.written[0]), [
    Opcode.pong,
    new TextEncoder().encode("hello"),
  ]);
  below.receive(wholeFrame(Opcode.binary, "data"));
  assertEquals(await taken, "data");
});

Deno.test("who pings faster than it reads gets the last one answered, not all", async () => {
  const { below, take } = given();
  below.block();
  const taken = take();
  below.receive(wholeFrame(Opcode.ping, "1"));
  await below.until(() => below.written.length === 1);
  for (let i = 2; i <= 50; i++) {
    below.receive(wholeFrame(Opcode.ping, String(i)));
  }
  below.receive(wholeFrame(Opcode.binary, "data"));
  assertEquals(await taken, "data");
  below.unblock();
  await below.until(() => below.written.length === 2);
  assertEquals(
    below.written.map((frame) => new TextDecoder().decode(parse(frame)[1])),
    ["1", "50"],
  );
});

Deno.test("frames never overlap: a pong waits for the data before it", async () => {
  const { below, stream, take } = given();
  below.block();
  const writing = stream.write(Uint8Array.of(1));
  const taken = take();
  below.receive(wholeFrame(Opcode.ping));
  below.receive(wholeFrame(Opcode.binary, "x"));
  await taken;
  assertEquals(below.written.length, 1);
  below.unblock();
  await writing;
  await below.until(() => below.written.length === 2);
  assertEquals(parse(below.written[1])[0], Opcode.pong);
});

Deno.test("nothing comes between the header of a long frame and its payload", async () => {
  const { below, stream, take } = given();
  const payload = new Uint8Array(100_000).fill(7);
  below.block();
  const writing = stream.write(payload);
  await below.until(() => below.written.length === 1);
  const taken = take();
  below.receive(wholeFrame(Opcode.ping));
  below.receive(wholeFrame(Opcode.binary, "x"));
  await taken;
  below.unblock();
  await writing;
  await below.until(() => below.written.length === 3);
  assertEquals(parse(concat(below.written.slice(0, 2)))[1], payload);
  assertEquals(parse(below.written[2])[0], Opcode.pong);
});

Deno.test("a close frame is answered with one, and is the end of input", async () => {
  const { below, take } = given();
  below.receive(wholeFrame(Opcode.close));
  assertEquals(await take(), null);
  assertEquals(below.written.map(parse), [
    [Opcode.close, Uint8Array.of(0x03, 0xe8)],
  ]);
  assertEquals(below.events, ["write", "closeWrite"]);
});

Deno.test("closing says 1000 once, after what was written", async () => {
  const { below, stream } = given();
  const writing = stream.write(Uint8Array.of(1));
  await Promise.all([writing, stream.closeWrite(), stream.closeWrite()]);
  assertEquals(below.written.map((frame) => parse(frame)[0]), [
    Opcode.binary,
    Opcode.close,
  ]);
  assertEquals(below.events, ["write", "write", "closeWrite"]);
});

Deno.test("after text the close frame says 1003, and nothing is read any more [MQTT-6.0.0-1]", async () => {
  const { below, stream, window, take } = given();
  below.receive(wholeFrame(Opcode.text, "hello"));
  await assertRejects(() => take(), WebSocketError);
  await stream.closeWrite();
  assertEquals(below.written.map(parse), [
    [Opcode.close, Uint8Array.of(0x03, 0xeb)],
  ]);
  below.receive(wholeFrame(Opcode.binary, "more"));
  assertEquals(await take(), "");
  below.end();
  assertEquals(await stream.read(window), false);
});

Deno.test("the end of the stream below is the end of input", async () => {
  const { below, take } = given();
  below.end();
  assertEquals(await take(), null);
});
