import { type Packet, PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { LASTING, storeTest } from "./_gated_store.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  connectPacket,
  payloadOf,
  subscribePacket,
} from "./_harness.ts";

storeTest(
  "QoS 2 to a session that is stored: PUBLISH and PUBREL wait for the state " +
    "before them",
  ({ commit, connect, store, subscriber }) => {
    const receiver = subscriber("s", 2);
    const publisher = connect("p");
    publisher.publish("t", "1", { qos: 2 });
    assertEquals(receiver.take(), []);
    assertEquals(store.isUrgent, true);
    commit();
    assertEquals(receiver.payloads(), ["1"]);
    receiver.answer(PacketType.pubrec, 1);
    assertEquals(receiver.take(), []);
    commit();
    assertEquals(receiver.nextAnswer(PacketType.pubrel, 1), 0);
    receiver.answer(PacketType.pubcomp, 1);
    assertEquals(store.deliveryCount, 0);
    assertEquals(store.waitingCount, 0);
  },
);

storeTest(
  "QoS 1 to a session that is stored goes out at once",
  ({ connect, subscriber }) => {
    const receiver = subscriber("s", 1);
    connect("p").publish("t", "1", { qos: 1 });
    assertEquals(receiver.payloads(), ["1"]);
  },
);

storeTest(
  "what waits for the store is not sent on a connection that ended meanwhile",
  ({ commit, connect, subscriber }) => {
    const receiver = subscriber("s", 2);
    connect("p").publish("t", "1", { qos: 2 });
    receiver.drop();
    const again = connect("s", LASTING);
    commit();
    const [message, ...others] = again.publishes();
    assertEquals(others, []);
    // It was never sent, so it is no duplicate.
    assertEquals([payloadOf(message), message.isDuplicate], ["1", false]);
  },
);

storeTest(
  "SUBACK and UNSUBACK of a session that is stored wait for the store",
  ({ commit, connect }) => {
    const client = connect("c", LASTING);
    const requests: Packet[] = [
      subscribePacket(1, ["t"]),
      {
        type: PacketType.unsubscribe,
        packetIdentifier: 2,
        topicFilters: ["t"],
        properties: {},
      },
    ];
    for (const request of requests) {
      client.send(request);
      assertEquals(client.take(), []);
      commit();
      assertEquals(client.take().length, 1);
    }
  },
);

storeTest(
  "an answer that is too large ends the connection after the commit as well " +
    "[MQTT-3.1.2-24]",
  ({ commit, connect }) => {
    const client = connect("c", {
      ...LASTING,
      properties: { sessionExpiryInterval: 1_000, maximumPacketSize: 40 },
    });
    const filters = Array.from({ length: 40 }, (_, i) => `t/${i}`);
    client.send(subscribePacket(1, filters));
    commit();
    assertDisconnected(client, 0x95);
  },
);

storeTest(
  "CONNACK waits until the end of a stored session is stored " +
    "[MQTT-3.1.2-4]",
  ({ commit, connect, test }) => {
    connect("c", LASTING).drop();
    const client = test.open();
    client.send(connectPacket("c"), { type: PacketType.pingreq });
    assertEquals(client.take(), []);
    commit();
    assertEquals(client.next(PacketType.connack).sessionPresent, false);
    client.next(PacketType.pingresp);
  },
);

storeTest(
  "a client that leaves while its CONNECT waits for the store leaves nothing",
  ({ commit, connect, test }) => {
    connect("c", LASTING).drop();
    const client = test.open();
    client.send(connectPacket("c"));
    client.drop();
    commit();
    assertEquals(test.broker.sessions.count, 0);
  },
);

storeTest(
  "a store that fails takes no subscriptions of sessions that are stored",
  ({ connect, store }) => {
    const lasting = connect("c", LASTING);
    const transient = connect("d");
    store.isFailing = true;
    assertEquals(transient.subscribe("t"), [0]);
    lasting.send(subscribePacket(1, ["t"]));
    store.commit();
    lasting.send({ type: PacketType.pingreq });
    assertEquals(lasting.next(PacketType.suback).reasonCodes, [0x97]);
    store.isFailing = false;
  },
);

