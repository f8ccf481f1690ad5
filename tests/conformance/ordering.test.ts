import { assertEquals } from "../_assert.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge } from "./_packets.ts";

/** Payloads that show their order. */
const numbers = Array.from({ length: 30 }, (_, index) => `${index}`);

conformance(
  "messages of one publisher come in their order, for each topic and QoS " +
    "[MQTT-4.6.0-5] [MQTT-4.6.0-6]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const qos of [0, 1, 2]) {
      const topics = ["a", "b", "c"].map((name) =>
        broker.topic(`${qos}/${name}`)
      );
      const subscriber = await broker.connect();
      await subscriber.subscribe(broker.topic(`${qos}/+`), { options: 2 });
      for (const number of numbers) {
        const topic = topics[Number(number) % 3];
        await publisher.deliver({ topic, qos, payload: number });
      }
      const received = new Map<string, string[]>();
      for (let count = 0; count < numbers.length; count++) {
        const packet = await subscriber.expect("PUBLISH");
        const list = received.get(packet.topic) ?? [];
        received.set(packet.topic, [...list, packet.text]);
        if (qos === 1) {
          await subscriber.send(
            acknowledge("puback", packet.packetIdentifier),
          );
        } else if (qos === 2) {
          // Settled at once, so that every message gets its turn.
          await subscriber.send(
            acknowledge("pubrec", packet.packetIdentifier, Uint8Array.of(0x80)),
          );
        }
      }
      for (const [index, topic] of topics.entries()) {
        const expected = numbers.filter((number) =>
          Number(number) % 3 === index
        );
        assertEquals(received.get(topic), expected);
      }
    }
  },
);

conformance(
  "queued messages come in their order, before later ones [MQTT-4.6.0-5]",
  async (broker) => {
    const topic = broker.topic("queue");
    const identifier = broker.identifier();
    const [absent] = await broker.resume(identifier);
    await absent.subscribe(topic, { options: 1 });
    await absent.disconnect();
    const publisher = await broker.connect();
    for (const payload of numbers) {
      await publisher.deliver({ topic, qos: 1, payload });
    }
    const [back] = await broker.resume(identifier);
    await publisher.deliver({ topic, qos: 1, payload: "live" });
    for (const payload of [...numbers, "live"]) {
      assertEquals((await back.take()).text, payload);
    }
  },
);

conformance(
  "what is sent again comes in the order of its first sending, before what " +
    "waits [MQTT-4.6.0-5] [MQTT-4.4.0-1]",
  async (broker) => {
    const topic = broker.topic("again");
    const identifier = broker.identifier();
    const properties = [["receiveMaximum", 4]] as const;
    const [first] = await broker.resume(identifier, { properties });
    await first.subscribe(topic, { options: 1 });
    const publisher = await broker.connect();
    for (const payload of ["0", "1", "2", "3", "4", "5", "6"]) {
      await publisher.deliver({ topic, qos: 1, payload });
    }
    const open = await first.pending();
    assertEquals(open.map(({ text }) => text), ["0", "1", "2", "3"]);
    await first.send(acknowledge("puback", open[1].packetIdentifier));
    assertEquals((await first.expect("PUBLISH")).text, "4");
    await first.disconnect();
    const [back] = await broker.resume(identifier, { properties });
    for (const payload of ["0", "2", "3", "4", "5", "6"]) {
      assertEquals((await back.take()).text, payload);
    }
    await back.expectSilence();
  },
);

conformance(
  "a retained message at QoS 0 does not come after a later one " +
    "[MQTT-4.6.0-5]",
  async (broker) => {
    const publisher = await broker.connect();
    const payload = "retained";
    for (const name of ["a", "b", "y", "z"]) {
      const topic = broker.topic(name);
      await publisher.deliver({ topic, qos: 1, payload, isRetained: true });
    }
    const topic = broker.topic("m");
    await publisher.deliver({ topic, payload, isRetained: true });
    const subscriber = await broker.connect({
      properties: [["receiveMaximum", 1]],
    });
    await subscriber.subscribe(broker.topic("+"), { options: 1 });
    const texts: string[] = [];
    for (let count = 1; count <= 8; count++) {
      if (count < 7) await publisher.deliver({ topic, payload: `${count}` });
      for (const packet of await subscriber.pending()) {
        if (packet.topic === topic) texts.push(packet.text);
        if (packet.qos === 0) continue;
        const { packetIdentifier } = packet;
        await subscriber.send(acknowledge("puback", packetIdentifier));
      }
    }
    assertEquals(texts, ["retained", "1", "2", "3", "4", "5", "6"]);
  },
);

conformance(
  "a retained message does not come after a later message of its topic " +
    "[MQTT-4.6.0-5]",
  async (broker) => {
    const publisher = await broker.connect();
    const topics = ["a", "b", "c"].map((name) => broker.topic(name));
    for (const topic of topics) {
      await publisher.deliver({
        topic,
        qos: 1,
        payload: "retained",
        isRetained: true,
      });
    }
    const subscriber = await broker.connect({
      properties: [["receiveMaximum", 1]],
    });
    await subscriber.subscribe(broker.topic("+"), { options: 1 });
    for (const topic of topics) {
      await publisher.deliver({ topic, qos: 1, payload: "later" });
    }
    const last = new Map<string, string>();
    for (let count = 0; count < 6; count++) {
      const { topic, text } = await subscriber.take();
      last.set(topic, text);
    }
    assertEquals([...last.values()], ["later", "later", "later"]);
    await subscriber.expectSilence();
  },
);
