import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { LASTING, storeTest, takeTypes } from "./_gated_store.ts";
import {
  assertDisconnected,
  publishPacket,
  subscribePacket,
} from "./_harness.ts";

storeTest(
  "PUBACK and PUBREC wait until the message is stored [MQTT-4.3.2-4] " +
    "[MQTT-4.3.3-8]",
  ({ commit, connect, store, subscriber }) => {
    subscriber("s", 2).drop();
    const publisher = connect("p");
    publisher.publish("t", "1", { qos: 1 });
    publisher.publish("t", "2", { qos: 2 });
    assertEquals(publisher.take(), []);
    assertEquals(store.isUrgent, true);
    commit();
    assertEquals(takeTypes(publisher), ["puback", "pubrec"]);
  },
);

storeTest(
  "they do not wait for sessions that end with their connection, nor for " +
    "QoS 0",
  ({ connect, store, subscriber }) => {
    subscriber("transient", 2, {});
    subscriber("zero", 0).drop();
    const publisher = connect("p");
    publisher.publish("t", "1", { qos: 1 });
    publisher.publish("t", "2", { qos: 2 });
    assertEquals(takeTypes(publisher), ["puback", "pubrec"]);
    assertEquals(store.waitingCount, 0);
    assertEquals(store.deliveryCount, 0);
  },
);

storeTest(
  "it is enough that every receiver has the message: then nothing need be " +
    "stored",
  ({ commit, connect, store, subscriber }) => {
    const receivers = [subscriber("a", 1), subscriber("b", 1)];
    const publisher = connect("p");
    publisher.publish("t", "1", { qos: 1 });
    assertEquals(store.isUrgent, false);
    receivers[0].acknowledge(...receivers[0].publishes());
    assertEquals(publisher.take(), []);
    receivers[1].acknowledge(...receivers[1].publishes());
    assertEquals(takeTypes(publisher), ["puback"]);
    assertEquals(store.deliveryCount, 0);
    commit();
    assertEquals(publisher.take(), []);
  },
);

storeTest(
  "acknowledgements keep the order of the messages [MQTT-4.6.0-2]",
  ({ commit, connect, subscriber }) => {
    subscriber("s", 1).drop();
    const publisher = connect("p");
    publisher.publish("t", "waits", { qos: 1, packetIdentifier: 1 });
    publisher.publish("nobody", "", { qos: 1, packetIdentifier: 2 });
    publisher.publish("$x", "", { qos: 2, packetIdentifier: 3 });
    assertEquals(publisher.take(), []);
    commit();
    assertEquals(publisher.nextAnswer(PacketType.puback, 1), 0);
    assertEquals(publisher.nextAnswer(PacketType.puback, 2), 0x10);
    assertEquals(publisher.nextAnswer(PacketType.pubrec, 3), 0x87);
    publisher.publish("nobody", "", { qos: 1, packetIdentifier: 4 });
    assertEquals(publisher.nextAnswer(PacketType.puback, 4), 0x10);
  },
);

storeTest(
  "an acknowledgement that is owed to a closed connection is not sent to the " +
    "next one",
  ({ commit, connect, subscriber }) => {
    subscriber("s", 1).drop();
    const publisher = connect("p", LASTING);
    publisher.publish("t", "1", { qos: 1 });
    publisher.drop();
    const again = connect("p", LASTING);
    commit();
    assertEquals(again.take(), []);
  },
);

storeTest(
  "a retained message is acknowledged when it is stored",
  ({ commit, connect }) => {
    const publisher = connect("p");
    for (const payload of ["text", ""]) {
      publisher.publish("t", payload, { qos: 1, isRetained: true });
      assertEquals(publisher.take(), []);
      commit();
      assertEquals(takeTypes(publisher), ["puback"]);
    }
  },
);

