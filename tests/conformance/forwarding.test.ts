import { assert, assertEquals } from "../_assert.ts";
import { concat } from "./_bytes.ts";
import { conformance } from "./_conformance.ts";
import { publish } from "./_packets.ts";
import type { Property } from "./_properties.ts";

/** Each property with the label that has it forwarded. */
const forwarded = [
  ["[MQTT-3.3.2-4]", ["payloadFormatIndicator", 0]],
  ["[MQTT-3.3.2-4]", ["payloadFormatIndicator", 1]],
  ["[MQTT-3.3.2-15]", ["responseTopic", "answers/é"]],
  ["[MQTT-3.3.2-16]", ["correlationData", Uint8Array.of(0, 1, 0xff, 0)]],
  ["[MQTT-3.3.2-16]", ["correlationData", new Uint8Array(0)]],
  ["[MQTT-3.3.2-20]", ["contentType", "text/plain; charset=utf-8"]],
  ["[MQTT-3.3.2-20]", ["contentType", ""]],
] as const satisfies readonly (readonly [string, Property])[];

for (const [label, property] of forwarded) {
  const [name, value] = property;
  conformance(
    `${name} "${value}" is forwarded at each QoS, live and queued ${label}`,
    async (broker) => {
      const topic = broker.topic("property");
      const identifier = broker.identifier();
      const publisher = await broker.connect();
      const live = await broker.connect();
      await live.subscribe(topic, { options: 2 });
      const [absent] = await broker.resume(identifier);
      await absent.subscribe(topic, { options: 2 });
      await absent.disconnect();
      for (const qos of [0, 1, 2]) {
        await publisher.deliver({ topic, qos, properties: [property] });
        assertEquals((await live.take()).properties, [property]);
      }
      const [back] = await broker.resume(identifier);
      for (const qos of [1, 2]) {
        const received = await back.take();
        assertEquals([received.qos, received.properties], [qos, [property]]);
      }
    },
  );
}

conformance(
  "User Properties are forwarded all and in order [MQTT-3.3.2-17] " +
    "[MQTT-3.3.2-18]",
  async (broker) => {
    const topic = broker.topic("user");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    const userProperties = [
      ["userProperty", "b", "1"],
      ["userProperty", "a", "2"],
      ["userProperty", "b", "1"],
      ["userProperty", "", ""],
      ["userProperty", "b", "0"],
      ["userProperty", "é\u{1f600}", "\u{feff}"],
    ] satisfies Property[];
    for (const qos of [0, 1, 2]) {
      await publisher.deliver({
        topic,
        qos,
        properties: [
          ...userProperties.slice(0, 2),
          ["contentType", "text"],
          ...userProperties.slice(2, 4),
          ["messageExpiryInterval", 60],
          ...userProperties.slice(4),
        ],
      });
      const received = await subscriber.take();
      assertEquals(received.all("userProperty"), userProperties);
    }
  },
);

conformance(
  "what is forwarded matches the subscription [MQTT-3.3.2-3]",
  async (broker) => {
    const subscriber = await broker.connect();
    await subscriber.subscribe(broker.topic("+/temperature"));
    const publisher = await broker.connect();
    for (
      const name of [
        "kitchen/temperature",
        "kitchen/humidity",
        "temperature",
        "hall/temperature",
        "hall/temperature/max",
        "/temperature",
      ]
    ) {
      await publisher.deliver({ topic: broker.topic(name), payload: name });
    }
    for (
      const name of ["kitchen/temperature", "hall/temperature", "/temperature"]
    ) {
      const received = await subscriber.take();
      assertEquals([received.text, received.topic], [name, broker.topic(name)]);
    }
    await subscriber.expectSilence();
  },
);

conformance(
  "payloads of all bytes and lengths arrive as they were sent " +
    "[MQTT-4.2.0-1] [MQTT-3.3.2-3]",
  async (broker) => {
    const topic = broker.topic("payload");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const length of [0, 1, 255, 256, 70_000]) {
      const payload = Uint8Array.from({ length }, (_, index) => index * 7);
      for (const qos of [0, 1, 2]) {
        await publisher.deliver({ topic, qos, payload });
        assertEquals((await subscriber.take()).payload, payload);
      }
    }
  },
);

