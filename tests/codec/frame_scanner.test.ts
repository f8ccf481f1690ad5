import {
  FrameScanner,
  MalformedPacketError,
  MAXIMUM_PACKET_SIZE_BYTES,
  ProtocolError,
} from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import { bytesOf } from "./_packet_rows.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("a scanner finds the fixed header of one to four length bytes", () => {
  const rows: [hex: string, bodyStart: number, frameEnd: number][] = [
    ["C0 00", 2, 2],
    ["30 7F", 2, 129],
    ["30 80 01", 3, 131],
    ["30 FF 7F", 3, 16_386],
    ["30 80 80 01", 4, 16_388],
    ["30 FF FF 7F", 4, 2_097_155],
    ["30 80 80 80 01", 5, 2_097_157],
    ["30 FF FF FF 7F", 5, 268_435_460],
  ];
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  for (const [hex, bodyStart, frameEnd] of rows) {
    const bytes = bytesOf(hex);
    assertEquals(
      scanner.scan(bytes, 0, bytes.length),
      frameEnd === bytes.length,
    );
    assertEquals(scanner.firstByte, bytes[0], hex);
    assertEquals(scanner.bodyStart, bodyStart, hex);
    assertEquals(scanner.frameEnd, frameEnd, hex);
  }
});

test("a scanner reports no frame end before the length is known", () => {
  const bytes = bytesOf("30 FF FF 7F");
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  for (let end = 0; end < bytes.length; end++) {
    assertEquals(scanner.scan(bytes, 0, end), false);
    assertEquals(scanner.frameEnd, 0);
  }
});

test("a scanner walks over frames that stand one behind the other", () => {
  const bytes = bytesOf("EE C0 00 40 02 0001 30 05 0003 'a/b' D0");
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  const frames: [start: number, body: number, end: number][] = [];
  let position = 1;
  while (scanner.scan(bytes, position, bytes.length)) {
    frames.push([scanner.frameStart, scanner.bodyStart, scanner.frameEnd]);
    position = scanner.frameEnd;
  }
  assertEquals(frames, [[1, 3, 3], [3, 5, 7], [7, 9, 14]]);
  assertEquals(scanner.frameStart, 14);
});

test(
  "a padded Remaining Length is refused, however much has arrived " +
    "[MQTT-1.5.5-1]",
  () => {
    const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
    for (
      const hex of ["C0 80 00", "30 FF 00", "30 FF 80 00", "30 80 80 80 00"]
    ) {
      const bytes = bytesOf(hex);
      const error = assertThrows(
        () => scanner.scan(bytes, 0, bytes.length),
        MalformedPacketError,
        "more bytes than its value needs",
      );
      assertEquals(error.reasonCode, 0x81);
    }
  },
);

test(
  "a fifth length byte is refused when the fourth announces it " +
    "[MQTT-1.5.5-1]",
  () => {
    const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
    const bytes = bytesOf("30 FF FF FF FF");
    const error = assertThrows(
      () => scanner.scan(bytes, 0, bytes.length),
      MalformedPacketError,
      "longer than 4 bytes",
    );
    assertEquals(error.reasonCode, 0x81);
  },
);

test(
  "a packet over the maximum is refused by its fixed header alone " +
    "[MQTT-3.2.2-15]",
  () => {
    const scanner = new FrameScanner(130);
    const allowed = bytesOf("30 7F");
    assertEquals(scanner.scan(allowed, 0, 2), false);
    const exact = bytesOf("30 80 01");
    const error = assertThrows(
      () => scanner.scan(exact, 0, 3),
      ProtocolError,
      "it has 131 bytes, the maximum is 130",
    );
    assertEquals(error.reasonCode, 0x95);
    scanner.maximumPacketSizeBytes = 131;
    assertEquals(scanner.scan(exact, 0, 3), false);
  },
);
