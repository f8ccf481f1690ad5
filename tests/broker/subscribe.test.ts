import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  assertDisconnected,
  brokerTest,
  payloadOf,
  subscribePacket,
} from "./_harness.ts";

brokerTest(
  "SUBACK has the identifier of SUBSCRIBE and one code per filter in their " +
    "order [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT-3.9.3-1]",
  (test) => {
    const client = test.connect("c");
    client.send(subscribePacket(41, [
      { topicFilter: "a", qos: 2 },
      { topicFilter: "b", qos: 0 },
      { topicFilter: "$share/g/c", qos: 1 },
    ]));
    const suback = client.next(PacketType.suback);
    assertEquals(suback.packetIdentifier, 41);
    assertEquals(suback.reasonCodes, [2, 0, 1]);
    assertEquals(client.take(), []);
    assertEquals(test.broker.router.subscriptions.size, 3);
  },
);

brokerTest(
  "no more than the Maximum QoS is granted [MQTT-3.2.2-10]",
  (test) => {
    const client = test.connect("c");
    const filters = ([0, 1, 2] as const).map((qos) => ({
      topicFilter: `t${qos}`,
      qos,
    }));
    assertEquals(client.subscribe(filters), [0, 1, 1]);
  },
  { limits: { maximumQos: 1 } },
);

const NOTHING_OFFERED = {
  limits: {
    wildcardSubscriptionAvailable: false,
    sharedSubscriptionAvailable: false,
    subscriptionIdentifierAvailable: false,
  },
};

brokerTest(
  "5.0: asking for what CONNACK denied ends the connection [MQTT-4.13.1-1]",
  (test) => {
    for (
      const [topicFilter, reasonCode, ...identifiers] of [
        ["a/+", 0xa2],
        ["$share/g/a", 0x9e],
        ["$share/g/#", 0x9e],
        ["a", 0xa1, 1],
      ] as const
    ) {
      const client = test.connect("c");
      client.send(subscribePacket(1, ["good", topicFilter], {
        subscriptionIdentifiers: identifiers,
      }));
      assertDisconnected(client, reasonCode);
      assertEquals(test.broker.router.subscriptions.size, 0);
    }
  },
  NOTHING_OFFERED,
);

brokerTest(
  "3.1.1: what is not offered is refused filter by filter " +
    "[3.1.1 MQTT-3.8.3-2]",
  (test) => {
    const client = test.connect("c", { protocolVersion: 4 });
    assertEquals(
      client.subscribe(["a/+", "$share/g/a", "$share/g/#", "a"]),
      [0x80, 0x80, 0x80, 0],
    );
    assertEquals(test.broker.router.subscriptions.size, 1);
  },
  NOTHING_OFFERED,
);

brokerTest(
  "a filter with too many levels is refused",
  (test) => {
    const client = test.connect("c");
    assertEquals(
      client.subscribe(["a/b/c", "a/b/c/d", "$share/g/a/b/c"]),
      [0, 0x8f, 0],
    );
    assertEquals(
      test.observer.ofKind("request refused").map(({ cause }) => cause),
      [
        'SUBSCRIBE to "a/b/c/d" is refused with 0x8f: it has 4 levels, the ' +
        "maximum is 3",
      ],
    );
  },
  { limits: { maximumTopicLevels: 3 } },
);

brokerTest(
  "a subscription over the maximum is refused, a replacement is not " +
    "[MQTT-3.8.4-3]",
  (test) => {
    const client = test.connect("c");
    assertEquals(client.subscribe(["a", "b", "c"]), [0, 0, 0x97]);
    assertEquals(client.subscribe({ topicFilter: "a", qos: 1 }), [1]);
    client.unsubscribe("b");
    assertEquals(client.subscribe("c"), [0]);
  },
  { limits: { maximumSubscriptionsPerClient: 2 } },
);

brokerTest(
  "a refusal is reported once for each kind and client",
  (test) => {
    const client = test.connect("c");
    client.subscribe(["a", "b", "c"]);
    client.subscribe("d");
    const reports = test.observer.ofKind("request refused");
    assertEquals(reports.map(({ cause }) => cause), [
      'SUBSCRIBE to "b" is refused with 0x97: the session has 1 ' +
      "subscriptions, the maximum is 1",
    ]);
  },
  { limits: { maximumSubscriptionsPerClient: 1 } },
);

