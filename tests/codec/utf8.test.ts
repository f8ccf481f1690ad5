import {
  decodeUtf8,
  encodeUtf8,
  findInvalidUtf8,
  MalformedPacketError,
  ProtocolError,
  validateTopicNameBytes,
} from "../../src/codec/mod.ts";
import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../_assert.ts";
import { textOf } from "./_arbitraries.ts";
import { bytesOf } from "./_packet_rows.ts";

const oracle = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What the platform says, and the rule of U+0000 besides. */
function isValid(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    oracle.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Where the second byte of a character turns valid or ill-formed. */
const borders = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];

function assertAgrees(bytes: Uint8Array): void {
  const index = findInvalidUtf8(bytes, 0, bytes.length);
  assert((index === -1) === isValid(bytes), `bytes ${bytes}`);
  // All before the fault is valid, and so ends on a whole character.
  if (index >= 0) assert(isValid(bytes.subarray(0, index)), `bytes ${bytes}`);
}

Deno.test({
  name: "UTF-8 of one and two bytes is judged as a TextDecoder does " +
    "[MQTT-1.5.4-1] [MQTT-1.5.4-2]",
  permissions: "none",
  fn() {
    for (let first = 0; first < 256; first++) {
      assertAgrees(new Uint8Array([first]));
      for (const second of [0, 1, ...borders, 0xff]) {
        assertAgrees(new Uint8Array([first, second]));
      }
    }
  },
});

Deno.test({
  name: "UTF-8 of three and four bytes is judged as a TextDecoder does, at " +
    "every border [MQTT-1.5.4-1]",
  permissions: "none",
  fn() {
    const leads = [0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef];
    leads.push(0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff);
    for (const lead of leads) {
      for (const second of borders) {
        for (const third of borders) {
          assertAgrees(new Uint8Array([lead, second, third]));
          for (const fourth of [0x7f, 0x80, 0xbf, 0xc0]) {
            assertAgrees(new Uint8Array([lead, second, third, fourth]));
          }
        }
      }
    }
  },
});

Deno.test({
  name: "random bytes and broken text are judged as a TextDecoder does",
  permissions: "none",
  fn() {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), assertAgrees));
    const broken = fc.tuple(
      textOf(20).filter((text) => text !== ""),
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(fc.property(broken, ([text, index, value]) => {
      const bytes = new TextEncoder().encode(text);
      assertAgrees(bytes);
      bytes[index % bytes.length] = value;
      assertAgrees(bytes);
    }));
  },
});

Deno.test({
  name: "a fault is reported where its character begins, inside the range",
  permissions: "none",
  fn() {
    const rows: [hex: string, index: number][] = [
      ["'abc'", -1],
      ["'ab' 00", 2],
      ["'a' C3A4 ED A0 80", 3],
      ["'a' F0 9F 8C", 1],
      ["EF BF BF", -1],
      ["F4 8F BF BF", -1],
      ["F4 90 80 80", 0],
      ["C0 80", 0],
    ];
    for (const [hex, index] of rows) {
      const bytes = bytesOf(`80 ${hex} 80`);
      const found = findInvalidUtf8(bytes, 1, bytes.length - 1);
      assertEquals(found, index < 0 ? -1 : index + 1, hex);
    }
  },
});

Deno.test({
  name: "text comes back as it was encoded, BOM included [MQTT-1.5.4-3]",
  permissions: "none",
  fn() {
    fc.assert(fc.property(textOf(60), (text) => {
      const bytes = encodeUtf8(text);
      assertEquals(bytes, new TextEncoder().encode(text));
      assertEquals(findInvalidUtf8(bytes, 0, bytes.length), -1);
      assertEquals(decodeUtf8(bytes, 0, bytes.length), text);
    }));
    const long = "\ufeff" + "ä".repeat(500);
    const bytes = encodeUtf8(long);
    assertEquals(decodeUtf8(bytes, 0, bytes.length), long);
    assertEquals(decodeUtf8(bytes, 0, 3), "\ufeff");
    assertEquals(decodeUtf8(bytes, 3, 3), "");
  },
});

Deno.test({
  name: "text with U+0000 or a lone surrogate is not encoded " +
    "[MQTT-1.5.4-1] [MQTT-1.5.4-2]",
  permissions: "none",
  fn() {
    for (const text of ["\0", "a\0b", "\ud800", "x".repeat(99) + "\udfff"]) {
      assertThrows(() => encodeUtf8(text), RangeError);
    }
  },
});

Deno.test({
  name: "a Topic Name is valid UTF-8, not empty and without wildcards " +
    "[MQTT-3.3.2-1] [MQTT-3.3.2-2] [MQTT-4.7.3-1]",
  permissions: "none",
  fn() {
    const valid = bytesOf("'#a/b/Wärme/$SYS//+'");
    validateTopicNameBytes(valid, 1, valid.length - 1);
    const rows: [hex: string, reasonCode: number][] = [
      ["", 0x82],
      ["'a/#'", 0x90],
      ["'+'", 0x90],
      ["'a+b'", 0x90],
      ["'a' FF", 0x81],
      ["'a' 00", 0x81],
    ];
    for (const [hex, reasonCode] of rows) {
      const bytes = bytesOf(hex);
      const error = assertThrows(
        () => validateTopicNameBytes(bytes, 0, bytes.length),
        reasonCode === 0x81 ? MalformedPacketError : ProtocolError,
      );
      assertEquals(error.reasonCode, reasonCode, hex);
    }
  },
});
