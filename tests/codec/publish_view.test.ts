import {
  decodeForwardedProperties,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  MqttError,
  type Properties,
  type ProtocolVersion,
  type PublishPacket,
  PublishView,
  readPublish,
} from "../../src/codec/mod.ts";
import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "../_assert.ts";
import { bytesOf } from "./_packet_rows.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Reads one PUBLISH that stands at `offset` of a larger buffer. */
function read(
  frame: Uint8Array,
  version: ProtocolVersion = 5,
  view = new PublishView(),
  options?: { fromServer: boolean },
): PublishView {
  const offset = 3;
  const buffer = new Uint8Array(frame.length + 8).fill(0xcc);
  buffer.set(frame, offset);
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  assert(scanner.scan(buffer, offset, offset + frame.length));
  readPublish(view, buffer, scanner, version, options);
  return view;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(bytes.subarray(start, end));
}

function forwarded(view: PublishView): Properties {
  const { propertiesBytes, propertiesStart, propertiesEnd } = view;
  return decodeForwardedProperties(
    propertiesBytes,
    propertiesStart,
    propertiesEnd,
  );
}

const plain: PublishPacket = {
  type: 3,
  topicName: "a/b",
  payload: bytesOf("'hello'"),
  qos: 0,
  isDuplicate: false,
  isRetained: false,
  packetIdentifier: 0,
  properties: {},
};

test("a view points into the buffer that the packet came in", () => {
  const packet: PublishPacket = {
    ...plain,
    qos: 2,
    isDuplicate: true,
    isRetained: true,
    packetIdentifier: 513,
    properties: { contentType: "x" },
  };
  const frame = encodePacket(packet, 5);
  const view = read(frame);
  assertStrictEquals(view.topicBytes, view.bytes);
  assertStrictEquals(view.propertiesBytes, view.bytes);
  assertStrictEquals(view.payloadBytes, view.bytes);
  assertEquals(view.frameStart, 3);
  assertEquals(view.frameEnd, 3 + frame.length);
  assertEquals(text(view.topicBytes, view.topicStart, view.topicEnd), "a/b");
  assertEquals(
    text(view.payloadBytes, view.payloadStart, view.payloadEnd),
    "hello",
  );
  assertEquals(forwarded(view), { contentType: "x" });
  assertEquals(view.qos, 2);
  assertEquals(view.isDuplicate, true);
  assertEquals(view.isRetained, true);
  assertEquals(view.packetIdentifier, 513);
  assertEquals(view.protocolVersion, 5);
});

test("a view of 3.1.1 has no properties", () => {
  const view = read(bytesOf("31 07 0003 'a/b' 00FF"), 4);
  assertEquals(view.propertiesStart, view.propertiesEnd);
  assertEquals(view.payloadEnd - view.payloadStart, 2);
  assertEquals(view.protocolVersion, 4);
});

test("a view keeps nothing of the packet before", () => {
  const view = new PublishView();
  const properties = {
    topicAlias: 3,
    contentType: "x",
    messageExpiryInterval: 9,
  };
  read(encodePacket({ ...plain, properties }, 5), 5, view);
  assertEquals([view.topicAlias, view.messageExpiryIntervalSeconds], [3, 9]);
  view.frameCount = 3;
  read(bytesOf("30 05 0003 'a/b'"), 4, view);
  assertEquals(view.frameCount, 1);
  assertEquals([view.topicAlias, view.messageExpiryIntervalSeconds], [0, -1]);
  assertEquals(view.propertiesStart, view.propertiesEnd);
  assertStrictEquals(view.propertiesBytes, view.bytes);
  assertEquals(view.isVerbatim, true);
});

const kept: Properties = {
  contentType: "text/plain",
  userProperties: [["a", "b"]],
  correlationData: bytesOf("0102"),
};