storeTest(
  "QoS 2 from a session that is stored: PUBREC and PUBCOMP wait for its " +
    "identifier to be stored and forgotten [MQTT-4.3.3-10]",
  ({ commit, connect }) => {
    const publisher = connect("p", LASTING);
    publisher.publish("t", "1", { qos: 2, packetIdentifier: 5 });
    assertEquals(publisher.take(), []);
    commit();
    assertEquals(publisher.nextAnswer(PacketType.pubrec, 5), 0x10);
    publisher.answer(PacketType.pubrel, 5);
    assertEquals(publisher.take(), []);
    commit();
    assertEquals(publisher.nextAnswer(PacketType.pubcomp, 5), 0);
    publisher.answer(PacketType.pubrel, 5);
    commit();
    assertEquals(publisher.nextAnswer(PacketType.pubcomp, 5), 0x92);
  },
);

storeTest(
  "a repeated PUBREL is not answered before the first one is stored " +
    "[MQTT-4.3.3-12]",
  ({ commit, connect }) => {
    let publisher = connect("p", LASTING);
    publisher.publish("t", "1", { qos: 2, packetIdentifier: 5 });
    commit();
    publisher.answer(PacketType.pubrel, 5);
    publisher.drop();
    publisher = connect("p", { ...LASTING, cleanStart: false });
    publisher.answer(PacketType.pubrel, 5);
    assertEquals(publisher.take(), []);
    commit();
    assertEquals(publisher.nextAnswer(PacketType.pubcomp, 5), 0x92);
  },
);

storeTest(
  "a repeated PUBLISH is not answered before the first one",
  ({ commit, connect, subscriber }) => {
    subscriber("s", 2).drop();
    for (const fields of [{ protocolVersion: 4 } as const, LASTING]) {
      const publisher = connect("p", fields);
      for (const isDuplicate of [false, true]) {
        publisher.publish("t", "1", {
          qos: 2,
          packetIdentifier: 5,
          isDuplicate,
        });
      }
      assertEquals(publisher.take(), []);
      commit();
      assertEquals(takeTypes(publisher), ["pubrec", "pubrec"]);
      publisher.drop();
    }
  },
);

storeTest(
  "a repeated PUBLISH leaves the acknowledgements of others alone",
  ({ connect, subscriber, test }) => {
    const repeater = connect("r", { protocolVersion: 4 });
    const fields = { qos: 2, packetIdentifier: 5 } as const;
    repeater.publish("t", "1", fields);
    repeater.take();
    const receiver = subscriber("s", 1);
    const publisher = connect("p");
    publisher.publish("t", "2", { qos: 1 });
    repeater.publish("t", "1", { ...fields, isDuplicate: true });
    receiver.acknowledge(...receiver.publishes());
    assertEquals(takeTypes(publisher), ["puback"]);
    assertEquals(test.broker.statistics.publishSent, 1);
  },
);

storeTest(
  "the publisher is answered when the last receiver turns out to be too " +
    "late, whoever notices it",
  ({ connect, subscriber, test }) => {
    const receiver = subscriber("s", 1);
    receiver.transport.isStuck = true;
    const publisher = connect("p");
    publisher.publish("t", "x".repeat(2_000), { qos: 1 });
    publisher.publish("t", "late", {
      qos: 1,
      properties: { messageExpiryInterval: 1 },
    });
    assertEquals(publisher.take(), []);
    test.advance(2_000);
    receiver.transport.isStuck = false;
    test.tasks.run();
    receiver.acknowledge(...receiver.publishes());
    assertEquals(takeTypes(publisher), ["puback", "puback"]);
    assertEquals(test.drops, { expired: 1 });
  },
  { outputSoftLimitBytes: 1_024 },
);

storeTest(
  "messages whose acknowledgement waits count against the Receive Maximum " +
    "[MQTT-3.3.4-7]",
  ({ commit, connect, subscriber }) => {
    subscriber("s", 1).drop();
    const publisher = connect("p");
    publisher.publish("t", "1", { qos: 1 });
    publisher.publish("t", "2", { qos: 2 });
    commit();
    assertEquals(takeTypes(publisher), ["puback", "pubrec"]);
    publisher.publish("t", "3", { qos: 1 });
    assertEquals(publisher.isClosed, false);
    publisher.publish("t", "4", { qos: 1 });
    assertDisconnected(publisher, 0x93);
  },
  { receiveMaximum: 2 },
);