conformance(
  "many messages in one segment arrive each, in order [MQTT-4.6.0-5] " +
    "[MQTT-3.3.2-3]",
  async (broker) => {
    const one = broker.topic("one");
    const two = broker.topic("two");
    const subscriber = await broker.connect();
    await subscriber.subscribe(one);
    const both = await broker.connect();
    await both.subscribe(broker.topic("+"));
    const publisher = await broker.connect();
    const topics = [one, one, one, two, one, one, two, two, one];
    await publisher.send(concat(
      topics.map((topic, index) => publish({ topic, payload: `${index}` })),
    ));
    for (const [index, topic] of topics.entries()) {
      const received = await both.take();
      assertEquals([received.topic, received.text], [topic, `${index}`]);
      if (topic === one) {
        assertEquals((await subscriber.take()).text, `${index}`);
      }
    }
    await subscriber.expectSilence(publisher);
    await both.expectSilence();
  },
);

conformance(
  "a queued message whose time is over is not delivered [MQTT-3.3.2-5] " +
    "[MQTT-3.3.2-6]",
  async (broker) => {
    const topic = broker.topic("expiry");
    const identifier = broker.identifier();
    const [absent] = await broker.resume(identifier);
    await absent.subscribe(topic, { options: 2 });
    await absent.disconnect();
    const publisher = await broker.connect();
    for (const [payload, seconds] of [["short", 1], ["long", 100]] as const) {
      for (const qos of [1, 2]) {
        await publisher.deliver({
          topic,
          qos,
          payload,
          properties: [["messageExpiryInterval", seconds]],
        });
      }
    }
    await publisher.deliver({ topic, qos: 1, payload: "for ever" });
    await broker.elapse(2);
    const [back] = await broker.resume(identifier);
    const packets = await back.pending();
    assertEquals(
      packets.map((packet) => [
        packet.text,
        packet.qos,
        packet.value("messageExpiryInterval"),
      ]),
      [["long", 1, 98], ["long", 2, 98], ["for ever", 1, undefined]],
    );
  },
);

conformance(
  "a message that does not wait keeps its Message Expiry Interval " +
    "[MQTT-3.3.2-6]",
  async (broker) => {
    const topic = broker.topic("live");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [0, 1, 2]) {
      await publisher.deliver({
        topic,
        qos,
        properties: [["messageExpiryInterval", 4_294_967_295]],
      });
      const received = await subscriber.take();
      const seconds = received.value("messageExpiryInterval") as number;
      assert(seconds >= 4_294_967_294, `${seconds} are left`);
    }
  },
);

conformance(
  "overlapping subscriptions deliver at the highest QoS [MQTT-3.3.4-2] " +
    "[MQTT-3.8.4-8]",
  async (broker) => {
    const topic = broker.topic("a/b");
    const subscriber = await broker.connect();
    await subscriber.subscribe([
      [broker.topic("#"), 0],
      [broker.topic("a/+"), 2],
      [topic, 1],
    ]);
    const publisher = await broker.connect();
    for (const published of [0, 1, 2]) {
      await publisher.deliver({ topic, qos: published });
      const copies = await subscriber.pending();
      const highest = Math.max(...copies.map((copy) => copy.qos));
      assertEquals(highest, published);
    }
  },
);

conformance(
  "a message carries the identifiers of all its subscriptions " +
    "[MQTT-3.3.4-3] [MQTT-3.3.4-4] [MQTT-3.3.4-5]",
  async (broker) => {
    const topic = broker.topic("a/b");
    const subscriber = await broker.connect();
    for (
      const [filter, identifier] of [
        [broker.topic("#"), 1],
        [broker.topic("a/+"), 268_435_455],
        [topic, 1],
        [broker.topic("+/b"), 0],
        [broker.topic("other"), 7],
      ] as const
    ) {
      const properties = identifier === 0
        ? []
        : [["subscriptionIdentifier", identifier] as const];
      await subscriber.subscribe(filter, { properties });
    }
    const publisher = await broker.connect();
    await publisher.deliver({ topic });
    const copies = await subscriber.pending();
    const identifiers = copies.flatMap((copy) =>
      copy.all("subscriptionIdentifier").map(([, value]) => value)
    );
    assertEquals(identifiers.sort(), [1, 1, 268_435_455]);
  },
);
