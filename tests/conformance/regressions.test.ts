/** What other brokers were found to get wrong; each test stands for one such defect. */
import { assert, assertEquals } from "../_assert.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { concat, frame, uint16, uint8 } from "./_bytes.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge, publish, type Subscription } from "./_packets.ts";
import { properties } from "./_properties.ts";

const RETAINED_COUNT = 100_000;
/** So many PUBLISH packets in one write: as many as may be unacknowledged. */
const RETAINED_BATCH = 100;

conformance(
  "a topic whose first character is not ASCII is matched by its level, by + " +
    "and by # [MQTT-4.7.3-4]",
  async (broker) => {
    for (const level of ["é", "ß", "温度", "😀"]) {
      const topic = `${level}${broker.topic("x")}`;
      for (const filter of [topic, topic.replace(/^[^/]*/, "+"), "#"]) {
        const client = await broker.connect();
        await client.subscribe(filter);
        const publisher = await broker.connect();
        await publisher.deliver({ topic, payload: filter });
        const packets = await client.pending();
        assertEquals(packets.map((packet) => packet.topic), [topic]);
        await client.disconnect();
      }
    }
  },
);

conformance(
  "a wildcard subscriber with topic aliases gets the right topics " +
    "[MQTT-3.3.2-12]",
  async (broker) => {
    const client = await broker.connect({
      properties: [["topicAliasMaximum", 3]],
    });
    await client.subscribe(broker.topic("#"));
    const publisher = await broker.connect();
    const sent = Array.from({ length: 30 }, (_, i) => broker.topic(`${i % 7}`));
    for (const topic of sent) await publisher.publish({ topic });
    await publisher.ping();
    const names = new Map<unknown, string>();
    const got = (await client.pending()).map((packet) => {
      const alias = packet.value("topicAlias");
      if (alias !== undefined && packet.topic !== "") {
        names.set(alias, packet.topic);
      }
      return packet.topic || names.get(alias);
    });
    assertEquals(got, sent);
  },
);

conformance(
  "the QoS delivered is the lesser of published and subscribed [MQTT-3.8.4-8]",
  async (broker) => {
    for (const published of [0, 1, 2]) {
      for (const subscribed of [0, 1, 2]) {
        const topic = broker.topic(`${published}/${subscribed}`);
        const client = await broker.connect();
        await client.subscribe(topic, { options: subscribed });
        const publisher = await broker.connect();
        await publisher.deliver({ topic, qos: published });
        const { qos } = await client.take();
        assertEquals(qos, Math.min(published, subscribed), topic);
      }
    }
  },
);

conformance(
  "UNSUBSCRIBE of N filters gets one UNSUBACK, with 0x11 for each unknown one " +
    "[MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1]",
  async (broker) => {
    const client = await broker.connect();
    const [a, b] = [broker.topic("a"), broker.topic("b/#")];
    await client.subscribe([[a, 0], [b, 0]]);
    const unsuback = await client.unsubscribe(
      broker.topic("never"),
      b,
      broker.topic("b/+"),
      a,
      a,
    );
    assertEquals(unsuback.reasonCodes, [0x11, 0, 0x11, 0, 0x11]);
    await client.expectSilence();
  },
);

conformance(
  "PUBREL and PUBCOMP may have properties [MQTT-4.3.3-4] [MQTT-4.3.3-11]",
  async (broker) => {
    const withProperties = concat([
      uint8(0),
      properties(["reasonString", "why"], ["userProperty", "k", "v"]),
    ]);
    const topic = broker.topic("properties");
    const client = await broker.connect();
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const packetIdentifier of [1, 2]) {
      await publisher.publish({ topic, qos: 2, packetIdentifier });
      await publisher.expect("PUBREC");
      await publisher.send(
        acknowledge("pubrel", packetIdentifier, withProperties),
      );
      await publisher.expect("PUBCOMP");
      const delivered = await client.expect("PUBLISH");
      await client.send(
        acknowledge("pubrec", delivered.packetIdentifier, withProperties),
      );
      await client.expect("PUBREL");
      await client.send(
        acknowledge("pubcomp", delivered.packetIdentifier, withProperties),
      );
    }
    await client.expectSilence(publisher);
  },
);