storeTest(
  "a 3.1.1 client that is owed too many acknowledgements is not read from " +
    "until half of them are sent",
  ({ commit, connect, subscriber }) => {
    subscriber("s", 1).drop();
    const publisher = connect("p", { protocolVersion: 4 });
    publisher.send(
      ...[1, 2, 3, 4, 5, 6].map((packetIdentifier) =>
        publishPacket("t", "", { qos: 1, packetIdentifier })
      ),
      { type: PacketType.pingreq },
    );
    assertEquals(publisher.transport.connection!.isHeld, true);
    assertEquals(publisher.take(), []);
    commit();
    const answers = Array.from({ length: 4 }, () => "puback");
    assertEquals(takeTypes(publisher), [...answers, "pingresp"]);
    commit();
    assertEquals(takeTypes(publisher), ["puback", "puback"]);
  },
  { receiveMaximum: 4 },
);

storeTest(
  "a store that fails leaves the messages it would have to keep with their " +
    "publishers",
  ({ connect, store, subscriber, test }) => {
    subscriber("s", 1).drop();
    const transient = subscriber("transient", 1, {});
    const publisher = connect("p");
    const old = connect("old", { protocolVersion: 4 });
    store.isFailing = true;
    publisher.publish("t", "1", { qos: 1, packetIdentifier: 1 });
    assertEquals(publisher.nextAnswer(PacketType.puback, 1), 0x97);
    publisher.publish("r", "2", { isRetained: true });
    old.publish("t", "3", { qos: 1 });
    assertEquals(old.take(), []);
    assertEquals(old.transport.connection!.isClosed, true);
    // Nobody was promised that a QoS 0 message is kept.
    assertEquals(test.broker.retained.count, 1);
    publisher.publish("t", "4");
    assertEquals(transient.payloads(), ["4"]);
    assertEquals(test.drops, { refused: 2, offline_qos0: 1 });
    store.isFailing = false;
  },
);

for (
  const [when, messageExpiryInterval] of [
    ["when the output drains", 0],
    ["though the output does not drain", 1],
  ] as const
) {
  storeTest(
    `an expired message is settled for its publisher ${when}`,
    ({ commit, connect, subscriber, test }) => {
      const receiver = subscriber("s", 1);
      receiver.send(subscribePacket(2, ["filler"]));
      commit();
      receiver.next(PacketType.suback);
      receiver.transport.isStuck = true;
      const publisher = connect("p");
      publisher.publish("filler", "x".repeat(2_000));
      publisher.publish("t", "late", {
        qos: 1,
        properties: { messageExpiryInterval },
      });
      assertEquals(publisher.take(), []);
      if (messageExpiryInterval > 0) test.advance(1_000);
      else {
        receiver.transport.isStuck = false;
        test.tasks.run();
      }
      assertEquals(takeTypes(publisher), ["puback"]);
      receiver.transport.isStuck = false;
    },
    { outputSoftLimitBytes: 1_024 },
  );
}

storeTest(
  "PUBACK of a retained message waits until it is stored, though nobody had " +
    "room for it",
  ({ commit, connect, subscriber }) => {
    subscriber("s", 1).drop();
    const publisher = connect("p", { protocolVersion: 4 });
    publisher.publish("t", "1", { qos: 1 });
    commit();
    assertEquals(takeTypes(publisher), ["puback"]);
    publisher.publish("t", "2", { qos: 1, isRetained: true });
    assertEquals(publisher.take(), []);
    commit();
    assertEquals(takeTypes(publisher), ["puback"]);
  },
  { maximumQueuedMessages: 1 },
);
