import { assertEquals } from "../_assert.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { acknowledge, pingreq, publish } from "./_packets.ts";

/** A client that the broker does not let be silent. */
const keepAlive = { keepAliveSeconds: 1 };

conformance(
  "a client that is silent for 1.5 times its Keep Alive is closed " +
    "[MQTT-3.1.2-20] [MQTT-3.1.2-22] [MQTT-3.2.2-22]",
  async (broker) => {
    const [silent, connack] = await broker.connectWithConnack(keepAlive);
    const active = await broker.connect(keepAlive);
    assertEquals(connack.value("serverKeepAlive"), undefined);
    await broker.elapse(1.3);
    await active.ping();
    await broker.elapse(0.3);
    await silent.expectDropped(0x8d);
    await active.ping();
    await broker.elapse(1.3);
    await active.ping();
  },
);

conformance(
  "a client is not closed before 1.5 times its Keep Alive [MQTT-3.1.2-22]",
  async (broker) => {
    const client = await broker.connect(keepAlive);
    await broker.elapse(1.3);
    await client.ping();
  },
);

conformance(
  "any packet of the client keeps it alive [MQTT-3.1.2-22]",
  async (broker) => {
    await eachCase([
      ["PINGREQ", pingreq],
      ["PUBLISH", publish({ topic: broker.topic("alive") })],
      ["PUBACK", acknowledge("puback", 1)],
    ], async (bytes) => {
      const client = await broker.connect(keepAlive);
      const barrier = await broker.connect();
      await broker.elapse(1.2);
      await client.send(bytes);
      await barrier.ping();
      await broker.elapse(1.2);
      await client.send(pingreq);
      if (bytes === pingreq) await client.expect("PINGRESP");
      await client.expect("PINGRESP");
    });
  },
);

conformance(
  "a packet that does not end keeps nobody alive [MQTT-3.1.2-22]",
  async (broker) => {
    const client = await broker.connect(keepAlive);
    const barrier = await broker.connect();
    const bytes = publish({ topic: broker.topic("slow"), payload: "never" });
    for (let index = 0; index < 3; index++) {
      await client.send(bytes.subarray(index, index + 1));
      await barrier.ping();
      await broker.elapse(0.6);
    }
    await client.expectDropped(0x8d);
  },
);

conformance(
  "what the server sends keeps nobody alive [MQTT-3.1.2-22]",
  async (broker) => {
    const client = await broker.connect(keepAlive);
    const topic = broker.topic("busy");
    await client.subscribe(topic);
    const publisher = await broker.connect();
    for (let count = 0; count < 3; count++) {
      await publisher.deliver({ topic });
      await broker.elapse(0.6);
    }
    for (let count = 0; count < 3; count++) {
      const packet = await client.receive();
      if (packet?.name !== "PUBLISH") return;
    }
    await client.expectDropped(0x8d);
  },
);

conformance(
  "Keep Alive 0 never closes [MQTT-3.1.2-22]",
  async (broker) => {
    const client = await broker.connect({ keepAliveSeconds: 0 });
    await broker.elapse(1_000_000);
    await client.ping();
  },
  { isInProcess: true },
);

conformance(
  "the longest Keep Alive is kept [MQTT-3.1.2-22]",
  async (broker) => {
    const client = await broker.connect({ keepAliveSeconds: 65_535 });
    await broker.elapse(98_000);
    await client.ping();
    await broker.elapse(98_400);
    await client.expectDropped(0x8d);
  },
  { isInProcess: true },
);

conformance(
  "a Server Keep Alive is enforced in place of the client's " +
    "[MQTT-3.1.2-21] [MQTT-3.2.2-21] [MQTT-3.1.2-22]",
  async (broker) => {
    for (const keepAliveSeconds of [0, 60]) {
      const [client, connack] = await broker.connectWithConnack({
        keepAliveSeconds,
      });
      assertEquals(connack.value("serverKeepAlive"), 1);
      await broker.elapse(1.6);
      await client.expectDropped(0x8d);
    }
  },
  { limits: { maximumKeepAliveSeconds: 1 } },
);

conformance(
  "without Server Keep Alive the client's own is enforced [MQTT-3.2.2-22]",
  async (broker) => {
    const [client, connack] = await broker.connectWithConnack(keepAlive);
    assertEquals(connack.value("serverKeepAlive"), undefined);
    await broker.elapse(1.6);
    await client.expectDropped(0x8d);
  },
  { limits: { maximumKeepAliveSeconds: 60 } },
);

conformance(
  "a client that is closed for its silence leaves Will and session " +
    "[MQTT-3.1.2-22] [MQTT-3.1.2-8]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect();
    await observer.subscribe(topic);
    const clientIdentifier = broker.identifier();
    const [client] = await broker.resume(clientIdentifier, {
      ...keepAlive,
      will: { topic, payload: "will" },
    });
    await broker.elapse(1.6);
    await client.expectDropped(0x8d);
    assertEquals((await observer.take()).text, "will");
    const [, connack] = await broker.resume(clientIdentifier);
    assertEquals(connack.sessionPresent, true);
  },
);
