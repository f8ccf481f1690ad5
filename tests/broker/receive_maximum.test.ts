import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  assertDisconnected,
  brokerTest,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** Two clients, one that subscribes to everything at QoS 2 and one that publishes. */
function setUp(
  test: TestBroker,
): { subscriber: TestClient; publisher: TestClient } {
  const subscriber = test.connect("subscriber");
  subscriber.subscribe({ topicFilter: "#", qos: 2 });
  return { subscriber, publisher: test.connect("publisher") };
}

brokerTest(
  "more QoS 2 messages than the Receive Maximum end the connection " +
    "[MQTT-3.3.4-7]",
  (test) => {
    const { publisher } = setUp(test);
    for (let i = 1; i <= 3; i++) {
      publisher.publish("t", "", { qos: 2 });
      publisher.nextAnswer(PacketType.pubrec, i);
    }
    // A repeat is none of a fourth.
    publisher.publish("t", "", {
      qos: 2,
      packetIdentifier: 2,
      isDuplicate: true,
    });
    publisher.nextAnswer(PacketType.pubrec, 2);
    publisher.answer(PacketType.pubrel, 1);
    publisher.nextAnswer(PacketType.pubcomp, 1);
    publisher.publish("t", "", { qos: 2 });
    publisher.nextAnswer(PacketType.pubrec, 4);
    publisher.publish("t", "", { qos: 2 });
    assertDisconnected(publisher, 0x93);
  },
  { limits: { receiveMaximum: 3 } },
);

brokerTest(
  "QoS 1 and refused QoS 2 messages leave the Receive Maximum free " +
    "[MQTT-4.9.0-2]",
  (test) => {
    const { publisher } = setUp(test);
    for (let i = 0; i < 5; i++) {
      assertEquals(publisher.exchange("t", "", { qos: 1 }), 0);
      assertEquals(publisher.exchange("$x", "", { qos: 2 }), 0x87);
    }
    assertEquals(publisher.isClosed, false);
  },
  { limits: { receiveMaximum: 1 } },
);

brokerTest(
  "3.1.1 knows no Receive Maximum",
  (test) => {
    const publisher = test.connect("p", { protocolVersion: 4 });
    for (let i = 0; i < 5; i++) publisher.publish("t", "", { qos: 2 });
    assertEquals(publisher.take().length, 5);
  },
  { limits: { receiveMaximum: 1 } },
);

brokerTest(
  "the Receive Maximum counts anew on each connection [MQTT-4.9.0-1]",
  (test) => {
    const fields = {
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    };
    const first = test.connect("p", fields);
    first.publish("t", "", { qos: 2, packetIdentifier: 1 });
    first.publish("t", "", { qos: 2, packetIdentifier: 2 });
    first.drop();
    const again = test.connect("p", fields);
    again.publish("t", "", { qos: 2, packetIdentifier: 3 });
    assertEquals(again.nextAnswer(PacketType.pubrec, 3), 0x10);
    again.publish("t", "", { qos: 2, packetIdentifier: 4 });
    assertEquals(again.nextAnswer(PacketType.pubrec, 4), 0x10);
    again.publish("t", "", { qos: 2, packetIdentifier: 5 });
    assertDisconnected(again, 0x93);
  },
  { limits: { receiveMaximum: 2 } },
);
