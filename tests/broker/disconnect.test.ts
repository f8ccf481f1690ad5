import {
  encodePacket,
  type Packet,
  PacketType,
  type ProtocolVersion,
} from "../../src/codec/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../_assert.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  brokerTest,
  publishPacket,
  subscribePacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** Something that makes the server end the connection, and the code it gives. */
interface Fault {
  readonly name: string;
  readonly reasonCode: number;
  commit(client: TestClient, test: TestBroker): void;
  /** 5.0 has what this takes, earlier versions have not. */
  readonly needsVersion5?: boolean;
}

function sendRaw(...bytes: number[]): (client: TestClient) => void {
  return (client) => client.sendBytes(new Uint8Array(bytes));
}

function subscribeTo(topicFilter: string): (client: TestClient) => void {
  return (client) => client.send(subscribePacket(1, [topicFilter]));
}

/** A PUBLISH to "t" with QoS 1 and 5.0's properties section, any flags. */
function publishBytes(packet: Packet, version: ProtocolVersion): Uint8Array {
  return encodePacket(packet, version);
}

const FAULTS: Fault[] = [
  {
    name: "a packet type that is reserved",
    reasonCode: 0x81,
    commit: sendRaw(0x00, 0x00),
  },
  {
    name: "a packet that only a server sends",
    reasonCode: 0x82,
    commit: sendRaw(0xd0, 0x00),
  },
  {
    name: "reserved flags of the fixed header [MQTT-2.1.3-1]",
    reasonCode: 0x81,
    commit: sendRaw(0xc1, 0x00),
  },
  {
    name: "a padded Remaining Length [MQTT-1.5.5-1]",
    reasonCode: 0x81,
    commit: sendRaw(0xc0, 0x80, 0x00),
  },
  {
    name: "a Remaining Length of five bytes [MQTT-1.5.5-1]",
    reasonCode: 0x81,
    commit: sendRaw(0xc0, 0xff, 0xff, 0xff, 0xff, 0x01),
  },
  {
    name: "a packet over the maximum size [MQTT-3.2.2-15]",
    reasonCode: 0x95,
    commit: sendRaw(0x30, 0xff, 0xff, 0xff, 0x7f),
  },
  {
    name: "QoS 3 [MQTT-3.3.1-4]",
    reasonCode: 0x81,
    commit(client) {
      const bytes = publishBytes(
        publishPacket("t", "", { qos: 1, packetIdentifier: 1 }),
        client.protocolVersion,
      );
      bytes[0] |= 0x06;
      client.sendBytes(bytes);
    },
  },
  {
    name: "DUP at QoS 0 [MQTT-3.3.1-2]",
    reasonCode: 0x81,
    commit(client) {
      const bytes = publishBytes(
        publishPacket("t", ""),
        client.protocolVersion,
      );
      bytes[0] |= 0x08;
      client.sendBytes(bytes);
    },
  },
  {
    name: "a Topic Name with a wildcard [MQTT-3.3.2-2]",
    reasonCode: 0x90,
    commit(client) {
      const bytes = publishBytes(
        publishPacket("a/b", ""),
        client.protocolVersion,
      );
      bytes[6] = "#".charCodeAt(0);
      client.sendBytes(bytes);
    },
  },
  {
    name: "a Topic Filter with # in the middle [MQTT-4.7.1-1]",
    reasonCode: 0x82,
    commit: subscribeTo("a/#/b"),
  },
  {
    name: "a Topic Filter with + beside other characters [MQTT-4.7.1-2]",
    reasonCode: 0x82,
    commit: subscribeTo("a+/b"),
  },
  {
    name: "a ShareName with a wildcard [MQTT-4.8.2-2]",
    reasonCode: 0x82,
    commit: subscribeTo("$share/a+/b"),
  },
  {
    name: "an empty ShareName [MQTT-4.8.2-1]",
    reasonCode: 0x82,
    commit: subscribeTo("$share//b"),
  },
  {
    name: "an ill-formed Topic Filter of the greatest length",
    reasonCode: 0x82,
    commit: subscribeTo("#" + "é".repeat(32_767)),
  },
  {
    name: "an ill-formed Topic Filter in UNSUBSCRIBE",
    reasonCode: 0x82,
    commit: (client) =>
      client.send({
        type: PacketType.unsubscribe,
        packetIdentifier: 1,
        topicFilters: ["a#"],
        properties: {},
      }),
  },
  {
    name: "AUTH without an Authentication Method in CONNECT [MQTT-4.12.0-7]",
    reasonCode: 0x82,
    needsVersion5: true,
    commit: (client) =>
      client.send({
        type: PacketType.auth,
        reasonCode: 0x19,
        properties: { authenticationMethod: "m" },
      }),
  },
  {
    name: "No Local on a Shared Subscription [MQTT-3.8.3-4]",
    reasonCode: 0x82,
    needsVersion5: true,
    commit: sendRaw(
      ...[0x82, 0x10, 0x00, 0x01, 0x00, 0x00, 0x0a],
      ...new TextEncoder().encode("$share/g/t"),
      0x04,
    ),
  },
  {
    name: "the shutdown of the broker",
    reasonCode: 0x8b,
    commit(_client, test) {
      test.broker.shutDown();
      test.tasks.run();
    },
  },
  {
    name: "a takeover of its Client Identifier [MQTT-3.1.4-3]",
    reasonCode: 0x8e,
    commit: (_client, test) => void test.connect("c"),
  },
];

