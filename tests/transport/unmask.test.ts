import fc from "fast-check";
import { unmask } from "../../src/transport/websocket/unmask.ts";
import { assertEquals } from "../_assert.ts";

function word(key: Uint8Array): number {
  return key[0] | key[1] << 8 | key[2] << 16 | key[3] << 24;
}

Deno.test({
  name: "unmasking and moving down is what the standard says, byte by byte",
  permissions: "none",
  fn() {
    fc.assert(fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.nat(20),
      fc.nat(20),
      fc.nat(200),
      (masked, key, target, gap, cut) => {
        const start = target + gap;
        const bytes = new Uint8Array(start + masked.length + 3).fill(0xee);
        bytes.set(masked, start);
        const view = new DataView(bytes.buffer);
        const end = start + masked.length;
        const middle = Math.min(start + cut, end);
        const mask = unmask(view, start, middle, target, word(key));
        unmask(view, middle, end, target + middle - start, mask);
        assertEquals(
          bytes.slice(target, target + masked.length),
          masked.map((byte, i) => byte ^ key[i % 4]),
        );
        assertEquals(bytes.slice(0, target), new Uint8Array(target).fill(0xee));
        assertEquals([...bytes.slice(end)], [0xee, 0xee, 0xee]);
      },
    ));
  },
});
