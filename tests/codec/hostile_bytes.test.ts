import {
  AcknowledgementView,
  decodePacket,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  MqttError,
  type Packet,
  PacketType,
  type ProtocolVersion,
  PublishView,
  readAcknowledgement,
  readPublish,
  type Sender,
  validateTopicNameBytes,
} from "../../src/codec/mod.ts";
import fc from "fast-check";
import { assert, assertEquals, assertInstanceOf } from "../_assert.ts";
import { packet } from "./_arbitraries.ts";
import { bytesOf, decodeWhole, frameOf } from "./_packet_rows.ts";

const versions = [3, 4, 5] as const;
const senders = ["client", "server"] as const;

/** What `run` returns; null if it raised an MqttError, and nothing else may. */
function orMqttError<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    assertInstanceOf(error, MqttError);
    assert(error.reasonCode >= 0x80, error.message);
    assert(!error.message.endsWith("."), error.message);
    return null;
  }
}

/** Whatever is accepted is a packet that we would send ourselves. */
function assertSane(
  frame: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
): void {
  const decoded = orMqttError(() => decodeWhole(frame, version, sender));
  assertHotPathAgrees(frame, version, sender, decoded);
  if (decoded === null) return;
  const spoken = decoded.type === PacketType.connect
    ? decoded.protocolVersion
    : version;
  const again = encodePacket(decoded, spoken);
  assert(again.length <= frame.length, "our form is longer");
  assertEquals(decodeWhole(again, spoken, sender), decoded);
}

/** readPublish and readAcknowledgement refuse what decodePacket refuses. */
function assertHotPathAgrees(
  frame: Uint8Array,
  version: ProtocolVersion,
  sender: Sender,
  decoded: Packet | null,
): void {
  const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  scanner.scan(frame, 0, frame.length);
  const type = frame[0] >> 4;
  if (type === PacketType.publish) {
    const view = new PublishView();
    const fromServer = sender === "server";
    const isAccepted = orMqttError(() => {
      readPublish(view, frame, scanner, version, { fromServer });
      const isAliased = view.topicAlias !== 0;
      if (view.topicStart < view.topicEnd || !isAliased) {
        validateTopicNameBytes(frame, view.topicStart, view.topicEnd);
      }
      return true;
    });
    assertEquals(isAccepted !== null, decoded !== null);
  } else if (type >= PacketType.puback && type <= PacketType.pubcomp) {
    const view = new AcknowledgementView();
    const isAccepted = orMqttError(() => {
      readAcknowledgement(view, frame, scanner, version);
      return true;
    });
    assertEquals(isAccepted !== null, decoded !== null);
  }
}

Deno.test({
  name: "random bytes raise only MqttError in the scanner",
  permissions: "none",
  fn() {
    const scanner = new FrameScanner(1000);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      const isWhole = orMqttError(() => scanner.scan(bytes, 0, bytes.length));
      if (isWhole !== true) return;
      assert(scanner.bodyStart <= scanner.frameEnd);
      assert(scanner.frameEnd <= bytes.length);
      for (const version of versions) {
        orMqttError(() => decodePacket(bytes, scanner, version, "client"));
      }
    }));
  },
});

Deno.test({
  name: "random bodies of every type raise only MqttError",
  permissions: "none",
  fn() {
    const bodies = fc.uint8Array({ maxLength: 60 });
    const firstBytes = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(firstBytes, bodies, (firstByte, body) => {
        for (const version of versions) {
          for (const sender of senders) {
            assertSane(frameOf(firstByte, body), version, sender);
          }
        }
      }),
      { numRuns: 2000 },
    );
  },
});

/** A change at one place of a packet's body. */
const mutations = fc.array(
  fc.record({
    kind: fc.constantFrom("replace", "insert", "remove", "double"),
    index: fc.nat(),
    value: fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0, 1, 2, 0x23, 0x26, 0x7f, 0x80, 0xff),
    ),
  }),
  { minLength: 1, maxLength: 3 },
);

for (const version of versions) {
  for (const sender of senders) {
    Deno.test({
      name:
        `valid packets of a ${sender} in protocol version ${version} that ` +
        "are damaged raise only MqttError",
      permissions: "none",
      fn() {
        const pairs = fc.property(
          packet(version, sender),
          mutations,
          (valid, changes) => {
            const bytes = encodePacket(valid, version);
            const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
            scanner.scan(bytes, 0, bytes.length);
            const body = [...bytes.subarray(scanner.bodyStart)];
            for (const { kind, index, value } of changes) {
              const place = body.length === 0 ? 0 : index % body.length;
              if (kind === "replace") body[place] = value;
              else if (kind === "insert") body.splice(place, 0, value);
              else if (kind === "remove") body.splice(place, 1);
              else body.splice(place, 0, ...body.slice(place, place + 4));
            }
            const frame = frameOf(bytes[0], new Uint8Array(body));
            assertSane(frame, version, sender);
          },
        );
        fc.assert(pairs, { numRuns: 500 });
      },
    });
  }
}

Deno.test({
  name: "lengths that promise more than the packet holds are refused at once",
  permissions: "none",
  fn() {
    const rows: [firstByte: number, body: string][] = [
      [0x10, "FFFF"],
      [0x10, "0004 'MQTT' 05 02 0000 FFFFFF7F 0000"],
      [0x30, "FFFF"],
      [0x30, "0001 't' FFFFFF7F 0001"],
      [0x40, "0001 00 FFFFFF7F"],
      [0x82, "0001 FFFFFF7F 00"],
      [0x82, "0001 00 FFFF"],
      [0xf0, "18 FFFFFF7F"],
    ];
    for (const [firstByte, body] of rows) {
      const frame = frameOf(firstByte, bytesOf(body));
      assertEquals(orMqttError(() => decodeWhole(frame)), null, body);
    }
  },
});
