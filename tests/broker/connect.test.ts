import {
  encodePacket,
  PacketType,
  type ProtocolVersion,
} from "../../src/codec/mod.ts";
import { ConnectionLimit } from "../../src/broker/mod.ts";
import { assert, assertEquals, assertMatch } from "../_assert.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  brokerTest,
  connectPacket,
  LIMITS,
  publishPacket,
} from "./_harness.ts";

const VERSIONS: ProtocolVersion[] = [3, 4, 5];

for (const protocolVersion of VERSIONS) {
  brokerTest(
    `a client of version ${protocolVersion} is let in and reported ` +
      "[MQTT-3.1.4-5] [MQTT-3.2.0-1]",
    (test) => {
      const client = test.open();
      const connack = client.connect("c", { protocolVersion });
      assertEquals(connack.sessionPresent, false);
      assertEquals(client.take(), []);
      assertEquals(client.isClosed, false);
      assertEquals(test.observer.observations, [{
        kind: "connected",
        clientIdentifier: "c",
        reasonCode: 0,
        cause: "",
      }]);
      assertEquals(test.broker.statistics.connectionsAccepted, 1);
    },
  );
}

brokerTest("CONNACK announces what the broker limits", (test) => {
  const connack = test.open().connect("c");
  assertEquals(connack.properties, {
    receiveMaximum: LIMITS.receiveMaximum,
    maximumPacketSize: LIMITS.maximumPacketSizeBytes,
    topicAliasMaximum: LIMITS.topicAliasMaximum,
  });
});

brokerTest(
  "CONNACK announces what the broker does not offer [MQTT-3.2.2-9]",
  (test) => {
    const connack = test.open().connect("c");
    assertEquals(connack.properties, {
      maximumPacketSize: LIMITS.maximumPacketSizeBytes,
      maximumQos: 1,
      retainAvailable: 0,
      wildcardSubscriptionAvailable: 0,
      subscriptionIdentifierAvailable: 0,
      sharedSubscriptionAvailable: 0,
    });
  },
  {
    limits: {
      maximumQos: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
      subscriptionIdentifierAvailable: false,
      sharedSubscriptionAvailable: false,
      receiveMaximum: 65_535,
      topicAliasMaximum: 0,
    },
  },
);

brokerTest(
  "a client without Client Identifier is told the one assigned to it, which " +
    "no other has [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]",
  (test) => {
    const names = [1, 2].map(() => {
      const connack = test.open().connect("");
      const name = connack.properties.assignedClientIdentifier;
      assert(name !== undefined);
      assertMatch(name, /^auto-[0-9a-z]{20}$/);
      assert(test.broker.sessions.get(name) !== undefined);
      return name;
    });
    assert(names[0] !== names[1]);
    // The identifier can be used to come back.
    test.connect(names[0]);
    assertEquals(test.broker.sessions.count, 2);
  },
);

brokerTest(
  "a 3.1.1 client without Client Identifier is let in with Clean Session " +
    "[MQTT-3.1.3-6]",
  (test) => {
    test.open().connect("", { protocolVersion: 4, cleanStart: true });
    assertEquals(test.broker.sessions.count, 1);
  },
);

brokerTest(
  "any character and up to the longest identifier is accepted [MQTT-3.1.3-5]",
  (test) => {
    for (const identifier of ["0aZ", "x".repeat(100), "é ☃/#+$"]) {
      test.connect(identifier);
      assert(test.broker.sessions.get(identifier) !== undefined);
    }
  },
);

brokerTest(
  "a packet before CONNECT ends the connection without an answer " +
    "[MQTT-3.1.0-1] [MQTT-3.14.0-1]",
  (test) => {
    const client = test.open();
    client.send(publishPacket("t", "text"), connectPacket("c"));
    assertClosedSilently(client);
    assertEquals(test.observer.ofKind("refused").length, 1);
    assertEquals(test.broker.sessions.count, 0);
  },
);

brokerTest(
  "a second CONNECT is a Protocol Error and publishes the Will " +
    "[MQTT-3.1.0-2]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("will");
    const client = test.connect("c", { willMessage: {} });
    client.send(connectPacket("c"));
    assertDisconnected(client, 0x82);
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

for (const protocolVersion of VERSIONS.slice(0, 2)) {
  brokerTest(
    `a second CONNECT of version ${protocolVersion} is closed without a ` +
      "packet [MQTT-3.1.0-2]",
    (test) => {
      const client = test.connect("c", { protocolVersion });
      client.send(connectPacket("c", { protocolVersion }));
      assertClosedSilently(client);
    },
  );
}

brokerTest(
  "packets right behind CONNECT are handled once it is accepted",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    const client = test.open();
    client.send(
      connectPacket("c"),
      publishPacket("t", "text"),
      { type: PacketType.pingreq },
    );
    client.next(PacketType.connack);
    client.next(PacketType.pingresp);
    assertEquals(watcher.payloads(), ["text"]);
  },
);