conformance(
  "two filters of one ShareName are two groups, and each delivers to one " +
    "member [MQTT-4.8.2-4]",
  async (broker) => {
    const [topic, wide] = [broker.topic("s/x"), broker.topic("s/+")];
    const clients = [];
    for (const filter of [topic, topic, wide, wide]) {
      const client = await broker.connect();
      await client.subscribe(`$share/g/${filter}`, { options: 1 });
      clients.push(client);
    }
    const publisher = await broker.connect();
    for (let index = 0; index < 6; index++) {
      await publisher.deliver({ topic, qos: 1, payload: `${index}` });
    }
    const counts = [];
    for (const client of clients) {
      counts.push((await client.pending()).length);
    }
    assertEquals([counts[0] + counts[1], counts[2] + counts[3]], [6, 6]);
  },
);

for (const qos of [0, 1]) {
  conformance(
    `# brings ${RETAINED_COUNT} retained messages at QoS ${qos}, all of them, ` +
      "to a client that is slow [MQTT-3.3.1-9]",
    async (broker) => {
      await retainMany(broker, qos);
      const client = await broker.connect();
      const subscriptions: Subscription[] = [[broker.topic("#"), qos]];
      await client.subscribe(subscriptions);
      // It reads nothing while others are served.
      const other = await broker.connect();
      for (let round = 0; round < 100; round++) await other.ping();
      const topics = new Set<string>();
      while (topics.size < RETAINED_COUNT) {
        const packets = await client.pending();
        for (const packet of packets) {
          assert(packet.isRetained, `${packet} is not marked as retained`);
          topics.add(packet.topic);
        }
        if (qos === 0) continue;
        await client.send(
          ...packets.map(({ packetIdentifier }) =>
            acknowledge("puback", packetIdentifier)
          ),
        );
      }
      await client.expectSilence();
    },
  );
}

async function retainMany(broker: BrokerUnderTest, qos: number): Promise<void> {
  const publisher = await broker.connect();
  for (let start = 0; start < RETAINED_COUNT; start += RETAINED_BATCH) {
    const frames = Array.from(
      { length: RETAINED_BATCH },
      (_, index) =>
        publish({
          topic: broker.topic(`${start + index}`),
          payload: "kept",
          qos,
          packetIdentifier: index + 1,
          isRetained: true,
        }),
    );
    await publisher.send(...frames);
    const answers = await publisher.pending();
    assertEquals(answers.length, qos === 0 ? 0 : RETAINED_BATCH);
  }
}

conformance(
  "an empty payload without RETAIN deletes no retained message " +
    "[MQTT-3.3.1-8]",
  async (broker) => {
    const topic = broker.topic("kept");
    const publisher = await broker.connect();
    await publisher.deliver({ topic, payload: "kept", isRetained: true });
    for (const qos of [0, 1, 2]) await publisher.deliver({ topic, qos });
    const client = await broker.connect();
    await client.subscribe(topic);
    assertEquals((await client.take()).text, "kept");
  },
);

conformance(
  "acknowledgements that come out of order each count for their message " +
    "[MQTT-3.3.4-9]",
  async (broker) => {
    const topic = broker.topic("order");
    const client = await broker.connect({
      properties: [["receiveMaximum", 4]],
    });
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (let index = 0; index < 8; index++) {
      await publisher.deliver({
        topic,
        qos: 1 + index % 2,
        payload: `${index}`,
      });
    }
    const taken: string[] = [];
    while (taken.length < 8) {
      const packets = (await client.pending()).reverse();
      for (const { name, qos, packetIdentifier, text } of packets) {
        if (name === "PUBREL") {
          await client.send(acknowledge("pubcomp", packetIdentifier));
          continue;
        }
        taken.push(text);
        const answer = qos === 1 ? "puback" : "pubrec";
        await client.send(acknowledge(answer, packetIdentifier));
      }
    }
    assertEquals(taken.sort(), ["0", "1", "2", "3", "4", "5", "6", "7"]);
  },
);

