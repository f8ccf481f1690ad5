import { assert, assertEquals } from "../_assert.ts";
import { RefusingAuthorizer } from "./_authorizers.ts";
import { hex } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { connect, publish, subscribe } from "./_packets.ts";

conformance(
  "a client that is not let in learns why and is closed [MQTT-3.1.4-2] " +
    "[MQTT-3.2.2-7] [MQTT-3.2.2-8] [MQTT-4.13.2-1]",
  async (broker) => {
    for (const code of [0x80, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x97, 0x9f]) {
      const client = await broker.open();
      await client.send(
        connect({ clientIdentifier: "refused", userName: `${code}` }),
        publish({ topic: "a", qos: 1 }),
      );
      await client.expectRefused(code);
    }
  },
  { authorizer: new RefusingAuthorizer() },
);

for (const maximumQos of [0, 1] as const) {
  conformance(
    `a server with Maximum QoS ${maximumQos} announces and holds it ` +
      "[MQTT-3.2.2-9] [MQTT-3.2.2-11]",
    async (broker) => {
      const topic = broker.topic("qos");
      for (let qos = maximumQos + 1; qos <= 2; qos++) {
        const [client, connack] = await broker.connectWithConnack();
        assertEquals(connack.value("maximumQos"), maximumQos);
        if (maximumQos === 1) await client.deliver({ topic, qos: 1 });
        await client.publish({ topic, qos });
        await client.expectDisconnect(0x9b);
      }
    },
    { limits: { maximumQos } },
  );

  conformance(
    `a server with Maximum QoS ${maximumQos} accepts every SUBSCRIBE ` +
      "[MQTT-3.2.2-10]",
    async (broker) => {
      const client = await broker.connect();
      for (const options of [0, 1, 2]) {
        const topic = broker.topic(`granted ${options}`);
        const suback = await client.subscribe(topic, { options });
        assert(suback.reasonCodes[0] <= Math.min(options, maximumQos));
        await client.publish({ topic });
        await client.take();
      }
    },
    { limits: { maximumQos } },
  );

  conformance(
    `a server with Maximum QoS ${maximumQos} refuses a higher Will QoS ` +
      "[MQTT-3.2.2-12]",
    async (broker) => {
      for (const qos of [0, 1, 2]) {
        const client = await broker.open();
        const clientIdentifier = broker.identifier();
        const will = { topic: broker.topic("will"), qos };
        await client.sendConnect({ clientIdentifier, will });
        if (qos > maximumQos) await client.expectRefused(0x9b);
        else assertEquals((await client.expect("CONNACK")).reasonCode, 0);
      }
    },
    { limits: { maximumQos } },
  );
}

conformance(
  "without limits nothing is announced as unavailable [MQTT-3.2.2-9]",
  async (broker) => {
    const [, connack] = await broker.connectWithConnack();
    for (
      const name of [
        "maximumQos",
        "retainAvailable",
        "wildcardSubscriptionAvailable",
        "subscriptionIdentifierAvailable",
        "sharedSubscriptionAvailable",
      ] as const
    ) {
      const value = connack.value(name);
      assert(value === undefined || value === 1, `${name} is ${value}`);
    }
  },
);

conformance(
  "without retained messages RETAIN is refused [MQTT-3.2.2-13] " +
    "[MQTT-3.2.2-14]",
  async (broker) => {
    const topic = broker.topic("retain");
    const [client, connack] = await broker.connectWithConnack();
    assertEquals(connack.value("retainAvailable"), 0);
    await client.publish({ topic, isRetained: true, payload: "x" });
    await client.expectDisconnect(0x9a);
    const refused = await broker.open();
    await refused.sendConnect({
      clientIdentifier: broker.identifier(),
      will: { topic, isRetained: true },
    });
    await refused.expectRefused(0x9a);
    await broker.connect({ will: { topic } });
  },
  { limits: { retainAvailable: false } },
);

conformance(
  "a packet over the server's Maximum Packet Size ends the connection " +
    "[MQTT-3.2.2-15]",
  async (broker) => {
    const topic = broker.topic("size");
    const [client, connack] = await broker.connectWithConnack();
    assertEquals(connack.value("maximumPacketSize"), 200);
    const overhead = publish({ topic, payload: "x".repeat(100) }).length - 100;
    await client.subscribe(topic);
    const payload = "x".repeat(200 - overhead - 1);
    assertEquals(publish({ topic, payload }).length, 200);
    await client.publish({ topic, payload });
    assertEquals((await client.take()).text, payload);
    await client.publish({ topic, payload: `${payload}x` });
    await client.expectDisconnect(0x95);
  },
  { limits: { maximumPacketSizeBytes: 200 } },
);

conformance(
  "a packet is refused as soon as its length shows [MQTT-3.2.2-15]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(hex("30 c9 01"));
    await client.expectDisconnect(0x95);
  },
  { limits: { maximumPacketSizeBytes: 200 } },
);

conformance(
  "a CONNECT over the Maximum Packet Size is refused [MQTT-3.2.2-15]",
  async (broker) => {
    const client = await broker.open();
    await client.send(connect({
      clientIdentifier: broker.identifier(),
      properties: [["userProperty", "name", "x".repeat(200)]],
    }));
    await client.expectRefused(0x95);
  },
  { limits: { maximumPacketSizeBytes: 200 } },
);

conformance(
  "CONNACK keeps to the client's Maximum Packet Size [MQTT-3.2.2-19] " +
    "[MQTT-3.2.2-20] [MQTT-3.1.2-24]",
  async (broker) => {
    for (const maximumPacketSize of [8, 9, 20, 30, 60, 200]) {
      const client = await broker.open();
      await client.sendConnect({
        clientIdentifier: broker.identifier(),
        properties: [
          ["maximumPacketSize", maximumPacketSize],
          ["authenticationMethod", "no such method"],
        ],
      });
      // The client itself holds each packet against the maximum.
      await client.expectRefused(0x8c, 0x87);
    }
  },
);

conformance(
  "a client that can take no CONNACK is closed without [MQTT-3.1.2-24] " +
    "[MQTT-3.2.0-1]",
  async (broker) => {
    const topic = broker.topic("tiny");
    const clientIdentifier = broker.identifier();
    const client = await broker.open();
    await client.sendConnect({
      clientIdentifier,
      properties: [["maximumPacketSize", 4]],
    });
    await client.publish({ topic });
    await client.expectClosed();
  },
);

conformance(
  "an unavailable kind of subscription ends the connection " +
    "[MQTT-4.13.1-1]",
  async (broker) => {
    const identifier = ["subscriptionIdentifier", 1] as const;
    await eachCase([
      ["wildcard", { filter: "a/#", properties: [], code: 0xa2 }],
      ["shared", { filter: "$share/s/a", properties: [], code: 0x9e }],
      ["identifier", { filter: "a", properties: [identifier], code: 0xa1 }],
    ], async ({ filter, properties, code }) => {
      const [client, connack] = await broker.connectWithConnack();
      assertEquals(connack.value("wildcardSubscriptionAvailable"), 0);
      assertEquals(connack.value("sharedSubscriptionAvailable"), 0);
      assertEquals(connack.value("subscriptionIdentifierAvailable"), 0);
      await client.subscribe([["plain", 0]]);
      await client.send(subscribe([[filter, 0]], { properties }));
      await client.expectDisconnect(code);
    });
  },
  {
    limits: {
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      subscriptionIdentifierAvailable: false,
    },
  },
);