brokerTest(
  "a repeated filter replaces the subscription: one copy, new options " +
    "[MQTT-3.8.4-3]",
  (test) => {
    const client = test.connect("c");
    client.subscribe({ topicFilter: "t", qos: 2 }, {
      subscriptionIdentifiers: [1],
    });
    client.subscribe("t", { subscriptionIdentifiers: [2] });
    test.connect("publisher").exchange("t", "text", { qos: 2 });
    const [message, ...others] = client.publishes();
    assertEquals(message.qos, 0);
    assertEquals(message.properties.subscriptionIdentifiers, [2]);
    assertEquals(others, []);
    assertEquals(test.broker.router.subscriptions.size, 1);
  },
);

brokerTest(
  "filters of one SUBSCRIBE take effect in their order [MQTT-3.8.4-5]",
  (test) => {
    const client = test.connect("c");
    client.subscribe([
      { topicFilter: "t", qos: 1 },
      { topicFilter: "t", qos: 0 },
    ]);
    test.connect("publisher").exchange("t", "text", { qos: 1 });
    assertEquals(client.publishes().map(({ qos }) => qos), [0]);
  },
);

brokerTest(
  "No Local leaves out the client's own messages, and only these " +
    "[MQTT-3.8.3-3]",
  (test) => {
    const client = test.connect("c");
    client.subscribe({ topicFilter: "t", noLocal: true });
    client.publish("t", "own");
    test.connect("publisher").publish("t", "other");
    assertEquals(client.payloads(), ["other"]);
  },
);

brokerTest(
  "a client gets its own messages by its subscriptions without No Local only " +
    "[MQTT-3.8.3-3] [MQTT-3.3.4-3]",
  (test) => {
    const client = test.connect("c");
    client.subscribe({ topicFilter: "t", qos: 1, noLocal: true }, {
      subscriptionIdentifiers: [5],
    });
    client.subscribe("+", { subscriptionIdentifiers: [7] });
    client.publish("t", "own", { qos: 1 });
    test.connect("publisher").publish("t", "other", { qos: 1 });
    const messages = client.take().flatMap((packet) =>
      packet.type === PacketType.publish ? [packet] : []
    );
    assertEquals(
      messages.map((message) => [
        payloadOf(message),
        message.qos,
        message.properties.subscriptionIdentifiers?.sort(),
      ]),
      [["own", 0, [7]], ["other", 1, [5, 7]]],
    );
  },
);

brokerTest(
  "Retain As Published decides on RETAIN of live messages [MQTT-3.3.1-12] " +
    "[MQTT-3.3.1-13]",
  (test) => {
    const publisher = test.connect("publisher");
    for (const qos of [0, 1, 2] as const) {
      for (const retainAsPublished of [false, true]) {
        const client = test.connect("c");
        client.subscribe({ topicFilter: "t", qos, retainAsPublished });
        publisher.publish("t", "1", { isRetained: true, qos });
        publisher.publish("t", "2", { isRetained: false, qos });
        assertEquals(
          client.publishes().map(({ isRetained }) => isRetained),
          [retainAsPublished, false],
        );
        publisher.publish("t", "", { isRetained: true });
        publisher.take();
      }
    }
  },
);

brokerTest(
  "overlapping subscriptions bring one copy at the highest QoS with all " +
    "identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4]",
  (test) => {
    const client = test.connect("c");
    const identified = (identifier: number) => ({
      subscriptionIdentifiers: [identifier],
    });
    client.subscribe({ topicFilter: "a/b", qos: 0 }, identified(1));
    client.subscribe({ topicFilter: "a/+", qos: 2 }, identified(268_435_455));
    client.subscribe({ topicFilter: "#", qos: 1 }, identified(1));
    client.subscribe({ topicFilter: "a/#", qos: 1 });
    test.connect("publisher").publish("a/b", "text", { qos: 2 });
    const [message, ...others] = client.publishes();
    assertEquals(message.qos, 2);
    assertEquals(
      message.properties.subscriptionIdentifiers?.sort(),
      [1, 1, 268_435_455],
    );
    assertEquals(others, []);
  },
);

