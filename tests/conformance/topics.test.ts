import { assertEquals } from "../_assert.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { withNull } from "./_ill_formed.ts";
import { subscribe, type Subscription, unsubscribe } from "./_packets.ts";
import type { BrokerUnderTest } from "./_broker.ts";

/** An ill-formed filter ends the connection or is refused in SUBACK. */
async function expectRefusedFilter(
  broker: BrokerUnderTest,
  ...subscriptions: Subscription[]
): Promise<void> {
  const client = await broker.connect();
  await client.send(subscribe(subscriptions));
  const packet = await client.receive();
  if (packet?.name === "SUBACK") {
    assertEquals(packet.reasonCodes.at(-1), 0x8f);
    return;
  }
  assertEquals(packet?.name, "DISCONNECT");
  assertEquals([0x81, 0x82, 0x8f].includes(packet!.reasonCode), true);
  await client.expectClosed();
}

for (
  const [wildcard, label, filters] of [
    [
      "#",
      "[MQTT-4.7.1-1]",
      ["a#", "#a", "a/#b", "#/a", "a/#/b", "##", "a/##", "/#/"],
    ],
    [
      "+",
      "[MQTT-4.7.1-2]",
      ["a+", "+a", "a/+b", "a/b+/c", "++", "a/++", "+/a+", "#+"],
    ],
  ] as const
) {
  conformance(
    `a Topic Filter with a misplaced ${wildcard} is not taken ${label}`,
    async (broker) => {
      await eachCase(
        filters.map((filter) => [filter, filter] as const),
        async (filter) => {
          await expectRefusedFilter(broker, ["fine", 0], [filter, 0]);
          const client = await broker.connect();
          await client.send(unsubscribe([filter]));
          const packet = await client.receive();
          if (packet?.name === "UNSUBACK") {
            assertEquals([0x11, 0x8f].includes(packet.reasonCodes[0]), true);
          } else {
            assertEquals(packet?.name, "DISCONNECT");
            await client.expectClosed();
          }
        },
      );
    },
  );
}

/** Filters with topics that they match, and such that they do not. */
const matches = [
  ["a/b", ["a/b"], ["a", "a/b/c", "A/b", "a/B", "/a/b", "a/b/", "a//b"]],
  ["a/+", ["a/b", "a/"], ["a", "a/b/c", "a/b/", "b/a"]],
  ["a/#", ["a", "a/", "a/b", "a/b/c", "a//"], ["ab", "b", "/a"]],
  ["+", ["a", "b"], ["a/b", "/a", "a/"]],
  ["+/+", ["a/b", "/b", "a/", "/"], ["a", "a/b/c", "//"]],
  ["+/b/#", ["a/b", "/b", "a/b/c/d"], ["b", "a/c/b"]],
  ["/+", ["/a", "/"], ["a", "/a/b", "a/b"]],
  ["a//b", ["a//b"], ["a/b", "a/x/b", "a///b"]],
  ["a/+/b", ["a//b", "a/x/b"], ["a/b", "a/x/y/b"]],
] as const;

conformance(
  "wildcards match whole levels [MQTT-4.7.1-1] [MQTT-4.7.1-2] " +
    "[MQTT-3.3.2-3]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const [index, [filter, matching, others]] of matches.entries()) {
      const subscriber = await broker.connect();
      const base = broker.topic(`${index}`);
      await subscriber.subscribe(`${base}/${filter}`);
      for (const name of [...others, ...matching]) {
        await publisher.deliver({ topic: `${base}/${name}` });
      }
      const topics = (await subscriber.pending()).map(({ topic }) => topic);
      assertEquals(topics, matching.map((name) => `${base}/${name}`), filter);
      await subscriber.disconnect();
    }
  },
);

