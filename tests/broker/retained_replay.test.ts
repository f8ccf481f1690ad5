import { PacketType, type PublishPacket } from "../../src/codec/mod.ts";
import { assert, assertEquals, assertLess } from "../_assert.ts";
import {
  brokerTest,
  payloadOf,
  subscribePacket,
  type TestBroker,
} from "./_harness.ts";

/** Retains the texts "0" to "{count - 1}" under "r/0" to "r/{count - 1}". */
function retainMany(test: TestBroker, count: number, qos: 0 | 1 = 0): string[] {
  const publisher = test.connect("many");
  const texts = Array.from({ length: count }, (_, i) => `${i}`);
  publisher.send(
    ...texts.map((text) =>
      publisher.publication(`r/${text}`, text, { isRetained: true, qos })
    ),
  );
  publisher.disconnect();
  return texts;
}

function sorted(packets: PublishPacket[]): string[] {
  return packets.map(payloadOf).sort((a, b) => Number(a) - Number(b));
}

brokerTest(
  "a slow client gets all of many retained messages, a part at a time",
  (test) => {
    const texts = retainMany(test, 2_000);
    const client = test.connect("c");
    client.transport.isStuck = true;
    client.send({ type: PacketType.pingreq });
    const connection = client.transport.connection!;
    const subscribed = client.encode(
      subscribePacket(1, [{ topicFilter: "#", qos: 0 }]),
    );
    client.sendBytes(subscribed);
    assertLess(connection.pendingBytes, 2_048);
    client.transport.isStuck = false;
    test.tasks.run();
    client.next(PacketType.pingresp);
    client.next(PacketType.suback);
    assertEquals(sorted(client.publishes()), texts);
    assertEquals(test.drops, {});
  },
  { limits: { outputSoftLimitBytes: 1_024, outputHardLimitBytes: 4_096 } },
);

brokerTest(
  "many retained messages at QoS 1 come as fast as they are acknowledged " +
    "[MQTT-3.3.4-9]",
  (test) => {
    const texts = retainMany(test, 300, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 7 } });
    client.subscribe({ topicFilter: "r/+", qos: 1 });
    const first = client.publishes();
    assertEquals(first.length, 7);
    client.acknowledge(...first);
    assertEquals(sorted([...first, ...client.drain()]), texts);
  },
);

brokerTest(
  "the retained messages that a client left open come on its next connection",
  (test) => {
    const texts = retainMany(test, 30, 1);
    const fields = {
      cleanStart: false,
      properties: { receiveMaximum: 10, sessionExpiryInterval: 100 },
    };
    const client = test.connect("c", fields);
    client.subscribe({ topicFilter: "r/+", qos: 1 });
    assertEquals(client.publishes().length, 10);
    client.drop();
    assertEquals(sorted(test.connect("c", fields).drain()), texts);
  },
);

brokerTest(
  "UNSUBSCRIBE stops the retained messages that are still to come " +
    "[MQTT-3.10.4-2]",
  (test) => {
    retainMany(test, 30, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 10 } });
    client.subscribe({ topicFilter: "r/+", qos: 1 });
    const first = client.publishes();
    client.unsubscribe("r/+");
    client.acknowledge(...first);
    assertEquals(client.take(), []);
  },
);

brokerTest(
  "retained messages that change while they are sent come as they are then",
  (test) => {
    const texts = retainMany(test, 30, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 10 } });
    client.subscribe({ topicFilter: "r/+", qos: 1, retainHandling: 0 });
    const first = client.publishes();
    const seen = new Set(first.map(payloadOf));
    const [removed, replaced] = texts.filter((text) => !seen.has(text));
    const publisher = test.connect("publisher");
    publisher.publish(`r/${removed}`, "", { isRetained: true });
    publisher.publish(`r/${replaced}`, "1000", { isRetained: true });
    client.acknowledge(...first);
    const rest = client.drain();
    const retained = [...first, ...rest].filter(({ isRetained }) => isRetained);
    assertEquals(
      sorted(retained),
      texts.filter((text) => text !== removed)
        .map((text) => text === replaced ? "1000" : text)
        .sort((a, b) => Number(a) - Number(b)),
    );
  },
);

brokerTest(
  "a long search ends with its connection",
  (test) => {
    retainMany(test, 5_000);
    const client = test.connect("c");
    client.subscribe("r/+/x");
    client.disconnect();
    test.advance(1_000);
    assertEquals(test.broker.timers.size, 0);
  },
);

brokerTest(
  "a long search for retained messages lets others go in between",
  (test) => {
    retainMany(test, 5_000);
    const publisher = test.connect("publisher");
    publisher.publish("r/last/x", "found", { isRetained: true });
    const client = test.connect("c");
    client.subscribe("r/+/x");
    let turns = 0;
    while (client.inbox.length === 0) {
      assert(test.clock.alarmAtMs < Infinity, "nothing goes on");
      test.advance(test.clock.alarmAtMs - test.clock.nowMs());
      turns++;
    }
    assertEquals(client.payloads(), ["found"]);
    assert(turns > 1, "it was one search");
  },
);

brokerTest(
  "a repeated SUBSCRIBE begins anew with the retained messages, and what it " +
    "replaces is forgotten [MQTT-3.8.4-3] [MQTT-3.8.4-4]",
  (test) => {
    const texts = retainMany(test, 30, 1);
    const client = test.connect("c", { properties: { receiveMaximum: 1 } });
    const session = test.broker.sessions.get("c")!;
    for (let i = 0; i < 5; i++) {
      client.send(subscribePacket(i + 1, [{ topicFilter: "r/+", qos: 1 }]));
      assertEquals(session.retainedReplays.length, 1);
    }
    const [message, ...subacks] = client.take()
      .sort((a, b) => a.type - b.type) as [PublishPacket];
    assertEquals(subacks.length, 5);
    client.acknowledge(message);
    assertEquals(sorted(client.drain()), texts);
  },
);
