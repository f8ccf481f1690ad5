import { assertEquals } from "../_assert.ts";
import { frame, hex, uint16 } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import { acknowledge, unsubscribe } from "./_packets.ts";

conformance(
  "a Topic Filter that is no UTF-8 ends the connection [MQTT-3.10.3-1]",
  async (broker) => {
    await eachCase([...illFormedUtf8, ...withNull], async (filter) => {
      const client = await broker.connect();
      await client.send(unsubscribe(["fine", filter]));
      await client.expectDisconnect(0x81);
    });
  },
);

conformance(
  "an UNSUBSCRIBE without Topic Filter ends the connection " +
    "[MQTT-3.10.3-2]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(unsubscribe([]));
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "an UNSUBSCRIBE that is cut short ends the connection [MQTT-4.13.1-1]",
  async (broker) => {
    for (const rest of ["", "00", "00 00", "00 00 02 61"]) {
      const client = await broker.connect();
      await client.send(frame(0xa2, uint16(1), hex(rest)));
      await client.expectDisconnect(0x81, 0x82);
    }
  },
);

conformance(
  "filters are compared character by character [MQTT-3.10.4-1]",
  async (broker) => {
    const topic = broker.topic("a/b");
    const client = await broker.connect();
    await client.subscribe([[broker.topic("a/+"), 0], [topic, 0]]);
    const others = [
      broker.topic("a/#"),
      broker.topic("#"),
      broker.topic("A/b"),
      broker.topic("a/b/"),
      broker.topic("a"),
      `$share/group/${topic}`,
    ];
    const none = await client.unsubscribe(...others);
    assertEquals(none.reasonCodes, others.map(() => 0x11));
    const one = await client.unsubscribe(topic);
    assertEquals(one.reasonCodes, [0x00]);
    await client.publish({ topic });
    await client.take();
    await client.unsubscribe(broker.topic("a/+"));
    await client.publish({ topic });
    await client.expectSilence();
  },
);

conformance(
  "every UNSUBSCRIBE is answered, one code for each filter in its order " +
    "[MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1] " +
    "[MQTT-3.11.3-2]",
  async (broker) => {
    const client = await broker.connect();
    const [a, b, c] = ["a", "b", "c"].map((name) => broker.topic(name));
    await client.subscribe([[a, 0], [c, 0]]);
    const first = await client.unsubscribe(b, a, a, c);
    assertEquals(first.reasonCodes, [0x11, 0x00, 0x11, 0x00]);
    const second = await client.unsubscribe(a, b, c);
    assertEquals(second.reasonCodes, [0x11, 0x11, 0x11]);
    await client.expectSilence();
  },
);

conformance(
  "after UNSUBACK no new message comes [MQTT-3.10.4-2]",
  async (broker) => {
    const publisher = await broker.connect();
    for (const options of [0, 1, 2]) {
      const topic = broker.topic(`${options}`);
      const identifier = broker.identifier();
      const [client] = await broker.resume(identifier);
      await client.subscribe(topic, { options });
      await publisher.deliver({ topic, qos: 2 });
      await client.take();
      await client.unsubscribe(topic);
      await publisher.deliver({ topic, qos: 2 });
      await client.expectSilence();
      await client.disconnect();
      await publisher.deliver({ topic, qos: 2 });
      const [back] = await broker.resume(identifier);
      await back.expectSilence();
    }
  },
);

conformance(
  "a delivery that has begun goes on after UNSUBSCRIBE [MQTT-3.10.4-3]",
  async (broker) => {
    const topic = broker.topic("begun");
    const identifier = broker.identifier();
    const [client] = await broker.resume(identifier);
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 1 });
    await publisher.deliver({ topic, qos: 2 });
    const first = await client.expect("PUBLISH");
    const second = await client.expect("PUBLISH");
    await client.unsubscribe(topic);
    await client.send(acknowledge("pubrec", second.packetIdentifier));
    const pubrel = await client.expect("PUBREL");
    assertEquals(pubrel.packetIdentifier, second.packetIdentifier);
    assertEquals(pubrel.reasonCode, 0);
    await client.disconnect();
    const [back] = await broker.resume(identifier);
    const packets = await back.pending();
    assertEquals(
      packets.map((packet) => [packet.name, packet.packetIdentifier]).sort(),
      [
        ["PUBLISH", first.packetIdentifier],
        ["PUBREL", second.packetIdentifier],
      ],
    );
  },
);
