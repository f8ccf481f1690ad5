import { PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  assertEmpty,
  brokerTest,
  type ConnectFields,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

const NEVER = 0xffff_ffff;

/** Comes back as "c" without Clean Start. */
function resume(
  test: TestBroker,
  fields: ConnectFields = {},
): { client: TestClient; isPresent: boolean } {
  const client = test.open();
  const connack = client.connect("c", { cleanStart: false, ...fields });
  return { client, isPresent: connack.sessionPresent };
}

function expiring(sessionExpiryInterval: number): ConnectFields {
  return { properties: { sessionExpiryInterval } };
}

brokerTest(
  "without a session before it a client starts a new one [MQTT-3.1.2-6] " +
    "[MQTT-3.2.2-3]",
  (test) => {
    assertEquals(resume(test).isPresent, false);
  },
);

brokerTest(
  "a session goes on with its subscriptions and what came meanwhile " +
    "[MQTT-3.1.2-5] [MQTT-3.2.2-3] [MQTT-4.5.0-1]",
  (test) => {
    const first = test.connect("c", expiring(100));
    first.subscribe([{ topicFilter: "a", qos: 1 }, "b"]);
    first.disconnect();
    const publisher = test.connect("publisher");
    publisher.exchange("a", "1", { qos: 1 });
    publisher.exchange("a", "2", { qos: 2 });
    const { client, isPresent } = resume(test, expiring(100));
    assertEquals(isPresent, true);
    const packets = client.publishes();
    assertEquals(packets.map(({ qos }) => qos), [1, 1]);
    publisher.publish("b", "3");
    assertEquals(client.payloads(), ["3"]);
  },
);

brokerTest(
  "Clean Start drops subscriptions, queue and what was in flight " +
    "[MQTT-3.1.2-4] [MQTT-3.2.2-2]",
  (test) => {
    const publisher = test.connect("publisher");
    const first = test.connect("c", expiring(100));
    first.subscribe({ topicFilter: "t", qos: 2 });
    publisher.exchange("t", "in flight", { qos: 1 });
    first.publish("u", "unreleased", { qos: 2, packetIdentifier: 1 });
    first.drop();
    publisher.exchange("t", "queued", { qos: 1 });
    const again = test.open();
    const connack = again.connect("c", expiring(100));
    assertEquals(connack.sessionPresent, false);
    publisher.publish("t", "later");
    assertEquals(again.take(), []);
    assertEquals(again.exchange("u", "new", { qos: 2 }), 0x10);
    assertEquals(test.drops, { session_ended: 2 });
  },
);

brokerTest(
  "a session without Session Expiry Interval ends with its connection " +
    "[MQTT-3.1.2-23]",
  (test) => {
    test.connect("c").subscribe("t");
    test.transports[0].end();
    assertEmpty(test.broker);
    assertEquals(resume(test).isPresent, false);
  },
);

brokerTest(
  "a session ends when its Session Expiry Interval has run out, not before " +
    "[MQTT-4.1.0-2]",
  (test) => {
    for (const [waitMs, isPresent] of [[9_999, true], [10_000, false]]) {
      test.connect("c", expiring(10)).drop();
      test.advance(Number(waitMs));
      assertEquals(resume(test, expiring(0)).isPresent, isPresent);
    }
  },
);

brokerTest(
  "a connected session does not expire [MQTT-4.1.0-1]",
  (test) => {
    const client = test.connect("c", expiring(10));
    client.subscribe("t");
    client.drop();
    test.advance(9_000);
    const again = resume(test, expiring(10)).client;
    test.advance(60_000);
    test.connect("publisher").publish("t", "text");
    assertEquals(again.payloads(), ["text"]);
  },
);

brokerTest(
  "each connection gives its session a new Session Expiry Interval",
  (test) => {
    test.connect("c", expiring(10)).drop();
    resume(test, expiring(1)).client.drop();
    test.advance(1_000);
    assertEquals(test.broker.sessions.count, 0);
  },
);

brokerTest(
  "a Session Expiry Interval of 0xFFFFFFFF never runs out [MQTT-3.1.2-23]",
  (test) => {
    test.connect("c", expiring(NEVER)).drop();
    assertEquals(test.broker.timers.size, 0);
    test.advance(100 * 365 * 86_400_000);
    assertEquals(resume(test).isPresent, true);
  },
);

brokerTest(
  "DISCONNECT may change the Session Expiry Interval [MQTT-3.14.2-2]",
  (test) => {
    const client = test.connect("c", expiring(10));
    client.disconnect(0, { sessionExpiryInterval: 20 });
    test.advance(19_999);
    const again = resume(test, expiring(10));
    assertEquals(again.isPresent, true);
    again.client.disconnect(0, { sessionExpiryInterval: 0 });
    assertEquals(test.broker.sessions.count, 0);
  },
);

brokerTest(
  "DISCONNECT without it leaves the interval of CONNECT in force",
  (test) => {
    test.connect("c", expiring(10)).disconnect();
    test.advance(9_999);
    assertEquals(test.broker.sessions.count, 1);
    test.advance(1);
    assertEquals(test.broker.sessions.count, 0);
  },
);

brokerTest(
  "a longer interval than the broker grants is cut, and the client is told",
  (test) => {
    for (const sessionExpiryInterval of [61, NEVER]) {
      const client = test.open();
      const { properties } = client.connect(
        "c",
        expiring(sessionExpiryInterval),
      );
      assertEquals(properties.sessionExpiryInterval, 60);
      client.disconnect(0, { sessionExpiryInterval });
      test.advance(59_999);
      assertEquals(test.broker.sessions.count, 1);
      test.advance(1);
      assertEquals(test.broker.sessions.count, 0);
    }
    const { properties } = test.open().connect("c", expiring(60));
    assertEquals(properties.sessionExpiryInterval, undefined);
  },
  { limits: { sessionExpiryCapSeconds: 60 } },
);

brokerTest(
  "3.1.1: a session with Clean Session 0 stays as long as the broker keeps " +
    "sessions, one with 1 ends at once [3.1.1 MQTT-3.1.2-4] " +
    "[3.1.1 MQTT-3.1.2-6]",
  (test) => {
    const fields = { protocolVersion: 4 } as const;
    test.connect("c", { ...fields, cleanStart: true }).disconnect();
    assertEquals(test.broker.sessions.count, 0);
    resume(test, fields).client.disconnect();
    test.advance(59_999);
    const { client, isPresent } = resume(test, fields);
    assertEquals(isPresent, true);
    client.drop();
    test.advance(60_000);
    assertEquals(resume(test, fields).isPresent, false);
  },
  { limits: { sessionExpiryCapSeconds: 60 } },
);

brokerTest(
  "3.1.1: Clean Session 1 drops the session before [3.1.1 MQTT-3.1.2-6]",
  (test) => {
    resume(test, { protocolVersion: 4 }).client.drop();
    test.connect("c", { protocolVersion: 4, cleanStart: true }).drop();
    assertEquals(test.broker.sessions.count, 0);
  },
);

brokerTest(
  "3.1 has a session too, but no Session Present to tell",
  (test) => {
    resume(test, { protocolVersion: 3 }).client.drop();
    const { client, isPresent } = resume(test, { protocolVersion: 3 });
    assertEquals(isPresent, false);
    assertEquals(test.broker.sessions.count, 1);
    client.subscribe("t");
    client.drop();
    assertEquals(resume(test, { protocolVersion: 4 }).isPresent, true);
  },
);

brokerTest(
  "a takeover tells the old connection, and the session goes on with the new " +
    "one [MQTT-3.1.4-3]",
  (test) => {
    const first = test.connect("c", expiring(100));
    first.subscribe("t");
    const { client, isPresent } = resume(test, expiring(100));
    assertDisconnected(first, 0x8e);
    assertEquals(isPresent, true);
    assertEquals(test.broker.sessions.count, 1);
    test.connect("publisher").publish("t", "text");
    assertEquals(client.payloads(), ["text"]);
    // The end of the old byte stream comes late and means nothing now.
    assertEquals(client.isClosed, false);
    assert(test.broker.sessions.get("c")!.connection !== null);
  },
);

brokerTest(
  "a takeover of a session that ends with its connection starts a new one",
  (test) => {
    const first = test.connect("c");
    first.subscribe("t");
    const { client, isPresent } = resume(test);
    assertDisconnected(first, 0x8e);
    assertEquals(isPresent, false);
    test.connect("publisher").publish("t", "text");
    assertEquals(client.take(), []);
  },
);

brokerTest(
  "3.1.1: the old connection is closed without a packet " +
    "[3.1.1 MQTT-3.1.4-2]",
  (test) => {
    const first = test.connect("c", { protocolVersion: 4 });
    test.connect("c", { protocolVersion: 5 });
    assertClosedSilently(first);
  },
);

brokerTest(
  "what a taken over connection still sends has no effect",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    const first = test.connect("c");
    test.connect("c");
    const bytes = first.encode(first.publication("t", "late"));
    const connection = first.transport.connection!;
    assertEquals(connection.receive(bytes, 0, bytes.length), bytes.length);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "a stuck connection is taken over as well, and closed in the end",
  (test) => {
    const first = test.connect("c", expiring(100));
    first.transport.isStuck = true;
    first.send({ type: PacketType.pingreq });
    const { client, isPresent } = resume(test);
    assertEquals(isPresent, true);
    test.advance(2_000);
    assert(first.isClosed);
    assertEquals(client.isClosed, false);
  },
);

brokerTest(
  "a session can be taken over when there is no room for another",
  (test) => {
    test.connect("c", expiring(10));
    resume(test, expiring(10)).client.drop();
    test.connect("c");
  },
  { limits: { maximumSessions: 1 } },
);

brokerTest(
  "a queued message does not pin memory it shares with others",
  (test) => {
    const session = () => test.broker.sessions.get("c")!;
    const client = test.connect("c", expiring(100));
    client.subscribe([{ topicFilter: "one", qos: 1 }, "zero"]);
    client.drop();
    const publisher = test.connect("publisher");
    publisher.publish("one", "text", { qos: 1 });
    publisher.publish("zero", "text");
    assertEquals(session().queue.length, 2);
    session().queue.forEach(({ message }) =>
      assertEquals(message.payloadBytes.length, message.sizeBytes)
    );
  },
  { limits: { queueQos0Messages: true } },
);
