import {
  checkSuback,
  decodeConnack,
  encodeConnect,
  encodePublish,
  encodeSubscribe,
  encodeVariableByteInteger,
  repeatPublish,
} from "../../../src/cli/bench/wire.ts";
import { assertEquals, assertThrows } from "../../_assert.ts";

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

Deno.test("CONNECT names the version, Clean Start and the client", () => {
  assertEquals(
    hex(encodeConnect(4, "ab")),
    "100e" + "00044d515454" + "04" + "02" + "0258" + "00026162",
  );
  assertEquals(
    hex(encodeConnect(5, "ab")),
    "100f" + "00044d515454" + "05" + "02" + "0258" + "00" + "00026162",
  );
});

Deno.test("CONNECT names the user", () => {
  const login = { userName: "u", password: "pw" };
  assertEquals(
    hex(encodeConnect(4, "ab", { login })),
    "1015" + "00044d515454" + "04" + "c2" + "0258" + "00026162" + "000175" +
      "00027077",
  );
});

Deno.test("SUBSCRIBE holds one Topic Filter with its QoS", () => {
  const subscription = { topicFilter: "a/b", qos: 2 };
  assertEquals(
    hex(encodeSubscribe(4, [subscription])),
    "8208" + "0001" + "0003612f62" + "02",
  );
  assertEquals(
    hex(encodeSubscribe(5, [subscription])),
    "8209" + "0001" + "00" + "0003612f62" + "02",
  );
});

Deno.test("PUBLISH says where its identifier and its payload are", () => {
  const message = { topicName: "t", qos: 1, payloadBytes: 3 };
  const five = encodePublish(5, message);
  assertEquals(hex(five.frame), "3209" + "000174" + "0000" + "00" + "787878");
  assertEquals(five.packetIdentifierOffset, 5);
  assertEquals(five.payloadOffset, 8);
  const four = encodePublish(4, { ...message, qos: 0 });
  assertEquals(hex(four.frame), "3006" + "000174" + "787878");
  assertEquals(four.packetIdentifierOffset, -1);
  assertEquals(four.payloadOffset, 5);
});

Deno.test("repeated PUBLISHes have the Packet Identifiers from 1 on", () => {
  const template = encodePublish(4, {
    topicName: "t",
    qos: 2,
    payloadBytes: 0,
  });
  const bytes = repeatPublish(template, 300);
  const size = template.frame.length;
  assertEquals(hex(bytes.subarray(0, size)), "3405" + "000174" + "0001");
  assertEquals(hex(bytes.subarray(299 * size)), "3405" + "000174" + "012c");
});

Deno.test("a Variable Byte Integer takes one to four bytes", () => {
  const rows: [number, number[]][] = [
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 1]],
    [16_383, [0xff, 0x7f]],
    [268_435_455, [0xff, 0xff, 0xff, 0x7f]],
  ];
  for (const [value, bytes] of rows) {
    assertEquals(encodeVariableByteInteger(value), bytes);
  }
});

Deno.test("CONNACK's Receive Maximum is found among other properties", () => {
  const properties = [
    [0x22, 0, 10], // Topic Alias Maximum
    [0x12, 0, 2, 0x21, 0x21], // Assigned Client Identifier "!!"
    [0x26, 0, 1, 0x21, 0, 2, 0x21, 0x21], // User Property
    [0x21, 1, 2],
  ].flat();
  const body = Uint8Array.from([0, 0, properties.length, ...properties]);
  assertEquals(decodeConnack(body, 5), 0x102);
});

Deno.test("a CONNACK without Receive Maximum allows 65,535 in flight", () => {
  assertEquals(decodeConnack(Uint8Array.of(0, 0, 0), 5), 65_535);
  assertEquals(decodeConnack(Uint8Array.of(0, 0), 4), 65_535);
});

Deno.test("a refusing CONNACK or SUBACK is an error with its code", () => {
  assertThrows(
    () => decodeConnack(Uint8Array.of(0, 0x87, 0), 5),
    Error,
    "reason code 135",
  );
  assertThrows(
    () => checkSuback(Uint8Array.of(0, 1, 0x80, 1), 2),
    Error,
    "reason code 128",
  );
  checkSuback(Uint8Array.of(0, 1, 2), 1);
});
