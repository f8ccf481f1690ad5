import {
  type AcknowledgementPacket,
  PacketType,
  type PublishPacket,
} from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest, connectPacket, payloadOf } from "./_harness.ts";
import {
  lasting,
  publishAll,
  setUp,
  takeDescribed,
  windowOf,
} from "./_lasting.ts";

brokerTest(
  "unacknowledged messages are sent again on resumption, with DUP, their " +
    "identifiers and in their order [MQTT-4.4.0-1] [MQTT-3.3.1-1] " +
    "[3.1.1 MQTT-4.6.0-6]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "ab", 1);
    publishAll(publisher, "c", 2);
    publishAll(publisher, "d", 1);
    client.acknowledge(client.publishes()[1]);
    client.drop();
    publishAll(publisher, "e", 1);
    for (let i = 0; i < 2; i++) {
      const again = test.connect("c", lasting());
      assertEquals(takeDescribed(again), [
        "PUBLISH 1 dup a",
        "PUBLISH 3 dup c",
        "PUBLISH 4 dup d",
        i === 0 ? "PUBLISH 5 e" : "PUBLISH 5 dup e",
      ]);
      again.drop();
    }
  },
);

brokerTest(
  "messages are sent again to a 3.1.1 client as well [3.1.1 MQTT-4.4.0-1]",
  (test) => {
    const fields = { protocolVersion: 4, cleanStart: false } as const;
    const { client, publisher } = setUp(test, fields);
    publishAll(publisher, "a", 1);
    client.drop();
    assertEquals(takeDescribed(test.connect("c", fields)), ["PUBLISH 1 dup a"]);
  },
);

brokerTest(
  "after PUBREC it is PUBREL that is sent again, never the message " +
    "[MQTT-4.3.3-6] [MQTT-4.4.0-1]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "ab", 2);
    client.take();
    client.answer(PacketType.pubrec, 1);
    client.drop();
    const again = test.connect("c", lasting());
    assertEquals(
      takeDescribed(again).sort(),
      ["PUBLISH 2 dup b", "PUBREL 1"],
    );
    again.answer(PacketType.pubcomp, 1);
    again.acknowledge({ qos: 2, packetIdentifier: 2 } as PublishPacket);
    assertEquals(windowOf(test), [0, 0]);
  },
);

brokerTest(
  "nothing is sent again while the connection stands [MQTT-4.4.0-1]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "a", 1);
    client.take();
    test.advance(3_600_000);
    assertEquals(client.take(), []);
  },
);

brokerTest(
  "sending again keeps to the Receive Maximum of the new connection " +
    "[MQTT-3.3.4-9]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "abc", 1);
    client.drop();
    publishAll(publisher, "d", 1);
    const again = test.connect("c", lasting(2));
    const [a, b] = again.publishes();
    assertEquals([a, b].map(payloadOf), ["a", "b"]);
    again.acknowledge(a);
    assertEquals(takeDescribed(again), ["PUBLISH 3 dup c"]);
    again.acknowledge(b);
    assertEquals(takeDescribed(again), ["PUBLISH 4 d"]);
  },
);

brokerTest(
  "PUBREL does not wait for the Receive Maximum, and takes none of it " +
    "[MQTT-3.3.4-10] [MQTT-4.9.0-2]",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "abcd", 2);
    client.take();
    for (const packetIdentifier of [3, 2, 4]) {
      client.answer(PacketType.pubrec, packetIdentifier);
    }
    client.drop();
    const again = test.connect("c", lasting(1));
    assertEquals(
      takeDescribed(again).sort(),
      ["PUBLISH 1 dup a", "PUBREL 2", "PUBREL 3", "PUBREL 4"],
    );
    publishAll(publisher, "e", 1);
    for (const packetIdentifier of [2, 3, 4]) {
      again.answer(PacketType.pubcomp, packetIdentifier);
    }
    assertEquals(takeDescribed(again), []);
    again.acknowledge({ qos: 2, packetIdentifier: 1 } as PublishPacket);
    assertEquals(takeDescribed(again), ["PUBLISH 5 e"]);
  },
);

brokerTest(
  "an acknowledgement that comes before the message is sent again settles it",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "ab", 1);
    client.drop();
    const again = test.open();
    const puback: AcknowledgementPacket = {
      type: PacketType.puback,
      packetIdentifier: 2,
      reasonCode: 0,
      properties: {},
    };
    again.send(connectPacket("c", lasting(1)), puback);
    again.next(PacketType.connack);
    assertEquals(takeDescribed(again), ["PUBLISH 1 dup a"]);
    again.answer(PacketType.puback, 1);
    assertEquals(takeDescribed(again), []);
    assertEquals(windowOf(test), [0, 0]);
  },
);

brokerTest(
  "a takeover sends to the new connection what the old one did not " +
    "acknowledge",
  (test) => {
    const { client, publisher } = setUp(test);
    publishAll(publisher, "a", 1);
    client.take();
    const again = test.connect("c", lasting());
    assertEquals(takeDescribed(again), ["PUBLISH 1 dup a"]);
  },
);
