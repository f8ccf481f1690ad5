import { assert, assertEquals } from "../_assert.ts";
import { uint8 } from "./_bytes.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge } from "./_packets.ts";

conformance(
  "QoS 0 is sent once and never again [MQTT-4.3.1-1] [MQTT-3.3.1-2]",
  async (broker) => {
    const topic = broker.topic("once");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic });
    const received = await subscriber.expect("PUBLISH");
    assertEquals([received.qos, received.isDuplicate], [0, false]);
    await subscriber.disconnect();
    const [back] = await broker.resume(identifier);
    await back.expectSilence();
  },
);

conformance(
  "DUP of the publisher is not passed on [MQTT-3.3.1-3] [MQTT-4.3.2-2] " +
    "[MQTT-4.3.3-2]",
  async (broker) => {
    const topic = broker.topic("dup");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [1, 2]) {
      for (const isDuplicate of [false, true]) {
        await publisher.deliver({ topic, qos, isDuplicate });
        const received = await subscriber.take();
        assertEquals([received.qos, received.isDuplicate], [qos, false]);
      }
    }
  },
);

conformance(
  "what is unacknowledged is sent again after a reconnect, and only then " +
    "[MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT-4.3.2-3] [MQTT-4.3.3-3] " +
    "[MQTT-4.3.2-2] [MQTT-4.3.3-2]",
  async (broker) => {
    const topic = broker.topic("again");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    const sent: unknown[] = [];
    for (const qos of [1, 2, 1, 2]) {
      await publisher.deliver({ topic, qos, payload: `${sent.length}` });
      const received = await subscriber.expect("PUBLISH");
      assertEquals(received.isDuplicate, false);
      sent.push([qos, received.packetIdentifier, received.text]);
    }
    await broker.elapse(2);
    await subscriber.expectSilence();
    for (let round = 0; round < 2; round++) {
      subscriber.close();
      const [back] = await broker.resume(identifier);
      const again = await back.pending();
      assertEquals(
        again.map(({ qos, packetIdentifier, text }) => [
          qos,
          packetIdentifier,
          text,
        ]),
        sent,
      );
      assert(again.every((packet) => packet.isDuplicate));
    }
  },
);

conformance(
  "what is acknowledged is not sent again [MQTT-4.4.0-1] [MQTT-4.3.2-3] " +
    "[MQTT-4.3.3-5]",
  async (broker) => {
    const topic = broker.topic("done");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const qos of [1, 2, 1]) {
      await publisher.deliver({ topic, qos });
      await subscriber.take();
    }
    await subscriber.disconnect();
    const [back] = await broker.resume(identifier);
    await back.expectSilence();
  },
);

conformance(
  "PUBACK or PUBREC of 0x80 and above settles a message [MQTT-4.4.0-2] " +
    "[MQTT-4.3.3-4]",
  async (broker) => {
    const topic = broker.topic("refused");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const [qos, name] of [[1, "puback"], [2, "pubrec"]] as const) {
      for (const code of [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
        await publisher.deliver({ topic, qos });
        const { packetIdentifier } = await subscriber.expect("PUBLISH");
        await subscriber.send(
          acknowledge(name, packetIdentifier, uint8(code)),
        );
        // No PUBREL follows.
        await subscriber.expectSilence();
      }
    }
    await subscriber.disconnect();
    const [back] = await broker.resume(identifier);
    await back.expectSilence();
  },
);

conformance(
  "a PUBREC below 0x80 is answered with PUBREL, also a second time " +
    "[MQTT-4.3.3-4] [MQTT-4.3.3-6]",
  async (broker) => {
    const topic = broker.topic("release");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    for (const code of [0x00, 0x10]) {
      await publisher.deliver({ topic, qos: 2 });
      const { packetIdentifier } = await subscriber.expect("PUBLISH");
      for (let round = 0; round < 2; round++) {
        await subscriber.send(
          acknowledge("pubrec", packetIdentifier, uint8(code)),
        );
        const pubrel = await subscriber.expect("PUBREL");
        assertEquals(pubrel.packetIdentifier, packetIdentifier);
        assertEquals(pubrel.reasonCode, 0);
      }
      await subscriber.send(acknowledge("pubcomp", packetIdentifier));
      await subscriber.expectSilence();
    }
  },
);

conformance(
  "after PUBREL the reconnect brings PUBREL, not PUBLISH [MQTT-4.3.3-6] " +
    "[MQTT-4.3.3-5] [MQTT-4.4.0-1]",
  async (broker) => {
    const topic = broker.topic("released");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    await publisher.deliver({ topic, qos: 2 });
    const { packetIdentifier } = await subscriber.expect("PUBLISH");
    await subscriber.send(acknowledge("pubrec", packetIdentifier));
    await subscriber.expect("PUBREL");
    await subscriber.disconnect();
    for (let round = 0; round < 2; round++) {
      const [back] = await broker.resume(identifier);
      const packets = await back.pending();
      assertEquals(packets.map((packet) => packet.name), ["PUBREL"]);
      assertEquals(packets[0].packetIdentifier, packetIdentifier);
      if (round === 1) {
        await back.send(acknowledge("pubcomp", packetIdentifier));
      }
      await back.disconnect();
    }
    const [last] = await broker.resume(identifier);
    await last.expectSilence();
  },
);

