import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../_assert.ts";
import { rejectionOf, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import { FakeServer } from "./_fake_server.ts";

test("QoS 0 resolves without an answer [MQTT-4.3.1-1]", async () => {
  const { client, link } = await new FakeServer().connect();
  const result = await client.publish("a/b", "hello", { isRetained: true });
  assertEquals(result, { reasonCode: 0 });
  assertEquals(await link.take(3), {
    type: 3,
    topicName: "a/b",
    payload: new TextEncoder().encode("hello"),
    qos: 0,
    isDuplicate: false,
    isRetained: true,
    packetIdentifier: 0,
    properties: {},
  });
});

test("QoS 1 resolves with the Reason Code and the reason of PUBACK [MQTT-4.3.2-1] [MQTT-4.3.2-2]", async () => {
  const { client, link } = await new FakeServer().connect();
  const publishing = client.publish("a", "", { qos: 1 });
  const { packetIdentifier, qos, isDuplicate } = await link.take(3);
  assertEquals([packetIdentifier, qos, isDuplicate], [1, 1, false]);
  link.acknowledge(4, 1, ReasonCode.quotaExceeded, {
    reasonString: "full",
    userProperties: [["k", "v"]],
  });
  assertEquals(await publishing, {
    reasonCode: ReasonCode.quotaExceeded,
    reasonString: "full",
    userProperties: [["k", "v"]],
  });
});

test("QoS 2 goes by PUBREC and PUBREL to PUBCOMP [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-4]", async () => {
  const { client, link } = await new FakeServer().connect();
  const publishing = client.publish("a", "", { qos: 2 });
  const { packetIdentifier } = await link.take(3);
  link.acknowledge(5, packetIdentifier, ReasonCode.noMatchingSubscribers);
  const pubrel = await link.take(6);
  assertEquals(pubrel.packetIdentifier, packetIdentifier);
  assertEquals(pubrel.reasonCode, ReasonCode.success);
  link.acknowledge(7, packetIdentifier);
  assertEquals(await publishing, {
    reasonCode: ReasonCode.noMatchingSubscribers,
  });
});

test("PUBCOMP 0x92 does not undo what PUBREC has said [MQTT-4.3.3-4]", async () => {
  const { client, link } = await new FakeServer().connect();
  const publishing = client.publish("a", "", { qos: 2 });
  await link.take(3);
  link.acknowledge(5, 1);
  await link.take(6);
  link.acknowledge(7, 1, ReasonCode.packetIdentifierNotFound);
  assertEquals(await publishing, { reasonCode: ReasonCode.success });
});

test("a PUBREC that refuses ends the exchange without PUBREL [MQTT-4.3.3-4]", async () => {
  const { client, link } = await new FakeServer().connect();
  const publishing = client.publish("a", "", { qos: 2 });
  const { packetIdentifier } = await link.take(3);
  link.acknowledge(5, packetIdentifier, ReasonCode.notAuthorized);
  assertEquals((await publishing).reasonCode, ReasonCode.notAuthorized);
  assertEquals(await link.rest(), []);
});

test("PUBREC for an unknown Packet Identifier is answered with PUBREL 0x92", async () => {
  const { link } = await new FakeServer().connect();
  link.acknowledge(5, 77);
  const pubrel = await link.take(6);
  assertEquals(pubrel.packetIdentifier, 77);
  assertEquals(pubrel.reasonCode, ReasonCode.packetIdentifierNotFound);
});

test("a second PUBREC is answered again and changes nothing [MQTT-4.3.3-4]", async () => {
  const { client, link } = await new FakeServer().connect();
  const publishing = client.publish("a", "", { qos: 2 });
  await link.take(3);
  link.acknowledge(5, 1);
  link.acknowledge(5, 1);
  assertEquals((await link.take(6)).packetIdentifier, 1);
  assertEquals((await link.take(6)).reasonCode, ReasonCode.success);
  link.acknowledge(7, 1);
  assertEquals((await publishing).reasonCode, ReasonCode.success);
});

test("acknowledgements that nothing waits for change nothing", async () => {
  const { client, link } = await new FakeServer().connect();
  link.acknowledge(4, 5);
  link.acknowledge(7, 5);
  const publishing = client.publish("a", "", { qos: 2 });
  await link.take(3);
  // PUBCOMP before PUBREC.
  link.acknowledge(7, 1);
  link.acknowledge(5, 1);
  await link.take(6);
  link.acknowledge(7, 1);
  await publishing;
  assertEquals(client.state, "connected");
});

test("an acknowledgement of the other QoS ends the connection", async () => {
  const { client, link } = await new FakeServer().connect();
  client.publish("a", "", { qos: 2 }).catch(() => {});
  await link.take(3);
  link.acknowledge(4, 1);
  assertEquals((await link.take(14)).reasonCode, ReasonCode.protocolError);
  await client.close();
});

test("every exchange has a Packet Identifier of its own [MQTT-2.2.1-3]", async () => {
  const { client, link } = await new FakeServer().connect();
  const exchanges = [
    client.publish("a", "", { qos: 1 }),
    client.subscribe("a"),
    client.publish("a", "", { qos: 2 }),
    client.unsubscribe("a"),
  ];
  const packets = await link.rest();
  const identifiers = packets.map((packet) =>
    "packetIdentifier" in packet ? packet.packetIdentifier : 0
  );
  assertEquals(new Set(identifiers).size, 4);
  assertEquals(identifiers.includes(0), false);
  await client.close();
  await Promise.allSettled(exchanges);
});

test("Packet Identifiers in use are passed over when the numbers begin anew [MQTT-2.2.1-3]", async () => {
  const { client, link } = await new FakeServer().connect();
  const first = client.publish("a", "", { qos: 1 });
  assertEquals((await link.take(3)).packetIdentifier, 1);
  for (let expected = 2; expected <= 65_535; expected++) {
    const publishing = client.publish("a", "", { qos: 1 });
    const { packetIdentifier } = await link.take(3);
    assertEquals(packetIdentifier, expected);
    link.acknowledge(4, packetIdentifier);
    await publishing;
  }
  client.publish("a", "", { qos: 1 }).catch(() => {});
  assertEquals((await link.take(3)).packetIdentifier, 2);
  link.acknowledge(4, 1);
  await first;
  await client.close();
});

test("no more PUBLISH packets are open than the Receive Maximum says, and nothing else is held back [MQTT-3.3.4-7] [MQTT-3.3.4-8]", async () => {
  const { client, link } = await new FakeServer().connect({}, {
    properties: { receiveMaximum: 2 },
  });
  const publishing = ["1", "2", "3", "4"].map((payload) =>
    client.publish("a", payload, { qos: payload === "1" ? 2 : 1 })
  );
  client.subscribe("a").catch(() => {});
  assertEquals((await link.rest()).map(({ type }) => type), [3, 3, 8]);
  link.acknowledge(5, 1);
  // PUBREC alone frees no place.
  assertEquals((await link.rest()).map(({ type }) => type), [6]);
  link.acknowledge(7, 1);
  assertEquals(text((await link.take(3)).payload), "3");
  link.acknowledge(4, 2, ReasonCode.quotaExceeded);
  assertEquals(text((await link.take(3)).payload), "4");
  await client.close();
  await Promise.allSettled(publishing);
});

test("a PUBREC that refuses frees a place [MQTT-3.3.4-7]", async () => {
  const { client, link } = await new FakeServer().connect({}, {
    properties: { receiveMaximum: 1 },
  });
  const first = client.publish("a", "1", { qos: 2 });
  const second = client.publish("a", "2", { qos: 0 });
  await link.take(3);
  assertEquals(await link.rest(), []);
  link.acknowledge(5, 1, ReasonCode.notAuthorized);
  assertEquals(text((await link.take(3)).payload), "2");
  await first;
  await second;
});

for (
  const { limit, options, reasonCode } of [
    {
      limit: { maximumQos: 1 },
      options: { qos: 2 as const },
      reasonCode: ReasonCode.qosNotSupported,
    },
    {
      limit: { retainAvailable: 0 },
      options: { isRetained: true },
      reasonCode: ReasonCode.retainNotSupported,
    },
    {
      limit: { maximumPacketSize: 20 },
      options: { properties: { contentType: "0123456789" } },
      reasonCode: ReasonCode.packetTooLarge,
    },
  ]
) {
  test(`what ${Object.keys(limit)[0]} rules out is refused on this side [MQTT-3.2.2-11] [MQTT-3.2.2-14] [MQTT-3.2.2-15]`, async () => {
    const { client, link } = await new FakeServer().connect({}, {
      properties: limit,
    });
    const error = await rejectionOf(client.publish("a", "1234", options));
    assertEquals((error as MqttError).reasonCode, reasonCode);
    assertEquals(await link.rest(), []);
    await client.publish("a", "1234");
    assertEquals(text((await link.take(3)).payload), "1234");
  });
}

test("a packet of just the Maximum Packet Size goes out, at QoS 1 a larger one frees its identifier [MQTT-3.2.2-15]", async () => {
  const { client, link } = await new FakeServer().connect({}, {
    properties: { maximumPacketSize: 20 },
  });
  const larger = client.publish("a", "x".repeat(13), { qos: 1 });
  const error = await rejectionOf(larger);
  assertEquals((error as MqttError).reasonCode, ReasonCode.packetTooLarge);
  client.publish("a", "x".repeat(12), { qos: 1 }).catch(() => {});
  assertEquals((await link.take(3)).payload.length, 12);
  await client.close();
});

test("a server's limits are held for what waited for it as well [MQTT-3.2.2-11]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  await link.break();
  const publishing = client.publish("a", "", { qos: 2 });
  publishing.catch(() => {});
  await server.redialled();
  await server.accept({ properties: { maximumQos: 1 } });
  const error = await rejectionOf(publishing);
  assertEquals((error as MqttError).reasonCode, ReasonCode.qosNotSupported);
});

