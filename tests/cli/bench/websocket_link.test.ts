import fc from "fast-check";
import type { Link } from "../../../src/cli/bench/link.ts";
import { WebSocketLink } from "../../../src/cli/bench/websocket_link.ts";
import { Opcode } from "../../../src/transport/websocket/frame.ts";
import { FrameDecoder } from "../../../src/transport/websocket/frame_decoder.ts";
import { assertEquals } from "../../_assert.ts";
import { concat, cutAt, cuts, encodeFrame } from "../../transport/_frames.ts";

/** Gives `incoming` piece by piece, and keeps what is written. */
function linkOf(incoming: Uint8Array[]): Link & { written: Uint8Array[] } {
  const written: Uint8Array[] = [];
  return {
    written,
    read(into) {
      const piece = incoming.shift();
      if (piece === undefined) return Promise.resolve(null);
      into.set(piece);
      return Promise.resolve(piece.length);
    },
    write(bytes) {
      written.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
    close() {},
  };
}

Deno.test("a WebSocket link reads payloads out of frames cut anywhere", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }),
    cuts,
    async (payloads, cuts) => {
      const frames = payloads.map((payload) =>
        encodeFrame({
          opcode: Opcode.binary,
          isFinal: true,
          payload,
          maskingKey: null,
        })
      );
      const link = new WebSocketLink(linkOf(cutAt(concat(frames), cuts)));
      const received: Uint8Array[] = [];
      const into = new Uint8Array(4_096);
      for (;;) {
        const count = await link.read(into);
        if (count === null) break;
        received.push(into.slice(0, count));
      }
      assertEquals(concat(received), concat(payloads));
    },
  ));
});

Deno.test("a WebSocket link writes frames that a server can read", async () => {
  const below = linkOf([]);
  const link = new WebSocketLink(below);
  for (const size of [0, 1, 125, 126, 127, 65_535, 65_536, 300_001]) {
    const payload = Uint8Array.from({ length: size }, (_, i) => i * 7);
    await link.write(payload);
    const [frame] = below.written.splice(0);
    const end = new FrameDecoder().decode(frame, 0, frame.length);
    assertEquals(frame.slice(0, end), payload, `${size} bytes`);
  }
});
