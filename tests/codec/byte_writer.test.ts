import { type BufferAllocator, ByteWriter } from "../../src/codec/mod.ts";
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../_assert.ts";
import { bytesOf } from "./_packet_rows.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function written(out: ByteWriter): Uint8Array {
  return out.bytes.slice(0, out.length);
}

test("numbers are written with the high byte first", () => {
  const out = new ByteWriter();
  out.writeUint8(0xab);
  out.writeUint16(0x1234);
  out.writeUint32(0xfedc_ba98);
  out.writeUint32(1);
  out.writeVariableByteInteger(321);
  assertEquals(written(out), bytesOf("AB 1234 FEDCBA98 00000001 C102"));
});

test("strings and Binary Data carry their length in two bytes", () => {
  const out = new ByteWriter();
  out.writeString("");
  out.writeString("A𪛔");
  out.writeBinary(bytesOf("0001"));
  assertEquals(written(out), bytesOf("0000 0005 41F0AA9B94 0002 0001"));
});

test(
  "a string of more than 65,535 bytes is refused and nothing is written " +
    "[MQTT-4.7.3-3]",
  () => {
    for (const text of ["x".repeat(65536), "ä".repeat(32768)]) {
      const out = new ByteWriter();
      assertThrows(() => out.writeString(text), RangeError, "maximum is 65535");
      assertEquals(out.length, 0);
    }
    const out = new ByteWriter();
    assertThrows(() => out.writeBinary(new Uint8Array(65536)), RangeError);
    assertEquals(out.length, 0);
  },
);

test(
  "a string with U+0000 or a lone surrogate is refused and nothing is " +
    "written [MQTT-1.5.4-1] [MQTT-1.5.4-2]",
  () => {
    const out = new ByteWriter();
    for (const text of ["a\0", "\ud83c", "x".repeat(60) + "\0"]) {
      assertThrows(() => out.writeString(text), RangeError);
    }
    assertEquals(out.length, 0);
  },
);

test("copies of every length and alignment are exact", () => {
  const source = Uint8Array.from({ length: 2000 }, (_, index) => index * 31);
  const inner = source.subarray(5, 1900);
  for (let size = 0; size <= 700; size += size < 40 ? 1 : 37) {
    for (const start of [0, 1, 7, 8, 13]) {
      for (const from of [source, inner]) {
        const out = new ByteWriter();
        out.writeUint8(0xee);
        out.writeBytes(from, start, start + size);
        out.writeUint8(0xee);
        const expected = [0xee, ...from.subarray(start, start + size), 0xee];
        assertEquals(written(out), new Uint8Array(expected));
      }
    }
  }
});

test("a copy touches nothing beside its place", () => {
  const source = new Uint8Array(400).fill(7);
  for (const size of [1, 8, 9, 300, 400]) {
    const out = new ByteWriter(new Uint8Array(500).fill(1));
    out.putBytes(50, source, 0, size);
    assertEquals(out.length, 0);
    assertEquals(out.bytes.indexOf(7), 50);
    assertEquals(out.bytes.lastIndexOf(7), 49 + size);
  }
});

test("a copy follows `bytes` when its owner swaps the array", () => {
  const out = new ByteWriter(new Uint8Array(64));
  const source = new Uint8Array(20).fill(9);
  out.writeBytes(source, 0, 20);
  const first = out.bytes;
  out.bytes = new Uint8Array(64);
  out.length = 0;
  out.writeBytes(source.fill(4), 0, 20);
  assertEquals(first[0], 9);
  assertEquals(out.bytes[0], 4);
});

test("any sequence of writes keeps what was written while it grows", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 30 });
  fc.assert(fc.property(pieces, (arrays) => {
    const out = new ByteWriter();
    for (const bytes of arrays) out.writeBytes(bytes, 0, bytes.length);
    assertEquals(Array.from(written(out)), arrays.flatMap((a) => [...a]));
  }));
});

test("room grows by doubling, in arrays that the allocator lends", () => {
  const lent = new Set<Uint8Array>();
  const asked: number[] = [];
  const allocator: BufferAllocator = {
    acquire(minimumBytes) {
      asked.push(minimumBytes);
      const bytes = new Uint8Array(minimumBytes);
      lent.add(bytes);
      return bytes;
    },
    release(bytes) {
      assert(lent.delete(bytes), "released what was not lent");
    },
  };
  const out = new ByteWriter(undefined, allocator);
  out.writeBytes(new Uint8Array(10), 0, 10);
  out.writeBytes(new Uint8Array(250), 0, 250);
  out.writeBytes(new Uint8Array(2000), 0, 2000);
  assertEquals(asked, [256, 512, 2260]);
  assertEquals([...lent], [out.bytes]);
});

test("what was written can be taken, and the writer starts anew", () => {
  const out = new ByteWriter();
  const source = new Uint8Array(30).fill(5);
  out.writeBytes(source, 0, 30);
  const taken = out.take();
  assertEquals(taken.subarray(0, 30), source);
  assertEquals([out.bytes.length, out.length], [0, 0]);
  out.writeBytes(source.fill(6), 0, 30);
  assertEquals(taken[0], 5);
  assertEquals(out.bytes[0], 6);
});