brokerTest(
  "a connection that sends no CONNECT in time is closed",
  (test) => {
    const client = test.open();
    const bytes = encodePacket(connectPacket("c"), 5);
    test.advance(LIMITS.connectTimeoutMs - 1);
    client.sendBytes(bytes.slice(0, -1));
    assertEquals(client.isClosed, false);
    test.advance(1);
    assertClosedSilently(client);
  },
);

brokerTest("after CONNECT the connect timeout does not matter", (test) => {
  const client = test.connect("c");
  test.advance(2 * LIMITS.connectTimeoutMs);
  assertEquals(client.isClosed, false);
});

brokerTest(
  "a connection over the maximum is closed unheard",
  (test) => {
    test.connect("a");
    const refused = test.open();
    assertEquals(refused.transport.connection, null);
    test.tasks.run();
    assertClosedSilently(refused);
    const { statistics } = test.broker;
    assertEquals(statistics.connectionsRefused, 1);
    assertEquals(statistics.overLimit, [1, 0, 0, 0, 0]);
    assertEquals(test.observer.overLimit, [{
      limit: ConnectionLimit.connections,
      remoteAddress: "192.0.2.1:2",
      listener: "",
      maximum: 1,
      setting: "limits.max_connections",
    }]);
  },
  { limits: { maximumConnections: 1 } },
);

brokerTest(
  "a closed connection makes room for another",
  (test) => {
    test.connect("a").disconnect();
    test.connect("b");
  },
  { limits: { maximumConnections: 1 } },
);

brokerTest(
  "the authenticator sees CONNECT and the address, and may name the user",
  (test) => {
    test.authorizer.authentication = { reasonCode: 0, userName: "u-2" };
    const client = test.open();
    const password = new Uint8Array([1, 2, 3]);
    client.connect("c", { userName: "u-1", password });
    const [{ connect, remoteAddress }] = test.authorizer.requests;
    assertEquals(connect.clientIdentifier, "c");
    assertEquals(connect.userName, "u-1");
    assertEquals(connect.password, password);
    assertEquals(remoteAddress, client.transport.remoteAddress);
    assertEquals(client.transport.connection!.userName, "u-2");
  },
);

brokerTest("without another name the user is the one in CONNECT", (test) => {
  const client = test.connect("c", { userName: "u" });
  assertEquals(client.transport.connection!.userName, "u");
});

brokerTest(
  "nothing is handled before a late authentication, and all of it after " +
    "[MQTT-3.2.0-1]",
  async (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    test.authorizer.authentication = null;
    const client = test.open();
    client.send(connectPacket("c"), publishPacket("t", "text"));
    await test.settle();
    assertEquals(client.take(), []);
    assertEquals(watcher.take(), []);
    test.authorizer.answerClients({ reasonCode: 0 });
    await test.settle();
    client.next(PacketType.connack);
    assertEquals(watcher.payloads(), ["text"]);
  },
);

brokerTest(
  "an authentication that takes longer than the connect timeout comes too late",
  async (test) => {
    test.authorizer.authentication = null;
    const client = test.open();
    client.send(connectPacket("c"));
    test.advance(LIMITS.connectTimeoutMs);
    assertEquals(client.isClosed, true);
    test.authorizer.answerClients({ reasonCode: 0 });
    await test.settle();
    assertEquals(test.broker.sessions.count, 0);
    assertEquals(test.observer.ofKind("refused").length, 1);
  },
);

brokerTest(
  "a client that leaves before it is authenticated leaves nothing",
  async (test) => {
    test.authorizer.authentication = null;
    const client = test.open();
    client.send(connectPacket("c", { willMessage: {} }));
    client.drop();
    test.authorizer.answerClients({ reasonCode: 0 });
    await test.settle();
    assertEquals(test.broker.sessions.count, 0);
    assertEquals(test.observer.ofKind("connected"), []);
  },
);

brokerTest(
  "what waited for the client is judged by the time after authentication " +
    "[MQTT-3.3.2-5]",
  async (test) => {
    const properties = { sessionExpiryInterval: 100 };
    const client = test.connect("c", { properties });
    client.subscribe({ topicFilter: "t", qos: 1 });
    client.drop();
    test.connect("publisher").exchange("t", "text", {
      qos: 1,
      properties: { messageExpiryInterval: 5 },
    });
    test.authorizer.authentication = null;
    const again = test.open();
    again.send(connectPacket("c", { cleanStart: false, properties }));
    test.advance(6_000);
    test.authorizer.answerClients({ reasonCode: 0 });
    await test.settle();
    again.next(PacketType.connack);
    assertEquals(again.take(), []);
    assertEquals(test.drops, { expired: 1 });
  },
);

brokerTest(
  "a client that leaves before it is answered was not refused",
  (test) => {
    test.open().drop();
    test.authorizer.authentication = null;
    const client = test.open();
    client.send(connectPacket("c"));
    client.drop();
    assertEquals(
      test.observer.observations.map((
        { kind, clientIdentifier },
      ) => [kind, clientIdentifier]),
      [["abandoned", ""], ["abandoned", "c"]],
    );
    assertEquals(test.broker.statistics.connectionsRefused, 2);
  },
);
