import { type Packet, ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { once, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import { type FakeLink, toPublish } from "./_fake_link.ts";
import { FakeServer } from "./_fake_server.ts";

const session = {
  clientIdentifier: "c",
  cleanStart: false,
  sessionExpiryIntervalSeconds: 60,
};
const resumed = { sessionPresent: true };

test("a message has all that its PUBLISH says", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  link.publish({
    topicName: "a/b",
    payload: "grüße",
    qos: 2,
    packetIdentifier: 9,
    isDuplicate: true,
    isRetained: true,
    properties: { contentType: "t", subscriptionIdentifiers: [1, 2] },
  });
  const { value } = await messages.next();
  assertEquals(value!.topicName, "a/b");
  assertEquals(value!.text(), "grüße");
  assertEquals(value!.payload, new TextEncoder().encode("grüße"));
  assertEquals(
    [value!.qos, value!.isDuplicate, value!.isRetained],
    [2, true, true],
  );
  assertEquals(value!.properties, {
    contentType: "t",
    subscriptionIdentifiers: [1, 2],
  });
});

test("QoS 1 and 2 are answered when the consumer asks for the next message [MQTT-4.3.2-4] [MQTT-4.3.3-8]", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  link.publish({ qos: 1, packetIdentifier: 11 });
  link.publish({ qos: 2, packetIdentifier: 12 });
  link.publish({ qos: 0 });
  await messages.next();
  assertEquals(await brief(link), []);
  await messages.next();
  assertEquals(await brief(link), ["PUBACK 11"]);
  await messages.next();
  assertEquals(await brief(link), ["PUBREC 12"]);
  link.acknowledge(6, 12);
  assertEquals(await brief(link), ["PUBCOMP 12"]);
});

test("leaving the loop answers the message in hand and those that nobody will see [MQTT-4.5.0-2]", async () => {
  const { client, link } = await new FakeServer().connect();
  const messages = client.messages();
  for (const packetIdentifier of [1, 2, 3]) {
    link.publish({ qos: 1, packetIdentifier });
  }
  for await (const _ of messages) break;
  assertEquals(await brief(link), ["PUBACK 1", "PUBACK 2", "PUBACK 3"]);
});

test("what no stream wants is answered at once [MQTT-4.5.0-2]", async () => {
  const { client, link } = await new FakeServer().connect();
  using _messages = client.messages("b");
  await settle();
  link.publish({ topicName: "a", qos: 1, packetIdentifier: 1 });
  link.publish({ topicName: "a", qos: 2, packetIdentifier: 2 });
  assertEquals(await brief(link), ["PUBACK 1", "PUBREC 2"]);
});

test("answers go in the order of the messages, whichever stream is done first [MQTT-4.6.0-2] [MQTT-4.6.0-3]", async () => {
  const { client, link } = await new FakeServer().connect();
  using slow = client.messages("slow");
  using quick = client.messages("quick");
  await settle();
  link.publish({ topicName: "slow", qos: 1, packetIdentifier: 1 });
  link.publish({ topicName: "quick", qos: 1, packetIdentifier: 2 });
  link.publish({ topicName: "slow", qos: 2, packetIdentifier: 3 });
  link.publish({ topicName: "quick", qos: 2, packetIdentifier: 4 });
  await quick.next();
  await quick.next();
  quick.return();
  assertEquals(await brief(link), []);
  await slow.next();
  await slow.next();
  assertEquals(await brief(link), ["PUBACK 1", "PUBACK 2"]);
  slow.return();
  assertEquals(await brief(link), ["PUBREC 3", "PUBREC 4"]);
});

test("a message for two streams is answered when both are done", async () => {
  const { client, link } = await new FakeServer().connect();
  using all = client.messages();
  using some = client.messages("a");
  await settle();
  link.publish({ qos: 1, packetIdentifier: 1 });
  await all.next();
  all.return();
  assertEquals(await brief(link), []);
  await some.next();
  some.return();
  assertEquals(await brief(link), ["PUBACK 1"]);
});

