import { type Packet, PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  brokerTest,
  publishPacket,
} from "./_harness.ts";

const PING: Packet = { type: PacketType.pingreq };

brokerTest(
  "a client that is silent for 1.5 times its Keep Alive is disconnected " +
    "[MQTT-3.1.2-22]",
  (test) => {
    const client = test.connect("c", { keepAliveSeconds: 10 });
    test.advance(14_999);
    assertEquals(client.isClosed, false);
    test.advance(1);
    assertDisconnected(client, 0x8d);
  },
);

brokerTest(
  "3.1.1: a silent client is closed without a packet [3.1.1 MQTT-3.1.2-24]",
  (test) => {
    const client = test.connect("c", {
      keepAliveSeconds: 10,
      protocolVersion: 4,
    });
    test.advance(15_000);
    assertClosedSilently(client);
  },
);

brokerTest(
  "the Keep Alive counts from CONNECT and anew from each packet " +
    "[MQTT-3.1.2-22] [MQTT-3.12.4-1]",
  (test) => {
    const client = test.connect("c", { keepAliveSeconds: 10 });
    for (const packet of [PING, publishPacket("t", ""), PING]) {
      test.advance(14_999);
      client.send(packet);
    }
    assertEquals(
      client.take().map(({ type }) => type),
      [PacketType.pingresp, PacketType.pingresp],
    );
    test.advance(14_999);
    assertEquals(client.isClosed, false);
    test.advance(1);
    assertDisconnected(client, 0x8d);
  },
);

brokerTest(
  "Keep Alive 0 switches the check off [MQTT-3.1.2-22]",
  (test) => {
    const client = test.connect("c", { keepAliveSeconds: 0 });
    assertEquals(test.broker.timers.size, 0);
    test.advance(365 * 86_400_000);
    assertEquals(client.isClosed, false);
  },
);

brokerTest(
  "a Keep Alive timeout publishes the Will and starts the session's expiry " +
    "[MQTT-3.1.2-22]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("will");
    test.connect("c", {
      keepAliveSeconds: 10,
      willMessage: {},
      properties: { sessionExpiryInterval: 5 },
    });
    test.advance(15_000);
    assertEquals(watcher.payloads(), ["gone"]);
    test.advance(4_999);
    assertEquals(test.broker.sessions.count, 2);
    test.advance(1);
    assertEquals(test.broker.sessions.count, 1);
  },
);

brokerTest(
  "sending to a client does not keep it alive",
  (test) => {
    const client = test.connect("c", { keepAliveSeconds: 10 });
    client.subscribe("t");
    const publisher = test.connect("publisher");
    for (let i = 0; i < 3; i++) {
      test.advance(5_000);
      publisher.publish("t", "text");
    }
    assertEquals(client.isClosed, true);
  },
);

brokerTest(
  "a client that the broker itself does not read from is not silent",
  async (test) => {
    test.authorizer.rule("publish", "t", null);
    const client = test.connect("c", { keepAliveSeconds: 10 });
    client.publish("t", "text");
    test.advance(100_000);
    assertEquals(client.isClosed, false);
    test.authorizer.rule("publish", "t", true);
    test.authorizer.answerQuestions();
    await test.settle();
    test.advance(14_999);
    assertEquals(client.isClosed, false);
    test.advance(1);
    assertDisconnected(client, 0x8d);
  },
);

const GRANT = { limits: { maximumKeepAliveSeconds: 20 } };

brokerTest(
  "a longer Keep Alive than granted is replaced, and the client is told " +
    "[MQTT-3.1.2-21] [MQTT-3.2.2-21]",
  (test) => {
    for (const keepAliveSeconds of [0, 21, 65_535]) {
      const client = test.open();
      const { properties } = client.connect("c", { keepAliveSeconds });
      assertEquals(properties.serverKeepAlive, 20);
      test.advance(29_999);
      assertEquals(client.isClosed, false);
      test.advance(1);
      assertDisconnected(client, 0x8d);
    }
  },
  GRANT,
);

brokerTest(
  "a shorter Keep Alive is taken as it is [MQTT-3.2.2-22]",
  (test) => {
    const client = test.open();
    const { properties } = client.connect("c", { keepAliveSeconds: 20 });
    assertEquals(properties.serverKeepAlive, undefined);
    assertEquals(client.transport.connection!.keepAliveSeconds, 20);
  },
  GRANT,
);

brokerTest(
  "3.1.1 has no Server Keep Alive, so the client's own holds",
  (test) => {
    const client = test.connect("c", {
      keepAliveSeconds: 60,
      protocolVersion: 4,
    });
    test.advance(89_999);
    assertEquals(client.isClosed, false);
    test.advance(1);
    assertClosedSilently(client);
  },
  GRANT,
);