test("Topic Names that are not valid are refused [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2]", async () => {
  const { client, link } = await new FakeServer().connect();
  for (const topicName of ["", "a/#", "+", "a\0b", "\ud800"]) {
    const error = await assertRejects(
      () => client.publish(topicName, ""),
      MqttError,
      "Cannot publish: Topic Name",
    );
    assertEquals(error.reasonCode, ReasonCode.topicNameInvalid);
  }
  assertEquals(await link.rest(), []);
});

test("properties go out as they are, and what does not fit is refused", async () => {
  const { client, link } = await new FakeServer().connect();
  const properties = {
    payloadFormatIndicator: 1,
    contentType: "text/plain",
    responseTopic: "b",
    correlationData: Uint8Array.of(1, 2),
    userProperties: [["a", "1"], ["a", "2"]] as [string, string][],
  };
  await client.publish("a", "", { properties });
  assertEquals((await link.take(3)).properties, properties);
  await assertRejects(
    () => client.publish("a", "", { properties: { responseTopic: "#" } }),
    RangeError,
  );
  assertEquals(await link.rest(), []);
});

test("a received message is forwarded without what was the server's to say [MQTT-3.3.4-6]", async () => {
  const { client, link } = await new FakeServer().connect({
    topicAliasMaximum: 5,
  });
  using messages = client.messages();
  link.publish({
    topicName: "a",
    properties: {
      contentType: "x",
      subscriptionIdentifiers: [1, 2],
      topicAlias: 5,
    },
  });
  const { value } = await messages.next();
  await client.publish("b", value!.payload, { properties: value!.properties });
  assertEquals((await link.take(3)).properties, { contentType: "x" });
});