test("a QoS 2 message that comes again is answered again and not delivered [MQTT-4.3.3-10]", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  link.publish({ payload: "1", qos: 2, packetIdentifier: 5 });
  await messages.next();
  const second = messages.next();
  assertEquals(await brief(link), ["PUBREC 5"]);
  link.publish({
    payload: "1",
    qos: 2,
    packetIdentifier: 5,
    isDuplicate: true,
  });
  assertEquals(await brief(link), ["PUBREC 5"]);
  link.acknowledge(6, 5);
  assertEquals(await brief(link), ["PUBCOMP 5"]);
  // After PUBREL the identifier is free [MQTT-4.3.3-12].
  link.publish({ payload: "2", qos: 2, packetIdentifier: 5 });
  assertEquals((await second).value!.text(), "2");
});

test("a repeat of a message that is not yet answered waits for its answer [MQTT-4.3.3-10]", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  for (const isDuplicate of [false, true]) {
    link.publish({ qos: 2, packetIdentifier: 5, isDuplicate });
  }
  await messages.next();
  assertEquals(await brief(link), []);
  const second = messages.next();
  assertEquals(await brief(link), ["PUBREC 5"]);
  messages.return();
  assertEquals((await second).done, true);
});

test("PUBREL for an unknown Packet Identifier is answered with PUBCOMP 0x92 [MQTT-4.3.3-11]", async () => {
  const { link } = await new FakeServer().connect();
  link.acknowledge(6, 8);
  const pubcomp = await link.take(7);
  assertEquals(pubcomp.packetIdentifier, 8);
  assertEquals(pubcomp.reasonCode, ReasonCode.packetIdentifierNotFound);
});

test("what the consumers still have is not delivered again on the next connection [MQTT-4.3.3-10]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  using messages = client.messages();
  const sent = [
    { payload: "1", qos: 1, packetIdentifier: 1 },
    { payload: "2", qos: 2, packetIdentifier: 2 },
    { payload: "3", qos: 1, packetIdentifier: 3 },
  ] as const;
  link.reply(...sent.map(toPublish));
  assertEquals((await messages.next()).value!.text(), "1");
  const { link: next } = await server.reconnect(link, resumed);
  // Its answer belonged to the connection that is gone.
  assertEquals((await messages.next()).value!.text(), "2");
  assertEquals(await brief(next), []);
  next.reply(...sent.map((one) => toPublish({ ...one, isDuplicate: true })));
  assertEquals(await brief(next), ["PUBACK 1"]);
  assertEquals((await messages.next()).value!.text(), "3");
  messages.return();
  assertEquals(await brief(next), ["PUBREC 2", "PUBACK 3"]);
});

test("a QoS 2 message whose PUBREL comes on the next connection is not delivered again [MQTT-4.3.3-10] [MQTT-4.3.3-11]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  using messages = client.messages();
  link.publish({ payload: "1", qos: 2, packetIdentifier: 1 });
  await messages.next();
  const second = messages.next();
  assertEquals(await brief(link), ["PUBREC 1"]);
  const { link: next } = await server.reconnect(link, resumed);
  next.publish({ qos: 2, packetIdentifier: 1, isDuplicate: true });
  assertEquals(await brief(next), ["PUBREC 1"]);
  next.acknowledge(6, 1);
  assertEquals(await brief(next), ["PUBCOMP 1"]);
  next.publish({ payload: "2", qos: 2, packetIdentifier: 1 });
  assertEquals((await second).value!.text(), "2");
});

test("a QoS 1 message that was answered and comes again is delivered again", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  using messages = client.messages();
  link.publish({ qos: 1, packetIdentifier: 1 });
  await messages.next();
  const second = messages.next();
  assertEquals(await brief(link), ["PUBACK 1"]);
  const { link: next } = await server.reconnect(link, resumed);
  next.publish({ qos: 1, packetIdentifier: 1, isDuplicate: true });
  assertEquals((await second).value!.isDuplicate, true);
});

test("without the session a Packet Identifier stands for a new message [MQTT-3.2.2-5]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  using messages = client.messages();
  link.publish({ payload: "old", qos: 2, packetIdentifier: 1 });
  const { link: next } = await server.reconnect(link);
  next.publish({ payload: "new", qos: 2, packetIdentifier: 1 });
  assertEquals((await messages.next()).value!.text(), "old");
  assertEquals((await messages.next()).value!.text(), "new");
  assertEquals(await brief(next), []);
  messages.return();
  assertEquals(await brief(next), ["PUBREC 1"]);
});

