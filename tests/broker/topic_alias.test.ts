import { PacketType, type PublishPacket } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  assertDisconnected,
  brokerTest,
  payloadOf,
  publishPacket,
} from "./_harness.ts";

function alias(topicAlias: number): Pick<PublishPacket, "properties"> {
  return { properties: { topicAlias } };
}

/** The topics of messages, with aliases resolved as a client does it. */
function resolve(packets: PublishPacket[]): string[] {
  const names = new Map<number, string>();
  return packets.map(({ topicName, properties: { topicAlias } }) => {
    if (topicAlias === undefined) return topicName;
    if (topicName !== "") names.set(topicAlias, topicName);
    return names.get(topicAlias) ?? `unknown alias ${topicAlias}`;
  });
}

brokerTest(
  "a client may set, use and change every alias up to the maximum " +
    "[MQTT-3.3.2-12]",
  (test) => {
    const subscriber = test.connect("s");
    subscriber.subscribe({ topicFilter: "#", qos: 2 });
    const publisher = test.connect("p");
    publisher.send(
      publishPacket("one", "1", alias(1)),
      publishPacket("ten", "2", alias(10)),
      publishPacket("", "3", alias(1)),
      publishPacket("", "4", alias(10)),
      publishPacket("other", "5", alias(1)),
      publisher.publication("", "6", { ...alias(1), qos: 1 }),
      publisher.publication("", "7", { ...alias(10), qos: 2 }),
    );
    const packets = subscriber.publishes();
    assertEquals(
      packets.map((packet) => packet.topicName + payloadOf(packet)),
      ["one1", "ten2", "one3", "ten4", "other5", "other6", "ten7"],
    );
    // The publisher's aliases are its own affair.
    assertEquals(packets.map(({ properties }) => properties), [
      {},
      {},
      {},
      {},
      {},
      {},
      {},
    ]);
  },
);

brokerTest(
  "a message with an alias may be retained under the name it stands for",
  (test) => {
    const publisher = test.connect("p");
    publisher.publish("t", "1", alias(1));
    publisher.publish("", "2", { ...alias(1), isRetained: true });
    const subscriber = test.connect("s");
    subscriber.subscribe("#");
    assertEquals(subscriber.publishes().map(({ topicName }) => topicName), [
      "t",
    ]);
  },
);

for (
  const [name, topicAlias, topicName, reasonCode] of [
    ["an alias above the maximum [MQTT-3.3.2-9]", 11, "t", 0x94],
    ["an unknown alias above the maximum [MQTT-3.2.2-17]", 11, "", 0x94],
    ["an alias without a name behind it [MQTT-3.3.2-7]", 1, "", 0x82],
  ] as const
) {
  brokerTest(`${name} ends the connection`, (test) => {
    const publisher = test.connect("p");
    publisher.publish(topicName, "text", alias(topicAlias));
    assertDisconnected(publisher, reasonCode);
  });
}

brokerTest("the alias 0 ends the connection [MQTT-3.3.2-8]", (test) => {
  const publisher = test.connect("p");
  const bytes = publisher.encode(publishPacket("t", "", alias(1)));
  bytes[bytes.length - 1] = 0;
  publisher.sendBytes(bytes);
  assertDisconnected(publisher, 0x94);
});

brokerTest(
  "any alias ends the connection where none was announced [MQTT-3.2.2-18]",
  (test) => {
    const publisher = test.connect("p");
    publisher.publish("t", "text", alias(1));
    assertDisconnected(publisher, 0x94);
  },
  { limits: { topicAliasMaximum: 0 } },
);

brokerTest(
  "aliases end with their connection, although the session goes on " +
    "[MQTT-3.3.2-7]",
  (test) => {
    const properties = { sessionExpiryInterval: 100 };
    const first = test.connect("p", { properties });
    first.publish("t", "text", alias(1));
    first.drop();
    const again = test.connect("p", { properties, cleanStart: false });
    again.publish("", "text", alias(1));
    assertDisconnected(again, 0x82);
  },
);

brokerTest(
  "aliases of one connection mean nothing on another",
  (test) => {
    test.connect("a").publish("t", "text", alias(1));
    const other = test.connect("b");
    other.publish("", "text", alias(1));
    assertDisconnected(other, 0x82);
  },
);

brokerTest(
  "an alias that comes with a repeated QoS 2 message is set [MQTT-3.3.2-12]",
  (test) => {
    const properties = { sessionExpiryInterval: 100 };
    const first = test.connect("p", { properties });
    first.publish("t", "text", { qos: 2, packetIdentifier: 9 });
    first.drop();
    const again = test.connect("p", { properties, cleanStart: false });
    again.publish("t", "text", {
      ...alias(1),
      qos: 2,
      packetIdentifier: 9,
      isDuplicate: true,
    });
    assertEquals(again.nextAnswer(PacketType.pubrec, 9), 0);
    again.publish("", "next", alias(1));
    assertEquals(again.isClosed, false);
  },
);

