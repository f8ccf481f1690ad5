import { encodeUtf8, type Properties } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest, payloadOf, publishPacket } from "./_harness.ts";

const PROPERTIES: Properties = {
  payloadFormatIndicator: 1,
  contentType: "text/plain; charset=utf-8",
  responseTopic: "answers/é",
  correlationData: new Uint8Array([0, 1, 2, 0xff]),
  userProperties: [["b", "1"], ["a", "2"], ["b", "1"], ["", ""]],
};

for (const qos of [0, 1, 2] as const) {
  brokerTest(
    `QoS ${qos}: properties reach every subscriber as published, live and ` +
      "retained [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] " +
      "[MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]",
    (test) => {
      const live = test.connect("live");
      live.subscribe({ topicFilter: "t", qos });
      const publisher = test.connect("publisher");
      publisher.publish("t", "text", {
        qos,
        isRetained: true,
        properties: { ...PROPERTIES, topicAlias: 3 },
      });
      const late = test.connect("late");
      late.subscribe({ topicFilter: "t", qos });
      for (const client of [live, late]) {
        assertEquals(
          client.publishes().map(({ properties }) => properties),
          [PROPERTIES],
        );
      }
    },
  );
}

brokerTest(
  "properties keep their order byte for byte, whatever stands between them " +
    "[MQTT-3.3.2-18]",
  (test) => {
    const live = test.connect("live");
    live.subscribe("t");
    const publisher = test.connect("publisher");
    const pair = (name: string) => [
      ...[0x26, 0, 1, name.charCodeAt(0), 0, 1, 0x31],
    ];
    const expiry = [0x02, 0, 0, 0, 60];
    const alias = [0x23, 0, 1];
    const properties = [
      ...pair("b"),
      ...alias,
      ...pair("a"),
      ...expiry,
      ...pair("b"),
    ];
    const body = [0, 1, 0x74, properties.length, ...properties, 0x78];
    publisher.sendBytes(new Uint8Array([0x30, body.length, ...body]));
    const [packet] = live.publishes();
    assertEquals(payloadOf(packet), "x");
    assertEquals(packet.properties, {
      messageExpiryInterval: 60,
      userProperties: [["b", "1"], ["a", "1"], ["b", "1"]],
    });
  },
);

brokerTest(
  "a request finds its answer by Response Topic and Correlation Data " +
    "[MQTT-3.3.2-15] [MQTT-3.3.2-16]",
  (test) => {
    const requester = test.connect("requester");
    requester.subscribe("answers/1");
    const responder = test.connect("responder");
    responder.subscribe("requests");
    requester.publish("requests", "what?", {
      properties: {
        responseTopic: "answers/1",
        correlationData: new Uint8Array([7]),
      },
    });
    const [request] = responder.publishes();
    const { responseTopic, correlationData } = request.properties;
    responder.publish(responseTopic!, "that", {
      properties: { correlationData },
    });
    const [answer] = requester.publishes();
    assertEquals(payloadOf(answer), "that");
    assertEquals(answer.properties, { correlationData: new Uint8Array([7]) });
  },
);

brokerTest(
  "versions before 5.0 get the message without properties, and may publish " +
    "to 5.0",
  (test) => {
    const clients = ([3, 4, 5] as const).map((protocolVersion) => {
      const client = test.connect(`c${protocolVersion}`, { protocolVersion });
      client.subscribe({ topicFilter: "t", qos: 1 });
      return client;
    });
    for (const publisher of clients) {
      for (const qos of [0, 1] as const) {
        publisher.send(publishPacket("t", "text", {
          qos,
          packetIdentifier: qos,
          properties: PROPERTIES,
        }));
      }
      for (const client of clients) {
        const isVersion5 = publisher === clients[2] && client === clients[2];
        const packets = client.take().flatMap((packet) =>
          packet.type === 3 ? [packet] : []
        );
        assertEquals(packets.map(payloadOf), ["text", "text"]);
        for (const { properties } of packets) {
          assertEquals(properties, isVersion5 ? PROPERTIES : {});
        }
      }
    }
  },
);

brokerTest(
  "topics and payloads of any bytes pass unchanged [MQTT-1.5.4-3]",
  (test) => {
    const live = test.connect("live");
    live.subscribe("#");
    const publisher = test.connect("publisher");
    const payload = new Uint8Array(256).map((_, i) => i);
    for (const topicName of ["/", "a//b", "\ufeffx", "é ☃ 😀", "\u0001"]) {
      publisher.send({ ...publishPacket(topicName, ""), payload });
      const [packet] = live.publishes();
      assertEquals(encodeUtf8(packet.topicName), encodeUtf8(topicName));
      assertEquals(packet.payload, payload);
    }
  },
);

brokerTest("a Topic Name of the greatest length passes", (test) => {
  const live = test.connect("live");
  live.subscribe("#");
  const topicName = "é".repeat(32_767);
  const publisher = test.connect("publisher");
  publisher.publish(topicName, "text");
  publisher.publish(topicName, "text", { qos: 1 });
  const names = live.publishes().map((packet) => packet.topicName);
  assertEquals(names, [topicName, topicName]);
});