for (
  const { fault, options, send, reasonCode } of [
    {
      fault: "a Topic Alias above the maximum [MQTT-3.1.2-26]",
      options: { topicAliasMaximum: 2 },
      send: (link: FakeLink) => link.publish({ properties: { topicAlias: 3 } }),
      reasonCode: ReasonCode.topicAliasInvalid,
    },
    {
      fault: "a Topic Alias where none is announced [MQTT-3.1.2-27]",
      options: {},
      send: (link: FakeLink) => link.publish({ properties: { topicAlias: 1 } }),
      reasonCode: ReasonCode.topicAliasInvalid,
    },
    {
      fault: "a Topic Alias that is not set",
      options: { topicAliasMaximum: 2 },
      send: (link: FakeLink) =>
        link.publish({ topicName: "", properties: { topicAlias: 1 } }),
      reasonCode: ReasonCode.protocolError,
    },
    {
      fault: "a packet that is too large [MQTT-3.1.2-24]",
      options: { maximumPacketSizeBytes: 20 },
      send: (link: FakeLink) => link.publish({ payload: "x".repeat(20) }),
      reasonCode: ReasonCode.packetTooLarge,
    },
    {
      fault: "a Packet Identifier in use for another QoS",
      options: {},
      send: (link: FakeLink) => {
        link.publish({ qos: 1, packetIdentifier: 1 });
        link.publish({ qos: 2, packetIdentifier: 1 });
      },
      reasonCode: ReasonCode.protocolError,
    },
    {
      fault: "PUBREL before PUBREC",
      options: {},
      send: (link: FakeLink) => {
        link.publish({ qos: 2, packetIdentifier: 1 });
        link.acknowledge(6, 1);
      },
      reasonCode: ReasonCode.protocolError,
    },
    {
      fault: "QoS 3 [MQTT-3.3.1-4]",
      options: {},
      send: (link: FakeLink) =>
        link.receiveBytes(Uint8Array.of(0x36, 6, 0, 1, 0x61, 0, 1, 0)),
      reasonCode: ReasonCode.malformedPacket,
    },
    {
      fault: "DUP at QoS 0 [MQTT-3.3.1-2]",
      options: {},
      send: (link: FakeLink) =>
        link.receiveBytes(Uint8Array.of(0x38, 4, 0, 1, 0x61, 0)),
      reasonCode: ReasonCode.malformedPacket,
    },
    {
      fault: "a Topic Name with a wildcard [MQTT-3.3.2-2]",
      options: {},
      send: (link: FakeLink) =>
        link.receiveBytes(Uint8Array.of(0x30, 4, 0, 1, 0x23, 0)),
      reasonCode: ReasonCode.protocolError,
    },
    {
      fault: "an empty Topic Name [MQTT-4.7.3-1]",
      options: {},
      send: (link: FakeLink) =>
        link.receiveBytes(Uint8Array.of(0x30, 3, 0, 0, 0)),
      reasonCode: ReasonCode.protocolError,
    },
    {
      fault: "a Topic Name that is not UTF-8 [MQTT-3.3.2-1]",
      options: {},
      send: (link: FakeLink) =>
        link.receiveBytes(Uint8Array.of(0x30, 4, 0, 1, 0xff, 0)),
      reasonCode: ReasonCode.malformedPacket,
    },
    {
      fault: "a packet of the client's own [MQTT-4.13.1-1]",
      options: {},
      send: (link: FakeLink) => link.reply({ type: 12 }),
      reasonCode: ReasonCode.protocolError,
    },
    {
      fault: "reserved flags [MQTT-2.1.3-1]",
      options: {},
      send: (link: FakeLink) => link.receiveBytes(Uint8Array.of(0xd1, 0)),
      reasonCode: ReasonCode.malformedPacket,
    },
    {
      fault: "an answer to nothing",
      options: {},
      send: (link: FakeLink) =>
        link.reply({
          type: 9,
          packetIdentifier: 1,
          reasonCodes: [0],
          properties: {},
        }),
      reasonCode: ReasonCode.protocolError,
    },
  ]
) {
  test(`the client ends the connection for ${fault}`, async () => {
    const { client, link } = await new FakeServer().connect(options);
    const lost = once(client, "disconnect");
    send(link);
    const { reasonCode: sent } = await link.take(14);
    assertEquals(sent, reasonCode);
    assertEquals((await lost).error.reasonCode, reasonCode);
    await settle();
    assertEquals(link.isClosed, true);
    await client.close();
  });
}

