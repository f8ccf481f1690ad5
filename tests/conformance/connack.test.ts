import { assertEquals, assertNotEquals } from "../_assert.ts";
import { conformance } from "./_conformance.ts";
import { connect, publish } from "./_packets.ts";

conformance(
  "what follows a refused CONNECT is not processed [MQTT-3.1.4-6] " +
    "[MQTT-3.2.2-7]",
  async (broker) => {
    const observer = await broker.connect();
    const topic = broker.topic("refused");
    await observer.subscribe(topic);
    const client = await broker.open();
    await client.send(
      connect({ clientIdentifier: broker.identifier(), flags: 0x03 }),
      publish({ topic }),
    );
    await client.expectRefused(0x81);
    await observer.expectSilence();
  },
);

conformance(
  "what follows an accepted CONNECT in one segment is processed " +
    "[MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT-3.2.0-2]",
  async (broker) => {
    const client = await broker.open();
    const clientIdentifier = broker.identifier();
    await client.send(
      connect({ clientIdentifier }),
      publish({ topic: broker.topic("piped"), qos: 1, packetIdentifier: 9 }),
    );
    assertEquals((await client.expect("CONNACK")).reasonCode, 0);
    assertEquals((await client.expect("PUBACK")).packetIdentifier, 9);
    await client.expectSilence();
  },
);

conformance(
  "CONNACK comes first, and once [MQTT-3.2.0-1] [MQTT-3.2.0-2] " +
    "[MQTT-3.2.2-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("first");
    const publisher = await broker.connect();
    const [old] = await broker.resume(identifier);
    await old.subscribe(topic, { options: 1 });
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1 });
    // Expects CONNACK before the message that waits.
    const [client, connack] = await broker.resume(identifier);
    assertEquals(connack.sessionPresent, true);
    await client.take();
    await client.expectSilence();
    await client.send(connect({ clientIdentifier: identifier }));
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "a refusal says that no session is present [MQTT-3.2.2-6]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const [old] = await broker.resume(clientIdentifier);
    await old.disconnect();
    const client = await broker.open();
    await client.sendConnect({
      clientIdentifier,
      cleanStart: false,
      properties: [
        ["sessionExpiryInterval", 1_000],
        ["authenticationMethod", "no such method"],
      ],
    });
    const connack = await client.expect("CONNACK");
    assertNotEquals(connack.reasonCode, 0);
    assertEquals(connack.sessionPresent, false);
    await client.expectClosed();
  },
);