test("what is left of the Message Expiry Interval goes out, and nothing when it is over [MQTT-3.3.2-6]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const expiring = { properties: { messageExpiryInterval: 10 } };
  await client.publish("a", "", expiring);
  assertEquals((await link.take(3)).properties.messageExpiryInterval, 10);
  await link.break();
  const short = client.publish("a", "", {
    properties: { messageExpiryInterval: 1 },
  });
  short.catch(() => {});
  const long = client.publish("a", "", expiring);
  await server.clock.advance(4_000);
  const { link: next } = await server.accept();
  assertEquals((await next.take(3)).properties.messageExpiryInterval, 6);
  await assertRejects(() => short, MqttError, "expired");
  await long;
});

test("the queue is bounded in messages and in bytes", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect({
    queueMaximumMessages: 2,
    queueMaximumBytes: 100,
  });
  await link.break();
  const waiting = [client.publish("a", ""), client.publish("a", "")];
  const error = await rejectionOf(client.publish("a", ""));
  assertEquals((error as MqttError).reasonCode, ReasonCode.quotaExceeded);
  await server.redialled();
  const { link: next } = await server.accept();
  await Promise.all(waiting);
  await next.break();
  const large = await rejectionOf(client.publish("a", "x".repeat(100)));
  assertEquals((large as MqttError).reasonCode, ReasonCode.quotaExceeded);
  client.publish("a", "x".repeat(99)).catch(() => {});
  await client.close();
});

test("a message waits while too much output is unsent, and goes out in its turn", async () => {
  const { client, link } = await new FakeServer().connect();
  link.isStuck = true;
  await client.publish("a", new Uint8Array(300_000));
  await settle();
  let isSent = false;
  const second = client.publish("a", "second").then(() => isSent = true);
  const third = client.publish("a", "third");
  await link.take(3);
  await settle();
  assertEquals(isSent, false);
  link.unstick();
  await second;
  await third;
  assertEquals(text((await link.take(3)).payload), "second");
  assertEquals(text((await link.take(3)).payload), "third");
});

