import { assertEquals } from "../_assert.ts";
import { brokerTest, publishPacket } from "./_harness.ts";

const LIMITS = { maximumTopicLevels: 3 };

brokerTest(
  "a PUBLISH with too many levels gets 0x90, retained or not, and goes to " +
    "nobody [MQTT-3.4.2-1] [MQTT-3.5.2-1]",
  (test) => {
    const live = test.connect("live");
    live.subscribe({ topicFilter: "#", qos: 2 });
    const publisher = test.connect("publisher");
    for (const isRetained of [false, true]) {
      for (const qos of [1, 2] as const) {
        const fields = { isRetained, qos };
        assertEquals(publisher.exchange("a/b/c", "kept", fields), 0);
        assertEquals(publisher.exchange("a/b/c/d", "2", fields), 0x90);
        assertEquals(publisher.exchange("a///", "3", fields), 0x90);
      }
    }
    publisher.publish("a/b/c/d", "4");
    publisher.publish("a/b/c/d", "", { isRetained: true });
    const sizes = live.drain().map(({ payload }) => payload.length);
    assertEquals(sizes, [4, 4, 4, 4]);
    assertEquals(test.broker.retained.count, 1);
    assertEquals(test.drops, { refused: 10 });
    const [{ clientIdentifier, topicName, count }] = test.broker.drops.list(1);
    assertEquals([clientIdentifier, topicName, count], [
      "publisher",
      "a/b/c/d",
      2,
    ]);
    const refusals = test.observer.observations
      .filter(({ kind }) => kind === "request refused");
    assertEquals(refusals.map(({ cause }) => cause), [
      'PUBLISH to "a/b/c/d" has 4 levels, the maximum is 3',
    ]);
  },
  { limits: LIMITS },
);

brokerTest(
  "3.1.1 has no code for it: too many levels are acknowledged, and go to " +
    "nobody [3.1.1 MQTT-3.3.5-2]",
  (test) => {
    const live = test.connect("live");
    live.subscribe("#");
    const publisher = test.connect("publisher", { protocolVersion: 4 });
    assertEquals(publisher.exchange("a/b/c/d", "1", { qos: 1 }), 0);
    assertEquals(publisher.exchange("a/b/c/d", "2", { qos: 2 }), 0);
    assertEquals(live.payloads(), []);
    assertEquals(test.drops, { refused: 2 });
  },
  { limits: LIMITS },
);

brokerTest(
  "a Topic Alias does not get a topic with too many levels through",
  (test) => {
    const live = test.connect("live");
    live.subscribe("#");
    const publisher = test.connect("publisher");
    const fields = { qos: 1, properties: { topicAlias: 1 } } as const;
    assertEquals(publisher.exchange("a/b/c/d", "1", fields), 0x90);
    assertEquals(publisher.exchange("", "2", fields), 0x90);
    assertEquals(live.payloads(), []);
  },
  { limits: LIMITS },
);

brokerTest(
  "in a burst only what has too many levels is lost",
  (test) => {
    const live = test.connect("live");
    live.subscribe("#");
    const publisher = test.connect("publisher");
    const deep = publishPacket("a/b/c/d", "deep");
    const flat = publishPacket("a/b/c", "flat");
    publisher.send(flat, deep, deep, deep, flat, flat);
    assertEquals(live.payloads(), ["flat", "flat", "flat"]);
    assertEquals(test.drops, { refused: 3 });
  },
  { limits: LIMITS },
);

for (const entries of [1_000, 1]) {
  brokerTest(
    `another limit holds at once for topics in use, with ${entries} of them ` +
      "remembered",
    (test) => {
      const live = test.connect("live");
      live.subscribe("#");
      const publisher = test.connect("publisher");
      const publish = () => publisher.exchange("a/b/c", "", { qos: 1 });
      const limit = (maximumTopicLevels: number) => {
        test.broker.limits = { ...test.broker.limits, maximumTopicLevels };
      };
      assertEquals(publish(), 0);
      limit(2);
      assertEquals(publish(), 0x90);
      limit(3);
      assertEquals(publish(), 0);
      assertEquals(live.payloads().length, 2);
    },
    { limits: { ...LIMITS, maximumRouteCacheEntries: entries } },
  );
}
