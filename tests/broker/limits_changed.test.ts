import type { Limits } from "../../src/broker/mod.ts";
import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  assertDisconnected,
  brokerTest,
  connectPacket,
  publishPacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

function change(test: TestBroker, limits: Partial<Limits>): void {
  test.broker.limits = { ...test.broker.limits, ...limits };
  test.broker.limitsChanged();
}

/** What a limit forbids, the limit, and the reason for which it ends the connection. */
const DEEDS: readonly [
  string,
  Partial<Limits>,
  number,
  (client: TestClient) => void,
][] = [
  [
    "a large packet",
    { maximumPacketSizeBytes: 200 },
    0x95,
    (client) => client.publish("t", "x".repeat(300)),
  ],
  [
    "a second message under way",
    { receiveMaximum: 1 },
    0x93,
    (client) => {
      for (let i = 0; i < 2; i++) client.publish("t", "", { qos: 2 });
    },
  ],
  [
    "a second Topic Alias",
    { topicAliasMaximum: 1 },
    0x94,
    (client) =>
      client.send(publishPacket("t", "", { properties: { topicAlias: 2 } })),
  ],
  [
    "QoS 2",
    { maximumQos: 1 },
    0x9b,
    (client) => client.publish("t", "", { qos: 2 }),
  ],
  [
    "a retained message",
    { retainAvailable: false },
    0x9a,
    (client) => client.send(publishPacket("t", "", { isRetained: true })),
  ],
  [
    "a wildcard",
    { wildcardSubscriptionAvailable: false },
    0xa2,
    (client) => subscribe(client, "t/#"),
  ],
  [
    "a shared subscription",
    { sharedSubscriptionAvailable: false },
    0x9e,
    (client) => subscribe(client, "$share/g/t"),
  ],
  [
    "a Subscription Identifier",
    { subscriptionIdentifierAvailable: false },
    0xa1,
    (client) => subscribe(client, "t", 1),
  ],
];

function subscribe(
  client: TestClient,
  topicFilter: string,
  identifier?: number,
): void {
  client.send({
    type: PacketType.subscribe,
    packetIdentifier: client.takePacketIdentifier(),
    subscriptions: [{
      topicFilter,
      qos: 2,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
    }],
    properties: identifier === undefined
      ? {}
      : { subscriptionIdentifiers: [identifier] },
  });
}

for (const [name, narrow, reasonCode, act] of DEEDS) {
  brokerTest(
    `${name} is good for clients that CONNACK offered it to, whatever the ` +
      "limits are now, and for no others",
    (test) => {
      const old = test.connect("old");
      change(test, narrow);
      const late = test.connect("late");
      act(old);
      assertEquals(old.isClosed, false);
      act(late);
      late.inbox = late.inbox.filter(({ type }) =>
        type === PacketType.disconnect
      );
      assertDisconnected(late, reasonCode);
    },
  );
}

brokerTest(
  "wider limits are offered to new clients, and hold for them",
  (test) => {
    const old = test.connect("old");
    change(test, { maximumPacketSizeBytes: 1_000 });
    const late = test.open();
    assertEquals(late.connect("late").properties.maximumPacketSize, 1_000);
    const large = publishPacket("t", "x".repeat(300));
    late.send(large);
    assertEquals(late.isClosed, false);
    old.send(large);
    assertDisconnected(old, 0x95);
  },
  { limits: { maximumPacketSizeBytes: 200 } },
);

brokerTest(
  "what a CONNECT may be is what its connection began with",
  (test) => {
    const client = test.open();
    change(test, { retainAvailable: false });
    client.send(connectPacket("c", {
      willMessage: {
        topicName: "w",
        payload: new Uint8Array(),
        qos: 0,
        isRetained: true,
        properties: {},
      },
    }));
    const { reasonCode, properties } = client.next(PacketType.connack);
    assertEquals([reasonCode, properties.retainAvailable], [0, undefined]);
  },
);

brokerTest(
  "fewer routes and drops are remembered as soon as the limits say so",
  (test) => {
    const client = test.connect("c");
    for (let i = 0; i < 5; i++) {
      client.publish(`t/${i}`, "");
      client.publish(`$t/${i}`, "");
    }
    const { drops, router } = test.broker;
    const topics = () => drops.list(99).map(({ topicName }) => topicName);
    assertEquals([router.routes.size, topics().length], [10, 5]);
    change(test, { maximumRouteCacheEntries: 2, maximumRecordedDrops: 2 });
    assertEquals(router.routes.size, 2);
    assertEquals(topics(), ["$t/4", "$t/3"]);
    client.publish("$t/5", "");
    assertEquals(topics(), ["$t/5", "$t/4"]);
    change(test, { maximumRouteCacheEntries: 10, maximumRecordedDrops: 10 });
    for (let i = 6; i < 9; i++) {
      client.publish(`t/${i}`, "");
      client.publish(`$t/${i}`, "");
    }
    assertEquals(topics(), ["$t/8", "$t/7", "$t/6", "$t/5", "$t/4"]);
    assertEquals(router.routes.size, 8);
  },
);
