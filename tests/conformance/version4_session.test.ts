import { assertEquals } from "../_assert.ts";
import type { BrokerUnderTest } from "./_broker.ts";
import { conformance } from "./_conformance.ts";
import type { ServerPacket } from "./_decode.ts";
import { acknowledge, type ConnectFields, disconnect } from "./_packets.ts";
import type { RawClient } from "./_raw_client.ts";

const version = 4;

/** A client with CleanSession 0, and its CONNACK. */
function resume(
  broker: BrokerUnderTest,
  clientIdentifier: string,
  fields: ConnectFields = {},
): Promise<[RawClient, ServerPacket]> {
  return broker.connectWithConnack({
    version,
    clientIdentifier,
    cleanStart: false,
    ...fields,
  });
}

conformance(
  "CleanSession 0 goes on with the stored session [3.1.1 MQTT-3.1.2-4] " +
    "[3.1.1 MQTT-3.1.2-5] [3.1.1 MQTT-4.1.0-1] [3.1.1 MQTT-3.2.0-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("stored");
    const [first, fresh] = await resume(broker, identifier);
    assertEquals(fresh.sessionPresent, false);
    await first.subscribe(topic, { options: 2 });
    await first.disconnect();
    const publisher = await broker.connect({ version });
    for (const qos of [1, 2]) {
      await publisher.deliver({ topic, qos, payload: `${qos}` });
    }
    const [back, present] = await resume(broker, identifier);
    assertEquals(present.sessionPresent, true);
    for (const qos of [1, 2]) {
      const received = await back.take();
      assertEquals([received.text, received.qos], [`${qos}`, qos]);
    }
    await publisher.deliver({ topic, payload: "live" });
    assertEquals((await back.take()).text, "live");
  },
);

conformance(
  "a session with CleanSession 0 is not ended by the time that a client can " +
    "set [3.1.1 MQTT-3.1.2-4] [3.1.1 MQTT-4.1.0-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const [client] = await resume(broker, identifier);
    await client.disconnect();
    await broker.elapse(24 * 60 * 60);
    const [, connack] = await resume(broker, identifier);
    assertEquals(connack.sessionPresent, true);
  },
  { isInProcess: true },
);

conformance(
  "CleanSession 1 drops the session and leaves none [3.1.1 MQTT-3.1.2-6] " +
    "[3.1.1 MQTT-3.1.2-7]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("clean");
    const publisher = await broker.connect({ version });
    const [old] = await resume(broker, identifier);
    await old.subscribe(topic, { options: 1 });
    await old.deliver({ topic: broker.topic("kept"), qos: 1, payload: "kept" });
    await old.deliver({
      topic: broker.topic("retained"),
      qos: 1,
      payload: "retained",
      isRetained: true,
    });
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1 });
    const [clean, connack] = await resume(broker, identifier, {
      cleanStart: true,
    });
    assertEquals(connack.sessionPresent, false);
    await clean.expectSilence();
    await clean.subscribe(topic, { options: 1 });
    await clean.disconnect();
    await publisher.deliver({ topic, qos: 1 });
    const [last, none] = await resume(broker, identifier);
    assertEquals(none.sessionPresent, false);
    await last.expectSilence();
    // Retained messages are no part of the session.
    await last.subscribe(broker.topic("retained"));
    assertEquals((await last.take()).text, "retained");
  },
);

conformance(
  "a session lasts as long as its connection [3.1.1 MQTT-4.1.0-2]",
  async (broker) => {
    const topic = broker.topic("open");
    const client = await broker.connect({ version });
    await client.subscribe(topic);
    await broker.elapse(2);
    await client.publish({ topic });
    await client.take();
  },
);

conformance(
  "the Will is published as soon as the connection breaks " +
    "[3.1.1 MQTT-3.1.2-8]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic, { options: 2 });
    for (const cleanStart of [true, false]) {
      for (const qos of [0, 1, 2]) {
        const client = await broker.connect({
          version,
          cleanStart,
          will: { topic, payload: "will", qos },
        });
        client.close();
        const will = await observer.take();
        assertEquals([will.text, will.qos], ["will", qos]);
      }
    }
  },
);

conformance(
  "without Will Flag nothing is published [3.1.1 MQTT-3.1.2-12]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const [client] = await resume(broker, identifier, { will: { topic } });
    await client.disconnect();
    const [next] = await resume(broker, identifier);
    // A second client with the same identifier breaks the connection.
    const [last] = await resume(broker, identifier);
    await next.expectClosed();
    await observer.expectSilence(last);
  },
);

conformance(
  "DISCONNECT removes the Will [3.1.1 MQTT-3.14.4-3]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const client = await broker.connect({ version, will: { topic } });
    await client.send(disconnect());
    await client.expectClosed();
    await observer.expectSilence();
  },
);