brokerTest(
  "a message carries the identifiers of matching subscriptions only " +
    "[MQTT-3.3.4-3]",
  (test) => {
    const client = test.connect("c");
    client.subscribe("a", { subscriptionIdentifiers: [1] });
    client.subscribe("b", { subscriptionIdentifiers: [2] });
    client.subscribe("c");
    const publisher = test.connect("publisher");
    for (const topicName of ["a", "b", "c"]) publisher.publish(topicName, "");
    assertEquals(
      client.publishes().map(({ properties }) =>
        properties.subscriptionIdentifiers
      ),
      [[1], [2], undefined],
    );
  },
);

brokerTest(
  "wildcards in the first level do not match topics that begin with $ " +
    "[MQTT-4.7.2-1]",
  (test) => {
    const client = test.connect("c");
    client.subscribe(["#", "+/x", "$SYS/+"]);
    test.broker.publish({
      ...client.publication("$SYS/x", "text"),
    });
    test.tasks.run();
    assertEquals(client.payloads(), ["text"]);
  },
);

brokerTest(
  "UNSUBACK has one code per filter and wildcards are not expanded " +
    "[MQTT-3.10.4-1] [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.11.3-1]",
  (test) => {
    const client = test.connect("c");
    client.subscribe(["a/b", "a/+", "$share/g/a/b"]);
    assertEquals(
      client.unsubscribe("a/#", "a/b", "a/b", "A/+", "$share/h/a/b"),
      [0x11, 0, 0x11, 0x11, 0x11],
    );
    assertEquals(test.broker.router.subscriptions.size, 2);
    assertEquals(client.unsubscribe("$share/g/a/b", "a/+"), [0, 0]);
    assertEquals(test.broker.router.subscriptions.size, 0);
  },
);

brokerTest(
  "3.1.1: UNSUBACK has no codes [3.1.1 MQTT-3.10.4-4]",
  (test) => {
    const client = test.connect("c", { protocolVersion: 4 });
    client.subscribe("a");
    assertEquals(client.unsubscribe("a", "b"), []);
    assertEquals(test.broker.router.subscriptions.size, 0);
  },
);

brokerTest(
  "after UNSUBSCRIBE nothing new comes, what was begun is finished " +
    "[MQTT-3.10.4-2] [MQTT-3.10.4-3]",
  (test) => {
    const client = test.connect("c");
    const publisher = test.connect("publisher");
    client.subscribe({ topicFilter: "t", qos: 2 });
    publisher.publish("t", "before", { qos: 2 });
    const [before] = client.publishes();
    client.unsubscribe("t");
    publisher.publish("t", "after", { qos: 2 });
    assertEquals(client.take(), []);
    client.acknowledge(before);
    assertEquals(client.take(), []);
    const { window } = test.broker.sessions.get("c")!;
    assertEquals(window.count, 0);
  },
);

brokerTest(
  "a faulty filter among good ones subscribes to none of them",
  (test) => {
    const client = test.connect("c");
    client.send(subscribePacket(1, ["good", "bad#"]));
    assertDisconnected(client, 0x82);
    assertEquals(test.broker.router.subscriptions.size, 0);
  },
);

brokerTest(
  "filters are compared as they are, without normalisation [MQTT-4.7.3-4]",
  (test) => {
    const client = test.connect("c");
    client.subscribe(["é", "A"]);
    const publisher = test.connect("publisher");
    for (const topicName of ["e\u0301", "a", "é", "A"]) {
      publisher.publish(topicName, topicName);
    }
    assertEquals(client.payloads(), ["é", "A"]);
  },
);

brokerTest(
  "the observer is told of subscriptions, and of none that was refused or is gone",
  (test) => {
    const client = test.connect("a");
    client.subscribe({ topicFilter: "a/#", qos: 1 });
    client.unsubscribe("a/#", "never/there");
    const told = (kind: "subscribed" | "unsubscribed") =>
      test.observer.ofKind(kind).map(({ cause, reasonCode }) => [
        cause,
        reasonCode,
      ]);
    assertEquals(told("subscribed"), [["a/#", 1]]);
    assertEquals(told("unsubscribed"), [["a/#", 0]]);
  },
);
