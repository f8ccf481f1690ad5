import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals, assertLessOrEqual } from "../_assert.ts";
import {
  assertEmpty,
  brokerTest,
  type Filter,
  SeededRandom,
  type TestClient,
} from "./_harness.ts";

const FILTERS: Filter[] = [
  { topicFilter: "t/#", qos: 2 },
  { topicFilter: "t/+/x", qos: 1 },
  { topicFilter: "$share/g/t/+", qos: 1 },
  { topicFilter: "t/1", qos: 2, retainHandling: 2, noLocal: true },
];

brokerTest(
  "when all sessions have ended and all retained messages have expired, " +
    "nothing is left",
  (test) => {
    const random = new SeededRandom(7);
    const clients: TestClient[] = [];
    for (let i = 0; i < 20; i++) {
      // Without properties nothing retained would expire.
      const protocolVersion = i % 5 === 0 ? 4 : 5;
      const client = test.connect(`c${i}`, {
        protocolVersion,
        cleanStart: true,
        keepAliveSeconds: i % 3 === 0 ? 10 : 0,
        willMessage: {
          topicName: "t/will",
          qos: 1,
          isRetained: protocolVersion === 5,
          properties: { willDelayInterval: i, messageExpiryInterval: 60 },
        },
        properties: {
          sessionExpiryInterval: 10 * (i % 4),
          receiveMaximum: 3,
          topicAliasMaximum: 2,
        },
      });
      client.subscribe(FILTERS[i % FILTERS.length]);
      clients.push(client);
    }
    clients[1].transport.isStuck = true;
    for (let i = 0; i < 200; i++) {
      const client = clients[random.integer(clients.length)];
      client.publish(
        `t/${random.integer(3)}`,
        "x".repeat(random.integer(500)),
        {
          qos: random.integer(3) as 0 | 1 | 2,
          isRetained: client.protocolVersion === 5 && random.integer(4) === 0,
          properties: { messageExpiryInterval: 1 + random.integer(60) },
        },
      );
      test.advance(random.integer(20));
    }
    clients.forEach((client, i) => {
      if (i % 3 === 1) client.disconnect();
      else if (!client.isClosed) client.drop();
    });
    test.advance(120_000);
    assertEmpty(test.broker);
    assertEquals(test.clock.alarmAtMs, Infinity);
  },
  {
    limits: {
      outputSoftLimitBytes: 2_048,
      outputHardLimitBytes: 8_192,
      maximumQueuedMessages: 20,
    },
  },
);

brokerTest(
  "clients that come and go leave neither timers nor routes behind",
  (test) => {
    for (let i = 0; i < 300; i++) {
      const client = test.connect(`c${i}`, { keepAliveSeconds: 3_600 });
      client.subscribe([`t/${i}`, `+/${i}`]);
      client.publish(`t/${i}`, "text", { qos: 1 });
      client.disconnect();
    }
    assertEmpty(test.broker);
    assertLessOrEqual(test.broker.router.routes.size, 50);
  },
  { limits: { maximumRouteCacheEntries: 50 } },
);

brokerTest(
  "a client that never finishes QoS 2 exchanges takes bounded memory, and " +
    "gives it back",
  (test) => {
    const fields = {
      cleanStart: false,
      properties: { sessionExpiryInterval: 10 },
    };
    for (let i = 0; i < 20; i++) {
      const client = test.connect("c", fields);
      for (let j = 1; j <= 10; j++) {
        const packetIdentifier = 1 + (i * 10 + j) % 30;
        client.publish("t", "", { qos: 2, packetIdentifier });
      }
      client.drop();
    }
    const session = test.broker.sessions.get("c")!;
    assertEquals(session.receivedQos2Count, 30);
    test.advance(10_000);
    assertEmpty(test.broker);
  },
  { limits: { receiveMaximum: 10 } },
);

brokerTest(
  "half of a packet at the end of a connection is forgotten",
  (test) => {
    const client = test.connect("c");
    client.sendBytes(new Uint8Array([0x30, 0x7f, 0x00]));
    client.drop();
    assertEmpty(test.broker);
    const again = test.connect("c");
    again.send({ type: PacketType.pingreq });
    again.next(PacketType.pingresp);
  },
);