storeTest(
  "a store that fails, or has not stored it yet, is not asked for a " +
    "subscription that is there already",
  ({ commit, connect, store, test }) => {
    const client = connect("c", LASTING);
    const request = subscribePacket(1, [{ topicFilter: "t", qos: 1 }]);
    client.send(request);
    commit();
    client.next(PacketType.suback);
    const changes = store.subscriptionChangeCount;
    store.isFailing = true;
    client.send(request);
    commit();
    assertEquals(client.next(PacketType.suback).reasonCodes, [1]);
    client.send(subscribePacket(1, [{ topicFilter: "t", qos: 2 }]));
    assertEquals(client.next(PacketType.suback).reasonCodes, [0x97]);
    assertEquals(store.subscriptionChangeCount, changes);
    store.isFailing = false;
    // The first one still stands.
    test.connect("p").publish("t", "1", { qos: 1 });
    assertEquals(client.publishes().map(({ qos }) => qos), [1]);
    for (const change of CHANGES) {
      client.send(
        subscribePacket(1, [{ topicFilter: "t", ...change }]),
      );
    }
    commit();
    assertEquals(store.subscriptionChangeCount, changes + CHANGES.length);
  },
);

/** Each differs from the one before, and from none in Retain Handling only. */
const CHANGES = [
  { qos: 2 },
  { qos: 1, noLocal: true },
  { qos: 1, noLocal: true, retainAsPublished: true },
] as const;

storeTest(
  "a message that turns out too large after it is stored leaves its place to " +
    "the next",
  ({ commit, connect, subscriber }) => {
    const receiver = subscriber("s", 2, {
      cleanStart: false,
      properties: {
        sessionExpiryInterval: 1_000,
        receiveMaximum: 1,
        maximumPacketSize: 60,
      },
    });
    const publisher = connect("p");
    publisher.publish("t", "x".repeat(100), { qos: 2 });
    publisher.publish("t", "2", { qos: 2 });
    commit();
    commit();
    assertEquals(receiver.payloads(), ["2"]);
  },
);

storeTest(
  "the later of two CONNECTs has the session, though the earlier one waits " +
    "for the store [MQTT-3.1.4-3]",
  ({ commit, connect, test }) => {
    connect("c", LASTING).drop();
    const first = test.open();
    first.send(connectPacket("c", { cleanStart: true }));
    const second = test.open();
    second.send(connectPacket("c", LASTING));
    assertClosedSilently(first);
    assertEquals(second.take(), []);
    commit();
    assertEquals(second.next(PacketType.connack).sessionPresent, false);
    commit();
    assertEquals(second.take(), []);
    assertEquals(second.isClosed, false);
  },
);

storeTest(
  "Clean Start waits for the store although the last connection of the " +
    "session asked for no expiry [MQTT-3.1.2-4]",
  ({ commit, connect, test }) => {
    connect("c", LASTING).drop();
    connect("c", { cleanStart: false });
    const client = test.open();
    client.send(connectPacket("c", { cleanStart: true }));
    assertEquals(client.take(), []);
    commit();
    assertEquals(client.next(PacketType.connack).sessionPresent, false);
  },
);

for (const cleanStart of [true, false]) {
  storeTest(
    `a CONNECT with Clean Start ${cleanStart} waits as well while the end of ` +
      "the session before the one before is not stored [MQTT-3.2.2-2]",
    ({ commit, connect, test }) => {
      connect("c", LASTING).drop();
      const second = test.open();
      second.send(connectPacket("c", { cleanStart: true }));
      second.drop();
      const third = test.open();
      third.send(connectPacket("c", { cleanStart }));
      assertEquals(third.take(), []);
      commit();
      assertEquals(third.next(PacketType.connack).sessionPresent, false);
    },
  );
}

storeTest(
  "CONNECT waits for the end of a session that its DISCONNECT has ended " +
    "[MQTT-3.2.2-2]",
  ({ commit, connect, test }) => {
    const first = connect("c", LASTING);
    first.disconnect(0, { sessionExpiryInterval: 0 });
    const second = test.open();
    second.send(connectPacket("c", { cleanStart: false }));
    assertEquals(second.take(), []);
    commit();
    assertEquals(second.next(PacketType.connack).sessionPresent, false);
  },
);

storeTest(
  "QoS 2 messages keep their order when a session that is stored goes on " +
    "without an expiry [MQTT-4.6.0-6]",
  ({ commit, connect, subscriber, test }) => {
    subscriber("s", 2, LASTING).drop();
    const publisher = connect("p");
    publisher.publish("t", "1", { qos: 2 });
    commit();
    const receiver = test.open();
    receiver.send(connectPacket("s", { cleanStart: false }));
    receiver.next(PacketType.connack);
    publisher.publish("t", "2", { qos: 2 });
    commit();
    assertEquals(receiver.payloads(), ["1", "2"]);
  },
);