conformance(
  "Client Identifiers with / + # $ are as good as any other, and take over " +
    "only themselves [MQTT-3.1.3-5]",
  async (broker) => {
    const prefix = broker.identifier();
    const names = ["/", "+", "#", "$", "/+/#", "$SYS/x", "a/b", "a/+"];
    const clients = [];
    for (const name of names) {
      clients.push(
        await broker.connect({ clientIdentifier: `${name}${prefix}` }),
      );
    }
    const topic = broker.topic("x");
    for (const client of clients) await client.subscribe(topic);
    await (await broker.connect()).deliver({ topic });
    for (const client of clients) await client.take();
    await broker.connect({ clientIdentifier: `+${prefix}` });
    await clients[1].expectDisconnect(0x8e);
    for (const [index, client] of clients.entries()) {
      if (index !== 1) await client.ping();
    }
  },
);

conformance(
  "the expiry of a retained message counts down from when it was received, at " +
    "every read [MQTT-3.3.2-5] [MQTT-3.3.2-6]",
  async (broker) => {
    const topic = broker.topic("expires");
    const publisher = await broker.connect();
    await publisher.deliver({
      topic,
      isRetained: true,
      payload: "x",
      properties: [["messageExpiryInterval", 100]],
    });
    const client = await broker.connect();
    for (const elapsed of [10, 20, 40]) {
      await broker.elapse(elapsed);
      await client.subscribe(topic);
      const packet = await client.take();
      assertEquals(
        packet.value("messageExpiryInterval"),
        { 10: 90, 20: 70, 40: 30 }[elapsed],
      );
    }
    await broker.elapse(31);
    await client.subscribe(topic);
    await client.expectSilence();
  },
  { isInProcess: true },
);

conformance(
  "a takeover in the middle of QoS 2 exchanges, in both directions, neither " +
    "loses nor repeats a message [MQTT-4.3.3-10] [MQTT-4.4.0-1]",
  async (broker) => {
    const [identifier, topic] = [broker.identifier(), broker.topic("t")];
    const watcher = await broker.connect();
    await watcher.subscribe(broker.topic("up"), { options: 2 });
    const [first] = await broker.resume(identifier);
    await first.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2, payload: "1" });
    await publisher.deliver({ topic, qos: 2, payload: "2" });
    const [one, two] = await first.pending();
    await first.send(acknowledge("pubrec", one.packetIdentifier));
    await first.expect("PUBREL");
    const up = { topic: broker.topic("up"), qos: 2, packetIdentifier: 9 };
    await first.publish(up);
    await first.expect("PUBREC");

    const [second, connack] = await broker.resume(identifier);
    assert(connack.sessionPresent);
    await first.expectDisconnect(0x8e);
    const packets = await second.pending();
    assertEquals(
      packets.map(({ name, packetIdentifier }) => `${name} ${packetIdentifier}`)
        .sort(),
      [`PUBLISH ${two.packetIdentifier}`, `PUBREL ${one.packetIdentifier}`],
    );
    assert(packets.find(({ name }) => name === "PUBLISH")!.isDuplicate);
    await second.publish({ ...up, isDuplicate: true });
    await second.expect("PUBREC");
    await second.send(acknowledge("pubrel", 9));
    await second.expect("PUBCOMP");
    assertEquals((await watcher.pending()).length, 1);
  },
);

conformance(
  "a Will Delay longer than the Session Expiry ends with the session " +
    "[MQTT-3.1.2-8]",
  async (broker) => {
    const topic = broker.topic("will");
    const watcher = await broker.connect();
    await watcher.subscribe(topic);
    const [client] = await broker.connectWithConnack({
      properties: [["sessionExpiryInterval", 5]],
      will: { topic, payload: "w", properties: [["willDelayInterval", 60]] },
    });
    await client.send(frame(0xf0, uint16(0)));
    await client.expect("DISCONNECT");
    await client.expectClosed();
    await broker.elapse(4);
    await watcher.expectSilence();
    await broker.elapse(2);
    assertEquals((await watcher.take()).text, "w");
    await broker.elapse(100);
    await watcher.expectSilence();
  },
  { isInProcess: true },
);
