import { assertEquals } from "../_assert.ts";
import { ForbiddingAuthorizer } from "./_authorizers.ts";
import { frame, hex, lengthPrefixed, uint16 } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import { subscribe } from "./_packets.ts";
import { properties } from "./_properties.ts";

const NO_LOCAL = 0x04;

conformance(
  "a Topic Filter that is no UTF-8 ends the connection [MQTT-3.8.3-1]",
  async (broker) => {
    await eachCase([...illFormedUtf8, ...withNull], async (filter) => {
      const client = await broker.connect();
      await client.send(subscribe([["fine", 0], [filter, 0]]));
      await client.expectDisconnect(0x81);
    });
  },
);

conformance(
  "a SUBSCRIBE without Topic Filter ends the connection [MQTT-3.8.3-2]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(subscribe([]));
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "a SUBSCRIBE that is cut short ends the connection [MQTT-3.8.3-2] " +
    "[MQTT-4.13.1-1]",
  async (broker) => {
    for (const rest of ["", "00", "00 01", "00 02 61", "00 01 61"]) {
      const client = await broker.connect();
      await client.send(frame(0x82, uint16(1), hex("00"), hex(rest)));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "reserved bits of the Subscription Options end the connection " +
    "[MQTT-3.8.3-5]",
  async (broker) => {
    for (const options of [0x40, 0x80, 0xc0, 0x41]) {
      const client = await broker.connect();
      await client.send(subscribe([["fine", 0], ["a", options]]));
      await client.expectDisconnect(0x81);
    }
  },
);

conformance(
  "QoS 3 and Retain Handling 3 end the connection [MQTT-3.8.3-5]",
  async (broker) => {
    for (const options of [0x03, 0x30, 0x33]) {
      const client = await broker.connect();
      await client.send(subscribe([["a", options]]));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "No Local with a shared subscription ends the connection " +
    "[MQTT-3.8.3-4]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(subscribe([["$share/group/a", NO_LOCAL]]));
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "a Subscription Identifier of 0, or two of them, end the connection " +
    "[MQTT-4.13.1-1]",
  async (broker) => {
    for (
      const section of [
        properties(["subscriptionIdentifier", 0]),
        properties(["subscriptionIdentifier", 1], [
          "subscriptionIdentifier",
          2,
        ]),
      ]
    ) {
      const client = await broker.connect();
      await client.send(
        frame(0x82, uint16(1), section, lengthPrefixed("a"), hex("00")),
      );
      await client.expectDisconnect(0x82);
    }
  },
);

conformance(
  "with No Local a client does not get its own messages [MQTT-3.8.3-3]",
  async (broker) => {
    const topic = broker.topic("local");
    const client = await broker.connect();
    const other = await broker.connect();
    await client.subscribe(topic, { options: NO_LOCAL | 2 });
    for (const qos of [0, 1, 2]) {
      await client.deliver({ topic, qos, payload: "own" });
      await other.deliver({ topic, qos, payload: "other" });
      assertEquals((await client.take()).text, "other");
    }
    await client.expectSilence();
    // A subscription without No Local still brings them.
    await client.subscribe(broker.topic("+"));
    await client.publish({ topic, payload: "own" });
    assertEquals((await client.take()).text, "own");
    await client.expectSilence();
  },
);

conformance(
  "without No Local a client gets its own messages [MQTT-3.8.3-3]",
  async (broker) => {
    const topic = broker.topic("own");
    const client = await broker.connect();
    await client.subscribe(topic);
    await client.publish({ topic });
    await client.take();
    await client.subscribe(topic, { options: NO_LOCAL });
    await client.publish({ topic });
    await client.expectSilence();
  },
);

conformance(
  "every SUBSCRIBE is answered, one code for each filter in its order " +
    "[MQTT-3.8.4-1] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] " +
    "[MQTT-3.9.3-1] [MQTT-3.9.3-2]",
  async (broker) => {
    const client = await broker.connect();
    for (const qualities of [[0], [1], [2], [2, 0, 1, 1, 0, 2]]) {
      const suback = await client.subscribe(
        qualities.map((qos, index) => [broker.topic(`${index}`), qos]),
      );
      assertEquals(suback.reasonCodes, qualities);
    }
    await client.expectSilence();
  },
);

conformance(
  "a refused filter has its code at its place, the others are granted " +
    "[MQTT-3.8.4-5] [MQTT-3.8.4-7] [MQTT-3.9.3-1] [MQTT-3.9.3-2]",
  async (broker) => {
    const client = await broker.connect();
    const suback = await client.subscribe([
      ["a", 2],
      ["forbidden", 1],
      ["b", 1],
      ["forbidden/+", 0],
    ]);
    assertEquals(suback.reasonCodes, [2, 0x87, 1, 0x87]);
    await client.publish({ topic: "b" });
    assertEquals((await client.take()).topic, "b");
  },
  { authorizer: new ForbiddingAuthorizer() },
);

conformance(
  "a PUBLISH that is not allowed is answered and goes nowhere " +
    "[MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-4.3.3-9]",
  async (broker) => {
    const client = await broker.connect();
    await client.subscribe("#");
    const puback = await client.deliver({ topic: "forbidden", qos: 1 });
    assertEquals(puback.reasonCode, 0x87);
    // The refusal frees the identifier: the next one is a new message.
    for (const topic of ["forbidden", "forbidden"]) {
      await client.publish({ topic, qos: 2, packetIdentifier: 5 });
      assertEquals((await client.expect("PUBREC")).reasonCode, 0x87);
    }
    await client.publish({ topic: "open", qos: 2, packetIdentifier: 5 });
    const packets = [await client.receive(), await client.receive()];
    const names = packets.map((packet) => packet?.name).sort();
    assertEquals(names, ["PUBLISH", "PUBREC"]);
    await client.publish({ topic: "forbidden" });
    await client.expectSilence();
  },
  { authorizer: new ForbiddingAuthorizer() },
);

conformance(
  "one SUBSCRIBE with many filters works as many with one " +
    "[MQTT-3.8.4-5] [MQTT-3.8.4-3]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("a");
    const other = broker.topic("b");
    // The same filter again: the later one replaces the earlier.
    const suback = await client.subscribe([[topic, 2], [other, 1], [topic, 0]]);
    assertEquals(suback.reasonCodes, [2, 1, 0]);
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2 });
    assertEquals((await client.take()).qos, 0);
    await publisher.deliver({ topic: other, qos: 2 });
    assertEquals((await client.take()).qos, 1);
    await client.expectSilence();
  },
);

conformance(
  "an equal filter replaces the subscription [MQTT-3.8.4-3]",
  async (broker) => {
    const topic = broker.topic("a");
    const client = await broker.connect();
    await client.subscribe(topic, {
      options: 2,
      properties: [["subscriptionIdentifier", 1]],
    });
    await client.subscribe(topic, {
      options: 0x08 | 1,
      properties: [["subscriptionIdentifier", 2]],
    });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2, payload: "x", isRetained: true });
    const first = await client.take();
    assertEquals([first.qos, first.isRetained], [1, true]);
    assertEquals(first.value("subscriptionIdentifier"), 2);
    await client.expectSilence();
    await client.subscribe(topic, { options: 0x20 });
    await publisher.deliver({ topic, qos: 2 });
    const second = await client.take();
    assertEquals(second.value("subscriptionIdentifier"), undefined);
    await client.expectSilence();
    await client.unsubscribe(topic);
    await publisher.deliver({ topic, qos: 2 });
    await client.expectSilence();
  },
);