test(
  "Topic Alias and Message Expiry Interval are taken out of the " +
    "properties, wherever they stand",
  () => {
    const others = Object.entries(kept);
    for (let alias = -1; alias <= others.length; alias++) {
      for (let expiry = -1; expiry <= others.length + 1; expiry++) {
        const entries: [string, unknown][] = [...others];
        if (alias >= 0) entries.splice(alias, 0, ["topicAlias", 7]);
        if (expiry >= 0) {
          entries.splice(expiry, 0, ["messageExpiryInterval", 4_000_000_000]);
        }
        const properties: Properties = Object.fromEntries(entries);
        const view = read(encodePacket({ ...plain, properties }, 5));
        assertEquals(forwarded(view), kept);
        assertEquals(view.topicAlias, alias >= 0 ? 7 : 0);
        assertEquals(
          view.messageExpiryIntervalSeconds,
          expiry >= 0 ? 4_000_000_000 : -1,
        );
        assertEquals(view.isVerbatim, alias < 0 && expiry < 0);
        const payload = text(
          view.payloadBytes,
          view.payloadStart,
          view.payloadEnd,
        );
        assertEquals(payload, "hello");
      }
    }
  },
);

test("properties are packed only when what is left is in pieces", () => {
  const inPlace: Properties[] = [
    { topicAlias: 1 },
    { messageExpiryInterval: 1, topicAlias: 1 },
    { topicAlias: 1, messageExpiryInterval: 1, ...kept },
    { messageExpiryInterval: 1, ...kept, topicAlias: 1 },
    { ...kept, topicAlias: 1, messageExpiryInterval: 1 },
  ];
  for (const properties of inPlace) {
    const view = read(encodePacket({ ...plain, properties }, 5));
    assertStrictEquals(view.propertiesBytes, view.bytes);
  }
  const inPieces = {
    contentType: "x",
    topicAlias: 1,
    correlationData: bytesOf("00"),
  };
  const view = read(encodePacket({ ...plain, properties: inPieces }, 5));
  assert(view.propertiesBytes !== view.bytes);
});

test("large properties are packed whole", () => {
  const properties: Properties = {
    contentType: "x".repeat(5000),
    topicAlias: 1,
    correlationData: new Uint8Array(60_000).fill(3),
  };
  const view = read(encodePacket({ ...plain, properties }, 5));
  const { topicAlias: _, ...rest } = properties;
  assertEquals(forwarded(view), rest);
});

test("only a plain PUBLISH may be forwarded byte for byte", () => {
  const rows: [hex: string, version: ProtocolVersion, isVerbatim: boolean][] = [
    ["30 05 0003 'a/b'", 4, true],
    ["30 06 0003 'a/b' 00", 5, true],
    ["30 0A 0003 'a/b' 04 03 0001 'x'", 5, true],
    ["31 06 0003 'a/b' 00", 5, false],
    ["32 08 0003 'a/b' 0001 00", 5, false],
    ["30 09 0003 'a/b' 03 23 0001", 5, false],
    ["30 0B 0003 'a/b' 05 02 00000001", 5, false],
  ];
  for (const [hex, version, isVerbatim] of rows) {
    assertEquals(read(bytesOf(hex), version).isVerbatim, isVerbatim, hex);
  }
});

test("Subscription Identifiers are for servers to send [MQTT-3.3.4-6]", () => {
  const frame = bytesOf("30 08 0003 'a/b' 02 0B 05");
  assertThrows(() => read(frame), MqttError, "must not come from a client");
  const view = read(frame, 5, new PublishView(), { fromServer: true });
  assertEquals(forwarded(view), { subscriptionIdentifiers: [5] });
  assertEquals(view.isVerbatim, false);
});

test("the Topic Name's content is left to validateTopicNameBytes", () => {
  for (
    const hex of ["30 03 0000 00", "30 04 0001 FF 00", "30 04 0001 '#' 00"]
  ) {
    read(bytesOf(hex));
  }
});