test("places under the Receive Maximum come free with PUBACK and with PUBCOMP [MQTT-3.3.4-9]", async () => {
  const { client, link } = await new FakeServer().connect({
    receiveMaximum: 1_000,
  });
  using messages = client.messages();
  link.canHold = false;
  link.publish({ qos: 1, packetIdentifier: 1 });
  link.publish({ qos: 2, packetIdentifier: 2 });
  for (let identifier = 3; identifier <= 1_000; identifier++) {
    link.publish({ qos: 1, packetIdentifier: identifier });
  }
  await messages.next();
  await messages.next();
  await messages.next();
  assertEquals(await brief(link), ["PUBACK 1", "PUBREC 2"]);
  link.publish({ qos: 1, packetIdentifier: 1 });
  link.acknowledge(6, 2);
  assertEquals(await brief(link), ["PUBCOMP 2"]);
  link.publish({ qos: 2, packetIdentifier: 2 });
  assertEquals(client.state, "connected");
  link.publish({ qos: 1, packetIdentifier: 1_001 });
  const { reasonCode } = await link.take(14);
  assertEquals(reasonCode, ReasonCode.receiveMaximumExceeded);
  await client.close();
});

for (
  const [protocolVersion, receiveMaximum, tolerated] of [
    [5, 10, 1_000],
    [5, 1_200, 1_200],
    [4, 10, 1_000],
  ] as const
) {
  test(`with Receive Maximum ${receiveMaximum} a server of version ${protocolVersion} is cut off after ${tolerated} unacknowledged messages [MQTT-3.3.4-9]`, async () => {
    const { client, link } = await new FakeServer().connect({
      protocolVersion,
      receiveMaximum,
    });
    using messages = client.messages();
    link.canHold = false;
    for (let identifier = 1; identifier <= tolerated; identifier++) {
      link.publish({ qos: 1, packetIdentifier: identifier });
    }
    assertEquals(client.state, "connected");
    assertEquals(messages.bufferedCount, tolerated);
    const lost = once(client, "disconnect");
    link.publish({ qos: 1, packetIdentifier: tolerated + 1 });
    assertEquals(
      (await lost).error.reasonCode,
      ReasonCode.receiveMaximumExceeded,
    );
    // 3.1.1 has no DISCONNECT with a reason.
    assertEquals(await brief(link), protocolVersion === 5 ? ["type 14"] : []);
  });
}

test("Topic Aliases of the server stand for the names they were set to [MQTT-3.3.2-10] [MQTT-3.3.2-12]", async () => {
  const server = new FakeServer();
  const { client, link, connect } = await server.connect({
    topicAliasMaximum: 2,
  });
  assertEquals(connect.properties.topicAliasMaximum, 2);
  using messages = client.messages();
  const names: string[] = [];
  for (
    const [topicName, topicAlias] of [
      ["a", 1],
      ["b", 2],
      ["", 1],
      ["c", 1],
      ["", 1],
      ["", 2],
    ] as const
  ) {
    link.publish({ topicName, properties: { topicAlias } });
    names.push((await messages.next()).value!.topicName);
  }
  assertEquals(names, ["a", "b", "a", "c", "c", "b"]);
  // A new connection knows none of them.
  const { link: next } = await server.reconnect(link);
  next.publish({ topicName: "", properties: { topicAlias: 1 } });
  assertEquals((await next.take(14)).reasonCode, ReasonCode.protocolError);
  await client.close();
});

test("frames may be cut anywhere [MQTT-6.0.0-2]", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  const bytes = Uint8Array.of(
    ...[0x30, 5, 0, 1, 0x61, 0, 0x31],
    ...[0x30, 5, 0, 1, 0x61, 0, 0x32],
  );
  for (const byte of bytes) link.receiveBytes(Uint8Array.of(byte));
  assertEquals((await messages.next()).value!.text(), "1");
  assertEquals((await messages.next()).value!.text(), "2");
});

async function brief(link: FakeLink): Promise<string[]> {
  return (await link.rest()).map(describe);
}

function describe(packet: Packet): string {
  switch (packet.type) {
    case 4:
      return `PUBACK ${packet.packetIdentifier}`;
    case 5:
      return `PUBREC ${packet.packetIdentifier}`;
    case 7:
      return `PUBCOMP ${packet.packetIdentifier}`;
    default:
      return `type ${packet.type}`;
  }
}