conformance(
  "no message is lost or repeated while a subscription is replaced " +
    "[MQTT-3.8.4-4]",
  async (broker) => {
    const topic = broker.topic("flow");
    const client = await broker.connect();
    await client.subscribe(topic, { options: 1 });
    const publisher = await broker.connect();
    for (let index = 0; index < 20; index++) {
      await publisher.publish({ topic, payload: `${index}` });
      await client.send(
        subscribe([[topic, index % 3]], { packetIdentifier: index + 1 }),
      );
    }
    await publisher.ping();
    const texts = (await client.pending())
      .filter((packet) => packet.name === "PUBLISH")
      .map((packet) => packet.text);
    assertEquals(texts, Array.from({ length: 20 }, (_, index) => `${index}`));
  },
);

conformance(
  "a message is delivered at the lower of its QoS and the granted one " +
    "[MQTT-3.8.4-8]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const granted of [0, 1, 2]) {
      const topic = broker.topic(`${granted}`);
      const client = await broker.connect();
      await client.subscribe(topic, { options: granted });
      for (const published of [0, 1, 2]) {
        await publisher.deliver({ topic, qos: published });
        const received = await client.take();
        assertEquals(received.qos, Math.min(granted, published));
      }
    }
  },
);

conformance(
  "a message that is published after SUBACK is delivered [MQTT-4.5.0-1]",
  async (broker) => {
    const topic = broker.topic("everyone");
    const clients = [];
    for (let count = 0; count < 5; count++) {
      const client = await broker.connect();
      await client.subscribe(topic, { options: count % 3 });
      clients.push(client);
    }
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2, payload: "to all" });
    for (const client of clients) {
      assertEquals((await client.take()).text, "to all");
    }
  },
);