for (const { name, reasonCode, commit, needsVersion5 } of FAULTS) {
  brokerTest(
    `5.0: DISCONNECT 0x${reasonCode.toString(16)} answers ${name} ` +
      "[MQTT-4.13.1-1]",
    (test) => {
      const client = test.connect("c");
      commit(client, test);
      const disconnect = client.next(PacketType.disconnect);
      assertEquals(disconnect.reasonCode, reasonCode);
      const { reasonString } = disconnect.properties;
      assert(reasonString !== undefined && reasonString.length < 300);
      assertClosedSilently(client);
      const [report] = test.observer.ofKind("disconnected");
      assertEquals(report.reasonCode, reasonCode);
      assertStringIncludes(
        report.cause,
        reasonString.replace(/.…$/, ""),
      );
    },
  );
  if (needsVersion5) continue;
  for (const protocolVersion of [3, 4] as const) {
    brokerTest(
      `version ${protocolVersion}: silence answers ${name} ` +
        "[3.1.1 MQTT-4.8.0-1]",
      (test) => {
        const client = test.connect("c", { protocolVersion });
        commit(client, test);
        assertClosedSilently(client);
        const [report] = test.observer.ofKind("disconnected");
        assertEquals(report.reasonCode, reasonCode);
      },
    );
  }
}

brokerTest(
  "packets in front of a faulty one have their effect, those behind have not",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    const client = test.connect("c");
    client.sendBytes(
      client.encode(publishPacket("t", "before")),
      new Uint8Array([0x00, 0x00]),
      client.encode(publishPacket("t", "behind")),
    );
    assertDisconnected(client, 0x81);
    assertEquals(watcher.payloads(), ["before"]);
  },
);

brokerTest(
  "a client that wants no problem information gets none [MQTT-3.1.2-29]",
  (test) => {
    const client = test.connect("c", {
      properties: { requestProblemInformation: 0 },
    });
    client.sendBytes(new Uint8Array([0x00, 0x00]));
    const { properties } = client.next(PacketType.disconnect);
    assertEquals(properties, {});
  },
);

brokerTest(
  "DISCONNECT goes without Reason String if that does not fit " +
    "[MQTT-3.14.2-3] [MQTT-3.1.2-24]",
  (test) => {
    const client = test.connect("c", { properties: { maximumPacketSize: 40 } });
    client.sendBytes(new Uint8Array([0x00, 0x00]));
    const { properties } = client.next(PacketType.disconnect);
    assertEquals(properties, {});
  },
);

