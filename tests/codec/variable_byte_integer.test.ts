import {
  MalformedPacketError,
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  variableByteIntegerSize,
} from "../../src/codec/mod.ts";
import { ByteWriter } from "../../src/codec/byte_writer.ts";
import { readVariableByteInteger } from "../../src/codec/variable_byte_integer.ts";
import fc from "fast-check";
import { assertEquals, assertThrows } from "../_assert.ts";
import { bytesOf } from "./_packet_rows.ts";

const rows: [value: number, hex: string][] = [
  [0, "00"],
  [127, "7F"],
  [128, "80 01"],
  [16_383, "FF 7F"],
  [16_384, "80 80 01"],
  [2_097_151, "FF FF 7F"],
  [2_097_152, "80 80 80 01"],
  [268_435_455, "FF FF FF 7F"],
];

function encode(value: number): Uint8Array {
  const out = new ByteWriter();
  out.writeVariableByteInteger(value);
  return out.bytes.slice(0, out.length);
}

Deno.test({
  name: "a Variable Byte Integer takes the fewest bytes at each border " +
    "[MQTT-1.5.5-1]",
  permissions: "none",
  fn() {
    for (const [value, hex] of rows) {
      const bytes = bytesOf(hex);
      assertEquals(encode(value), bytes);
      assertEquals(variableByteIntegerSize(value), bytes.length);
      assertEquals(readVariableByteInteger(bytes, 0, bytes.length), value);
      for (let end = 0; end < bytes.length; end++) {
        assertThrows(
          () => readVariableByteInteger(bytes, 0, end),
          MalformedPacketError,
          "ends inside",
        );
      }
    }
  },
});

Deno.test({
  name: "any Variable Byte Integer is read as it was written",
  permissions: "none",
  fn() {
    const values = fc.integer({ min: 0, max: MAXIMUM_VARIABLE_BYTE_INTEGER });
    fc.assert(fc.property(values, (value) => {
      const bytes = encode(value);
      assertEquals(variableByteIntegerSize(value), bytes.length);
      assertEquals(readVariableByteInteger(bytes, 0, bytes.length), value);
    }));
  },
});

Deno.test({
  name: "any Variable Byte Integer with a byte too many is refused " +
    "[MQTT-1.5.5-1]",
  permissions: "none",
  fn() {
    const values = fc.integer({ min: 0, max: 2_097_151 });
    fc.assert(fc.property(values, (value) => {
      const bytes = encode(value);
      const padded = new Uint8Array(bytes.length + 1);
      padded.set(bytes);
      padded[bytes.length - 1] |= 0x80;
      assertThrows(
        () => readVariableByteInteger(padded, 0, padded.length),
        MalformedPacketError,
        "more bytes than its value needs",
      );
    }));
    const five = bytesOf("80 80 80 80 01");
    assertThrows(
      () => readVariableByteInteger(five, 0, 5),
      MalformedPacketError,
      "longer than 4 bytes",
    );
  },
});