brokerTest(
  "a message that waits for the authorizer keeps its alias",
  async (test) => {
    const subscriber = test.connect("s");
    subscriber.subscribe("#");
    test.authorizer.rule("publish", "t", null);
    const publisher = test.connect("p");
    publisher.send(
      publishPacket("t", "1", alias(1)),
      publishPacket("", "2", alias(1)),
    );
    test.authorizer.rule("publish", "t", true);
    test.authorizer.answerQuestions();
    await test.settle();
    assertEquals(
      subscriber.publishes().map((p) => p.topicName + payloadOf(p)),
      ["t1", "t2"],
    );
  },
);

brokerTest(
  "a client that allows aliases gets each name once, and the right topic " +
    "always [MQTT-3.1.2-26] [MQTT-3.3.2-11]",
  (test) => {
    const subscriber = test.connect("s", {
      properties: { topicAliasMaximum: 2 },
    });
    subscriber.subscribe({ topicFilter: "#", qos: 1 });
    const publisher = test.connect("p");
    const topics = ["a/1", "b/2", "c/3", "a/1", "c/3", "b/2", "a/1", "b/2"];
    topics.forEach((topicName, i) =>
      publisher.publish(topicName, `${i}`, { qos: i % 2 as 0 | 1 })
    );
    const packets = subscriber.publishes();
    assertEquals(resolve(packets), topics);
    assertEquals(
      packets.map(({ topicName, properties }) => [
        topicName,
        properties.topicAlias,
      ]),
      [
        ["a/1", 1],
        ["b/2", 2],
        ["c/3", undefined],
        ["", 1],
        ["c/3", undefined],
        ["", 2],
        ["", 1],
        ["", 2],
      ],
    );
  },
);

brokerTest(
  "the broker sets no more aliases than it was configured to",
  (test) => {
    const subscriber = test.connect("s", {
      properties: { topicAliasMaximum: 65_535 },
    });
    subscriber.subscribe("#");
    const publisher = test.connect("p");
    for (const topicName of ["a", "b", "a", "b"]) {
      publisher.publish(topicName, "");
    }
    const packets = subscriber.publishes();
    assertEquals(resolve(packets), ["a", "b", "a", "b"]);
    assertEquals(
      packets.map(({ properties }) => properties.topicAlias),
      [1, undefined, 1, undefined],
    );
  },
  { limits: { outboundTopicAliasMaximum: 1 } },
);

for (const topicAliasMaximum of [undefined, 0]) {
  brokerTest(
    `a client with Topic Alias Maximum ${topicAliasMaximum} gets no alias ` +
      "[MQTT-3.1.2-27]",
    (test) => {
      const subscriber = test.connect("s", {
        properties: { topicAliasMaximum },
      });
      subscriber.subscribe("#");
      const publisher = test.connect("p");
      for (let i = 0; i < 2; i++) publisher.publish("t", "");
      assertEquals(
        subscriber.publishes().map(({ topicName, properties }) => [
          topicName,
          properties,
        ]),
        [["t", {}], ["t", {}]],
      );
    },
  );
}

brokerTest(
  "what is sent again on the next connection has its name and new aliases " +
    "[MQTT-3.3.2-7]",
  (test) => {
    const fields = {
      cleanStart: false,
      properties: { sessionExpiryInterval: 100, topicAliasMaximum: 5 },
    };
    const first = test.connect("s", fields);
    first.subscribe({ topicFilter: "#", qos: 1 });
    const publisher = test.connect("p");
    for (const topicName of ["a", "b", "b"]) {
      publisher.publish(topicName, "", { qos: 1 });
    }
    const [a] = first.publishes();
    first.acknowledge(a);
    first.drop();
    const packets = test.connect("s", fields).publishes();
    assertEquals(resolve(packets), ["b", "b"]);
    assertEquals(packets[0].properties.topicAlias, 1);
  },
);

brokerTest(
  "an alias does not make a message too large that fits without " +
    "[MQTT-3.1.2-25]",
  (test) => {
    const packet = publishPacket("t", "x".repeat(60));
    const subscriber = test.connect("s", {
      properties: {
        topicAliasMaximum: 5,
        maximumPacketSize: test.open().encode(packet).length,
      },
    });
    subscriber.subscribe({ topicFilter: "t", qos: 0 });
    const publisher = test.connect("p");
    for (let i = 0; i < 2; i++) publisher.send(packet);
    assertEquals(subscriber.payloads(), ["x".repeat(60), "x".repeat(60)]);
    publisher.publish("t", "small");
    publisher.send(packet);
    assertEquals(
      subscriber.publishes().map(payloadOf),
      ["small", "x".repeat(60)],
    );
    assertEquals(test.drops, {});
  },
);