conformance(
  "what is unacknowledged is sent again in its order, with its identifiers " +
    "[3.1.1 MQTT-4.4.0-1] [3.1.1 MQTT-4.6.0-6] [3.1.1 MQTT-2.3.1-3]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("again");
    const [first] = await resume(broker, identifier);
    await first.subscribe(topic, { options: 2 });
    const publisher = await broker.connect({ version });
    const qualities = [1, 2, 2, 1, 2, 1];
    for (const [index, qos] of qualities.entries()) {
      await publisher.deliver({ topic, qos, payload: `${index}` });
    }
    const sent = await first.pending();
    assertEquals(sent.map(({ text }) => text), ["0", "1", "2", "3", "4", "5"]);
    // PUBRELs come in the order of the PUBRECs, here and after a reconnect.
    const released = [sent[2], sent[1]].map((packet) =>
      packet.packetIdentifier
    );
    for (const packetIdentifier of released) {
      await first.send(acknowledge("pubrec", packetIdentifier));
    }
    for (const packetIdentifier of released) {
      const pubrel = await first.expect("PUBREL");
      assertEquals(pubrel.packetIdentifier, packetIdentifier);
    }
    first.close();
    const [back] = await resume(broker, identifier);
    const again = await back.pending();
    assertEquals(
      again.filter(({ name }) => name === "PUBLISH").map((packet) => [
        packet.text,
        packet.packetIdentifier,
        packet.isDuplicate,
      ]),
      [0, 3, 4, 5].map((index) => [
        `${index}`,
        sent[index].packetIdentifier,
        true,
      ]),
    );
    assertEquals(
      again.filter(({ name }) => name === "PUBREL").map((packet) =>
        packet.packetIdentifier
      ),
      released,
    );
  },
);

conformance(
  "an identifier is taken until its message is settled " +
    "[3.1.1 MQTT-2.3.1-3]",
  async (broker) => {
    const topic = broker.topic("taken");
    const client = await broker.connect({ version });
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect({ version });
    const open = new Set<number>();
    for (let count = 0; count < 10; count++) {
      await publisher.deliver({ topic, qos: 2 });
      const { packetIdentifier } = await client.expect("PUBLISH");
      assertEquals(open.has(packetIdentifier), false);
      open.add(packetIdentifier);
      if (count % 2 === 0) continue;
      await client.send(acknowledge("pubrec", packetIdentifier));
      await client.expect("PUBREL");
    }
  },
);

conformance(
  "QoS 2 to a client: every PUBREC is answered with PUBREL " +
    "[3.1.1 MQTT-4.3.3-1]",
  async (broker) => {
    const topic = broker.topic("out");
    const client = await broker.connect({ version });
    await client.subscribe(topic, { options: 2 });
    const publisher = await broker.connect({ version });
    await publisher.deliver({ topic, qos: 2, payload: "two" });
    const received = await client.expect("PUBLISH");
    assertEquals([received.qos, received.isDuplicate], [2, false]);
    const { packetIdentifier } = received;
    for (let round = 0; round < 2; round++) {
      await client.send(acknowledge("pubrec", packetIdentifier));
      const pubrel = await client.expect("PUBREL");
      assertEquals(pubrel.packetIdentifier, packetIdentifier);
      assertEquals(pubrel.bytes.length, 4);
    }
    await client.send(acknowledge("pubcomp", packetIdentifier));
    await client.send(acknowledge("pubrec", 4_711));
    assertEquals((await client.expect("PUBREL")).bytes.length, 4);
    await client.expectSilence();
  },
);

conformance(
  "QoS 2 from a client: a repeat is not delivered twice, every PUBREL is " +
    "answered [3.1.1 MQTT-4.3.3-2]",
  async (broker) => {
    const topic = broker.topic("in");
    const identifier = broker.identifier();
    const subscriber = await broker.connect({ version });
    await subscriber.subscribe(topic);
    const [client] = await resume(broker, identifier);
    const message = { topic, qos: 2, packetIdentifier: 8, payload: "once" };
    await client.publish(message);
    assertEquals((await client.expect("PUBREC")).bytes.length, 4);
    client.close();
    const [again] = await resume(broker, identifier);
    for (let round = 0; round < 2; round++) {
      // 3.1.1 lets a client repeat itself at any time.
      await again.publish({ ...message, isDuplicate: true });
      assertEquals((await again.expect("PUBREC")).packetIdentifier, 8);
    }
    for (let round = 0; round < 2; round++) {
      await again.send(acknowledge("pubrel", 8));
      const pubcomp = await again.expect("PUBCOMP");
      assertEquals([pubcomp.packetIdentifier, pubcomp.bytes.length], [8, 4]);
    }
    assertEquals((await subscriber.take()).text, "once");
    await subscriber.expectSilence();
    await again.publish({ ...message, payload: "new" });
    await again.expect("PUBREC");
    await again.send(acknowledge("pubrel", 8));
    await again.expect("PUBCOMP");
    assertEquals((await subscriber.take()).text, "new");
  },
);