test("the payload may change once publish has returned", async () => {
  const { client, link } = await new FakeServer().connect({}, {
    properties: { receiveMaximum: 1 },
  });
  const payload = Uint8Array.of(1);
  const first = client.publish("a", payload, { qos: 1 });
  payload[0] = 2;
  const second = client.publish("a", payload, { qos: 1 });
  payload[0] = 3;
  assertEquals([...(await link.take(3)).payload], [1]);
  link.acknowledge(4, 1);
  assertEquals([...(await link.take(3)).payload], [2]);
  link.acknowledge(4, 2);
  await first;
  await second;
});

test("a signal takes back what waits, and leaves what was sent to its end", async () => {
  const reason = new Error("enough");
  const { client, link } = await new FakeServer().connect({}, {
    properties: { receiveMaximum: 1 },
  });
  const controller = new AbortController();
  const { signal } = controller;
  const sent = client.publish("a", "1", { qos: 1, signal });
  const queued = client.publish("a", "2", { qos: 1, signal });
  const last = client.publish("a", "3", { qos: 1 });
  await link.take(3);
  controller.abort(reason);
  assertStrictEquals(await rejectionOf(sent), reason);
  assertStrictEquals(await rejectionOf(queued), reason);
  assertEquals(await link.rest(), []);
  link.acknowledge(4, 1);
  assertEquals(text((await link.take(3)).payload), "3");
  link.acknowledge(4, 2);
  await last;
  assertStrictEquals(
    await rejectionOf(client.publish("a", "4", { signal })),
    reason,
  );
});

test("Topic Aliases go up to what both sides allow, each after it was set [MQTT-3.2.2-17] [MQTT-3.3.2-9]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(
    { outboundTopicAliasMaximum: 3 },
    { properties: { topicAliasMaximum: 2 } },
  );
  const seen: (string | number | undefined)[][] = [];
  for (const topicName of ["a", "b", "c", "a", "c", "b"]) {
    await client.publish(topicName, "");
    const packet = await link.take(3);
    seen.push([packet.topicName, packet.properties.topicAlias]);
  }
  assertEquals(seen, [
    ["a", 1],
    ["b", 2],
    ["c", undefined],
    ["", 1],
    ["c", undefined],
    ["", 2],
  ]);
  // A new connection knows none of them.
  const { link: next } = await server.reconnect(link, {
    properties: { topicAliasMaximum: 2 },
  });
  await client.publish("b", "");
  const { topicName, properties } = await next.take(3);
  assertEquals([topicName, properties.topicAlias], ["b", 1]);
});

test("there is no Topic Alias for a server that takes none, or unless asked for [MQTT-3.2.2-18]", async () => {
  for (
    const [maximum, announced] of [[5, undefined], [0, 5]] as const
  ) {
    const { client, link } = await new FakeServer().connect(
      { outboundTopicAliasMaximum: maximum },
      { properties: { topicAliasMaximum: announced } },
    );
    for (let count = 0; count < 2; count++) {
      await client.publish("a", "");
      const { topicName, properties } = await link.take(3);
      assertEquals([topicName, properties.topicAlias], ["a", undefined]);
    }
  }
});

test("a message with an alias that is too large does not set it", async () => {
  const { client, link } = await new FakeServer().connect(
    { outboundTopicAliasMaximum: 5 },
    { properties: { topicAliasMaximum: 5, maximumPacketSize: 30 } },
  );
  await rejectionOf(client.publish("a", "x".repeat(40)));
  await client.publish("a", "");
  const { topicName, properties } = await link.take(3);
  assertEquals([topicName, properties.topicAlias], ["a", 1]);
});

test("MQTT 3.1.1 publishes without properties and Reason Codes", async () => {
  const { client, link } = await new FakeServer().connect({
    protocolVersion: 4,
    outboundTopicAliasMaximum: 5,
  });
  const publishing = client.publish("a", "", {
    qos: 2,
    properties: { contentType: "x" },
  });
  assertEquals((await link.take(3)).properties, {});
  link.acknowledge(5, 1);
  await link.take(6);
  link.acknowledge(7, 1);
  assertEquals(await publishing, { reasonCode: 0 });
});

test("after close nothing can be asked any more, and what waits is rejected", async () => {
  const { client, link } = await new FakeServer().connect({}, {
    properties: { receiveMaximum: 1 },
  });
  const waiting = [
    client.publish("a", "", { qos: 1 }),
    client.publish("a", "", { qos: 1 }),
    client.subscribe("a"),
  ];
  await link.take(3);
  await client.close();
  for (const promise of waiting) {
    await assertRejects(() => promise, MqttError, "the client is closed");
  }
  await assertRejects(() => client.publish("a", ""), MqttError, "closed");
  await assertRejects(() => client.subscribe("a"), MqttError, "closed");
  await assertRejects(() => client.unsubscribe("a"), MqttError, "closed");
  await assertRejects(() => client.request("a", ""), MqttError, "closed");
});

function text(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}
