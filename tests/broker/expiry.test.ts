import { assertEquals } from "../_assert.ts";
import {
  brokerTest,
  type ConnectFields,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

const LASTING: ConnectFields = {
  cleanStart: false,
  properties: { sessionExpiryInterval: 1_000, receiveMaximum: 1 },
};

/** "c", away, with a subscription to "t" at QoS 2; messages may expire. */
function setUp(test: TestBroker): {
  publish: (payload: string, seconds?: number, qos?: 0 | 1 | 2) => number;
  connect: () => TestClient;
} {
  const client = test.connect("c", LASTING);
  client.subscribe({ topicFilter: "t", qos: 2 });
  client.drop();
  const publisher = test.connect("publisher");
  return {
    publish: (payload, messageExpiryInterval, qos = 1) =>
      publisher.exchange("t", payload, {
        qos,
        properties: { messageExpiryInterval },
      }),
    connect: () => test.connect("c", LASTING),
  };
}

brokerTest(
  "a waiting message is dropped when its time is over, and goes with what is " +
    "left of it before [MQTT-3.3.2-5] [MQTT-3.3.2-6]",
  (test) => {
    const { publish, connect } = setUp(test);
    publish("expired", 10);
    publish("left", 13);
    publish("for ever");
    test.advance(10_000);
    const packets = connect().drain();
    assertEquals(
      packets.map((packet) => [
        payloadOf(packet),
        packet.properties.messageExpiryInterval,
      ]),
      [["left", 3], ["for ever", undefined]],
    );
    assertEquals(test.drops, { expired: 1 });
  },
);

brokerTest(
  "a message that goes out at once has its whole time [MQTT-3.3.2-6]",
  (test) => {
    for (const qos of [0, 1, 2] as const) {
      const client = test.connect("live");
      client.subscribe({ topicFilter: "t", qos });
      test.connect("publisher").publish("t", "text", {
        qos: 2,
        properties: { messageExpiryInterval: 4_294_967_295 },
      });
      const [{ properties }] = client.publishes();
      assertEquals(properties, { messageExpiryInterval: 4_294_967_295 });
    }
  },
);

brokerTest(
  "3.1.1 clients get messages within their time, without properties",
  (test) => {
    const client = test.connect("c4", { protocolVersion: 4 });
    client.subscribe("t");
    test.connect("publisher").publish("t", "text", {
      properties: { messageExpiryInterval: 5 },
    });
    assertEquals(client.publishes().map(({ properties }) => properties), [{}]);
  },
);

brokerTest(
  "a QoS 2 exchange that has begun is finished after the expiry " +
    "[MQTT-4.3.3-7] [MQTT-4.3.3-13]",
  (test) => {
    const { publish, connect } = setUp(test);
    publish("text", 10, 2);
    const [first] = connect().publishes();
    assertEquals(first.properties.messageExpiryInterval, 10);
    test.advance(20_000);
    const again = connect();
    const [repeat] = again.publishes();
    assertEquals(repeat.isDuplicate, true);
    assertEquals(repeat.properties.messageExpiryInterval, 0);
    again.acknowledge(repeat);
    const { window } = test.broker.sessions.get("c")!;
    assertEquals(window.count, 0);
    assertEquals(test.drops, {});
  },
);

brokerTest(
  "an interval of 0 lets a message pass that need not wait",
  (test) => {
    for (const properties of [{}, { sessionExpiryInterval: 100 }]) {
      const client = test.connect("live", { properties });
      for (const qos of [0, 1, 2] as const) {
        client.subscribe({ topicFilter: "t", qos });
        test.connect("publisher").publish("t", "text", {
          qos: 2,
          properties: { messageExpiryInterval: 0 },
        });
        const [packet] = client.publishes();
        assertEquals(packet.qos, qos);
        assertEquals(packet.properties, { messageExpiryInterval: 0 });
      }
    }
  },
);

brokerTest(
  "messages that expired in a full queue make room for new ones " +
    "[MQTT-3.3.2-5]",
  (test) => {
    const { publish, connect } = setUp(test);
    for (const payload of ["a", "b", "c"]) publish(payload, 10);
    assertEquals(publish("d"), 0x97);
    test.advance(10_000);
    assertEquals(publish("e"), 0);
    assertEquals(connect().drain().map(payloadOf), ["e"]);
    assertEquals(test.drops, { queue_full: 1, expired: 3 });
  },
  { limits: { maximumQueuedMessages: 3 } },
);

brokerTest(
  "a queue whose head is expired makes room at once [MQTT-3.3.2-5]",
  (test) => {
    const { publish, connect } = setUp(test);
    for (const payload of ["a", "b", "c"]) publish(payload, 0);
    assertEquals(publish("d"), 0);
    assertEquals(connect().drain().map(payloadOf), ["d"]);
    assertEquals(test.drops, { expired: 3 });
  },
  { limits: { maximumQueuedMessages: 3 } },
);

/** What waits for "c". */
function queued(test: TestBroker): string[] {
  const payloads: string[] = [];
  test.broker.sessions.get("c")!.queue.forEach(({ message }) => {
    const { payloadBytes, payloadStart, payloadEnd } = message;
    const bytes = payloadBytes.subarray(payloadStart, payloadEnd);
    payloads.push(new TextDecoder().decode(bytes));
  });
  return payloads;
}

brokerTest(
  "what expires in the queue of a client that is away is dropped though " +
    "nobody comes for it, wherever it stands [MQTT-3.3.2-5]",
  (test) => {
    const { publish } = setUp(test);
    const timerCount = test.broker.timers.size;
    publish("for ever");
    publish("long", 100);
    publish("short", 10);
    publish("last");
    test.advance(10_000);
    assertEquals(queued(test), ["for ever", "long", "last"]);
    publish("shorter", 5);
    test.advance(5_000);
    assertEquals(queued(test), ["for ever", "long", "last"]);
    test.advance(85_000);
    assertEquals(queued(test), ["for ever", "last"]);
    assertEquals(test.drops, { expired: 3 });
    assertEquals(test.broker.timers.size, timerCount);
  },
);
