import { assert, assertEquals } from "../_assert.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge, publish, subscribe, unsubscribe } from "./_packets.ts";

conformance(
  "a PUBLISH at QoS 0 has no Packet Identifier [MQTT-2.2.1-2]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("qos0");
    await client.subscribe(topic);
    await client.publish({ topic, payload: "\u0001" });
    const received = await client.take();
    assertEquals(received.bytes, publish({ topic, payload: "\u0001" }));
    // A stray identifier is read as a Property Length.
    await client.publish({ topic, payload: "" });
    const stray = publish({ topic, qos: 1, packetIdentifier: 0x7f01 });
    stray[0] = 0x30;
    await client.take();
    await client.send(stray);
    await client.expectDisconnect(0x81);
  },
);

conformance(
  "Packet Identifier 0 ends the connection [MQTT-2.2.1-3] " +
    "[MQTT-4.3.2-1] [MQTT-4.3.3-1]",
  async (broker) => {
    const topic = broker.topic("zero");
    const packetIdentifier = 0;
    await eachCase([
      ["PUBLISH at QoS 1", publish({ topic, qos: 1, packetIdentifier })],
      ["PUBLISH at QoS 2", publish({ topic, qos: 2, packetIdentifier })],
      ["SUBSCRIBE", subscribe([[topic, 0]], { packetIdentifier })],
      ["UNSUBSCRIBE", unsubscribe([topic], { packetIdentifier })],
    ], async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(0x81, 0x82);
    });
  },
);

conformance(
  "messages in flight to a client have identifiers of their own " +
    "[MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1]",
  async (broker) => {
    const subscriber = await broker.connect();
    const publisher = await broker.connect();
    const topic = broker.topic("flight");
    await subscriber.subscribe(topic, { options: 2 });
    const used = new Set<number>();
    for (let count = 1; count <= 8; count++) {
      await publisher.deliver({ topic, qos: count % 2 + 1 });
      const { packetIdentifier } = await subscriber.expect("PUBLISH");
      assert(packetIdentifier > 0);
      used.add(packetIdentifier);
      assertEquals(used.size, count);
    }
  },
);

conformance(
  "the identifiers of client and server are independent [MQTT-2.2.1-4]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("same");
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2 });
    // Under one identifier a message in each direction.
    const { packetIdentifier } = await client.expect("PUBLISH");
    const other = broker.topic("other");
    await client.publish({ topic: other, qos: 2, packetIdentifier });
    await client.expect("PUBREC");
    await client.send(acknowledge("pubrec", packetIdentifier));
    await client.expect("PUBREL");
    await client.send(acknowledge("pubrel", packetIdentifier));
    assertEquals((await client.expect("PUBCOMP")).reasonCode, 0);
    await client.send(acknowledge("pubcomp", packetIdentifier));
    await client.expectSilence();
  },
);

conformance(
  "acknowledgements repeat the Packet Identifier [MQTT-2.2.1-5] " +
    "[MQTT-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("ack");
    for (const packetIdentifier of [1, 0x00ff, 0x0100, 0xffff]) {
      await client.publish({ topic, qos: 1, packetIdentifier });
      const puback = await client.expect("PUBACK");
      assertEquals(puback.packetIdentifier, packetIdentifier);
      await client.publish({ topic, qos: 2, packetIdentifier });
      const pubrec = await client.expect("PUBREC");
      assertEquals(pubrec.packetIdentifier, packetIdentifier);
      await client.send(acknowledge("pubrel", packetIdentifier));
      const pubcomp = await client.expect("PUBCOMP");
      assertEquals(pubcomp.packetIdentifier, packetIdentifier);
      assertEquals(pubcomp.reasonCode, 0);
    }
    await client.publish({ topic });
    await client.expectSilence();
  },
);

conformance(
  "an unknown identifier is answered with 0x92 [MQTT-2.2.1-5] " +
    "[MQTT-4.3.3-4] [MQTT-4.3.3-11]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(acknowledge("pubrel", 77));
    const pubcomp = await client.expect("PUBCOMP");
    assertEquals([pubcomp.packetIdentifier, pubcomp.reasonCode], [77, 0x92]);
    await client.send(acknowledge("pubrec", 78));
    const pubrel = await client.expect("PUBREL");
    assertEquals([pubrel.packetIdentifier, pubrel.reasonCode], [78, 0x92]);
    await client.send(acknowledge("pubcomp", 78), acknowledge("puback", 79));
    await client.expectSilence();
  },
);

conformance(
  "SUBACK and UNSUBACK repeat the Packet Identifier [MQTT-2.2.1-6] " +
    "[MQTT-3.8.4-2] [MQTT-3.10.4-5]",
  async (broker) => {
    const client = await broker.connect();
    const topic = broker.topic("request");
    for (const packetIdentifier of [1, 0x00ff, 0x0100, 0xffff]) {
      await client.send(subscribe([[topic, 0]], { packetIdentifier }));
      const suback = await client.expect("SUBACK");
      assertEquals(suback.packetIdentifier, packetIdentifier);
      await client.send(unsubscribe([topic], { packetIdentifier }));
      const unsuback = await client.expect("UNSUBACK");
      assertEquals(unsuback.packetIdentifier, packetIdentifier);
    }
  },
);