conformance(
  "# and + at the start match no topic that begins with $ [MQTT-4.7.2-1]",
  async (broker) => {
    const names = ["$SYS/clients", "$other", "$SYS/a/b", "/$SYS", "a/$SYS"];
    const heard = new Map<string, string[]>();
    const filters = ["#", "+", "+/+", "+/#", "+/clients", "$SYS/+", "$other"];
    const clients = [];
    for (const filter of filters) {
      const client = await broker.connect();
      await client.subscribe(filter);
      clients.push(client);
    }
    for (const topicName of names) {
      broker.server.broker.publish({
        type: 3,
        topicName,
        payload: new Uint8Array(0),
        qos: 0,
        isDuplicate: false,
        isRetained: false,
        packetIdentifier: 0,
        properties: {},
      });
    }
    for (const [index, client] of clients.entries()) {
      const packets = await client.pending();
      heard.set(filters[index], packets.map(({ topic }) => topic));
    }
    assertEquals(
      heard,
      new Map([
        ["#", ["/$SYS", "a/$SYS"]],
        ["+", []],
        ["+/+", ["/$SYS", "a/$SYS"]],
        ["+/#", ["/$SYS", "a/$SYS"]],
        ["+/clients", []],
        ["$SYS/+", ["$SYS/clients"]],
        ["$other", ["$other"]],
      ]),
    );
  },
  { isInProcess: true },
);

conformance(
  "a Topic Filter has at least one character [MQTT-4.7.3-1]",
  async (broker) => {
    await expectRefusedFilter(broker, ["", 0]);
    const client = await broker.connect();
    await client.send(unsubscribe([""]));
    const packet = await client.receive();
    assertEquals(["UNSUBACK", "DISCONNECT"].includes(packet!.name), true);
    if (packet!.name === "UNSUBACK") {
      assertEquals([0x11, 0x8f].includes(packet!.reasonCodes[0]), true);
    }
  },
);

conformance(
  "Topic Names and Filters of one character are fine [MQTT-4.7.3-1]",
  async (broker) => {
    const client = await broker.connect();
    for (const topic of ["/", "a", " ", "é", "\u{1f600}"]) {
      await client.subscribe(topic, { options: 0x20 });
      await client.publish({ topic });
      assertEquals((await client.take()).topic, topic);
      await client.unsubscribe(topic);
    }
  },
);

conformance(
  "a Topic Filter with U+0000 ends the connection [MQTT-4.7.3-2]",
  async (broker) => {
    await eachCase(withNull, async (filter) => {
      for (const bytes of [subscribe([[filter, 0]]), unsubscribe([filter])]) {
        const client = await broker.connect();
        await client.send(bytes);
        await client.expectDisconnect(0x81);
      }
    });
  },
);

conformance(
  "a Topic Name of 65,535 bytes works [MQTT-4.7.3-3]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("").padEnd(65_535, "x");
    await client.subscribe(topic);
    await client.publish({ topic, payload: "long" });
    const received = await client.take();
    assertEquals([received.topic, received.text], [topic, "long"]);
    await client.publish({ topic: topic.slice(0, -1) });
    await client.expectSilence();
  },
);

conformance(
  "topics are compared as they were sent [MQTT-4.7.3-4]",
  async (broker) => {
    const names = [
      "caf\u{e9}", // é as one character
      "cafe\u{301}", // é as two
      "CAF\u{c9}",
      "\u{212b}", // the unit Ångström
      "\u{c5}", // the letter Å
      "stra\u{df}e",
      "strasse",
      "\u{fb01}",
      "fi",
      " a",
      "a ",
    ];
    const publisher = await broker.connect();
    for (const name of names) {
      const subscriber = await broker.connect();
      await subscriber.subscribe(broker.topic(name));
      for (const other of names) {
        await publisher.deliver({ topic: broker.topic(other) });
      }
      assertEquals((await subscriber.take()).topic, broker.topic(name));
      await subscriber.expectSilence();
    }
  },
);

for (
  const [fault, label, filters] of [
    [
      "has no ShareName",
      "[MQTT-4.8.2-1]",
      ["$share/", "$share//", "$share//a", "$share//#"],
    ],
    [
      "has a ShareName with a wildcard or no valid filter",
      "[MQTT-4.8.2-2]",
      [
        ...["$share/+/a", "$share/#/a", "$share/a+b/c", "$share/a#/b"],
        ...["$share/a", "$share/a/", "$share/a/b#", "$share/a/#/b"],
        "$share/a/b+",
      ],
    ],
  ] as const
) {
  conformance(
    `a shared subscription that ${fault} is not taken ${label}`,
    async (broker) => {
      await eachCase(
        filters.map((filter) => [filter, filter] as const),
        (filter) => expectRefusedFilter(broker, [filter, 0]),
      );
    },
  );
}