brokerTest(
  "after DISCONNECT of the client nothing is handled and the connection " +
    "closes [MQTT-3.14.4-1] [MQTT-3.14.4-2]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    const client = test.connect("c");
    client.send(
      { type: PacketType.disconnect, reasonCode: 0, properties: {} },
      publishPacket("t", "text"),
      { type: PacketType.pingreq },
    );
    assertClosedSilently(client);
    assertEquals(watcher.take(), []);
    const [report] = test.observer.ofKind("disconnected");
    assertEquals(report, {
      kind: "disconnected",
      clientIdentifier: "c",
      reasonCode: 0,
      cause: "DISCONNECT from the client",
    });
  },
);

brokerTest(
  "a Session Expiry Interval in DISCONNECT that was 0 in CONNECT is a " +
    "Protocol Error and the Will stays in force [MQTT-3.14.2-2]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("will");
    const client = test.connect("c", { willMessage: {} });
    client.send({
      type: PacketType.disconnect,
      reasonCode: 0,
      properties: { sessionExpiryInterval: 5 },
    });
    assertDisconnected(client, 0x82);
    assertEquals(watcher.payloads(), ["gone"]);
    assertEquals(test.broker.sessions.count, 1);
  },
);

brokerTest(
  "a lost connection is reported with what broke it",
  (test) => {
    test.connect("a").drop();
    test.connect("b").transport.end();
    const causes = test.observer.ofKind("disconnected")
      .map(({ cause }) => cause);
    assertEquals(causes, [
      "network error: connection reset",
      "closed by the client without DISCONNECT",
    ]);
  },
);

brokerTest(
  "what was gathered for a client still goes out before the end",
  (test) => {
    const client = test.connect("c");
    client.subscribe("t");
    client.transport.isStuck = true;
    const publisher = test.connect("publisher");
    publisher.publish("t", "1");
    publisher.publish("t", "2");
    client.sendBytes(new Uint8Array([0x00, 0x00]));
    assertEquals(client.isClosed, false);
    client.transport.isStuck = false;
    test.tasks.run();
    assertEquals(
      client.take().map(({ type }) => type),
      [PacketType.publish, PacketType.publish, PacketType.disconnect],
    );
    assert(client.isClosed);
  },
);

brokerTest(
  "a connection that cannot take its last bytes is closed after 2 seconds",
  (test) => {
    const client = test.connect("c");
    client.transport.isStuck = true;
    client.sendBytes(new Uint8Array([0x00, 0x00]));
    assertEquals(test.broker.connections.size, 0);
    test.advance(1_999);
    assertEquals(client.isClosed, false);
    test.advance(1);
    assertClosedSilently(client);
  },
);

brokerTest(
  "the end of a connection that is not let in yet is silent",
  (test) => {
    const client = test.open();
    client.sendBytes(new Uint8Array([0x00, 0x00]));
    assertClosedSilently(client);
    const waiting = test.open();
    test.broker.shutDown();
    test.tasks.run();
    assertClosedSilently(waiting);
  },
);

brokerTest(
  "shutting down closes stuck connections as well, and then rests",
  (test) => {
    const closing = test.connect("a");
    const connected = test.connect("b", {
      properties: { sessionExpiryInterval: 100 },
      willMessage: { properties: { willDelayInterval: 50 } },
    });
    connected.publish("t", "text", {
      isRetained: true,
      properties: { messageExpiryInterval: 100 },
    });
    for (const client of [closing, connected]) client.transport.isStuck = true;
    closing.sendBytes(new Uint8Array([0x00, 0x00]));
    connected.send({ type: PacketType.pingreq });
    test.broker.shutDown();
    test.advance(2_000);
    assertClosedSilently(closing);
    assertClosedSilently(connected);
    assertEquals(test.broker.timers.size, 0);
  },
);