conformance(
  "a QoS 2 delivery that has begun does not expire [MQTT-4.3.3-7]",
  async (broker) => {
    const topic = broker.topic("begun");
    const identifier = broker.identifier();
    const [subscriber] = await broker.resume(identifier);
    await subscriber.subscribe(topic, { options: 2 });
    const publisher = await broker.connect();
    const properties = [["messageExpiryInterval", 1]] as const;
    await publisher.deliver({ topic, qos: 2, payload: "begun", properties });
    const first = await subscriber.expect("PUBLISH");
    await broker.elapse(2);
    await subscriber.disconnect();
    const [back] = await broker.resume(identifier);
    const again = await back.expect("PUBLISH");
    assertEquals(again.packetIdentifier, first.packetIdentifier);
    assertEquals([again.text, again.isDuplicate], ["begun", true]);
    await back.send(acknowledge("pubrec", again.packetIdentifier));
    await back.expect("PUBREL");
    await back.send(acknowledge("pubcomp", again.packetIdentifier));
    await back.expectSilence();
  },
);

conformance(
  "the exchange with the publisher goes on when the message has expired " +
    "[MQTT-4.3.3-13]",
  async (broker) => {
    const publisher = await broker.connect();
    await publisher.publish({
      topic: broker.topic("expired"),
      qos: 2,
      packetIdentifier: 3,
      properties: [["messageExpiryInterval", 1]],
    });
    assertEquals((await publisher.expect("PUBREC")).packetIdentifier, 3);
    await broker.elapse(2);
    await publisher.send(acknowledge("pubrel", 3));
    const pubcomp = await publisher.expect("PUBCOMP");
    assertEquals([pubcomp.packetIdentifier, pubcomp.reasonCode], [3, 0]);
  },
);

conformance(
  "after PUBACK the identifier stands for a new message [MQTT-4.3.2-5] " +
    "[MQTT-4.3.2-4]",
  async (broker) => {
    const topic = broker.topic("new");
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic);
    const publisher = await broker.connect();
    for (const isDuplicate of [false, true, false]) {
      const message = { topic, qos: 1, packetIdentifier: 4, isDuplicate };
      await publisher.publish({ ...message, payload: `${isDuplicate}` });
      assertEquals((await publisher.expect("PUBACK")).packetIdentifier, 4);
      assertEquals((await subscriber.take()).text, `${isDuplicate}`);
    }
  },
);

conformance(
  "a repeated QoS 2 PUBLISH is delivered once until PUBREL " +
    "[MQTT-4.3.3-10] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-4.3.3-12]",
  async (broker) => {
    const topic = broker.topic("exactly once");
    const identifier = broker.identifier();
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic);
    const message = { topic, qos: 2, packetIdentifier: 6 };
    const [publisher] = await broker.resume(identifier);
    await publisher.publish({ ...message, payload: "one" });
    assertEquals((await publisher.expect("PUBREC")).packetIdentifier, 6);
    await publisher.disconnect();
    const [again] = await broker.resume(identifier);
    await again.publish({ ...message, payload: "one", isDuplicate: true });
    const pubrec = await again.expect("PUBREC");
    assertEquals(pubrec.packetIdentifier, 6);
    assertEquals(pubrec.reasonCode < 0x80, true);
    await again.send(acknowledge("pubrel", 6));
    assertEquals((await again.expect("PUBCOMP")).reasonCode, 0);
    assertEquals((await subscriber.take()).text, "one");
    await subscriber.expectSilence();
    // Now the identifier is free, whatever DUP says.
    for (const isDuplicate of [true, false]) {
      await again.publish({ ...message, payload: "two", isDuplicate });
      await again.expect("PUBREC");
      await again.send(acknowledge("pubrel", 6));
      assertEquals((await again.expect("PUBCOMP")).reasonCode, 0);
      assertEquals((await subscriber.take()).text, "two");
    }
    await again.send(acknowledge("pubrel", 6));
    assertEquals((await again.expect("PUBCOMP")).reasonCode, 0x92);
  },
);

conformance(
  "a session that begins anew has forgotten the identifiers it received " +
    "[MQTT-3.1.2-4] [MQTT-4.3.3-10]",
  async (broker) => {
    const topic = broker.topic("fresh");
    const identifier = broker.identifier();
    const subscriber = await broker.connect();
    await subscriber.subscribe(topic);
    for (const payload of ["one", "two"]) {
      const [publisher] = await broker.resume(identifier, { cleanStart: true });
      await publisher.publish({ topic, qos: 2, packetIdentifier: 6, payload });
      await publisher.expect("PUBREC");
      if (payload === "one") continue;
      await publisher.send(acknowledge("pubrel", 6));
      await publisher.expect("PUBCOMP");
    }
    // Whether the first one is delivered before its PUBREL is the server's choice.
    const texts = (await subscriber.pending()).map(({ text }) => text);
    assertEquals(texts.at(-1), "two");
  },
);
