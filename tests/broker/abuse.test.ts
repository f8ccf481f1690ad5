import type { AuthenticationResult } from "../../src/broker/mod.ts";
import { type ConnectPacket, PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { networkOf } from "../../src/broker/address.ts";
import { brokerTest, type TestBroker } from "./_harness.ts";

function connectOf(userName: string | null): ConnectPacket {
  return {
    type: PacketType.connect,
    protocolVersion: 5,
    clientIdentifier: "c",
    cleanStart: true,
    keepAliveSeconds: 0,
    userName,
    password: null,
    willMessage: null,
    properties: {},
  };
}

/** The Reason Code of the CONNACK that a new client gets, which leaves then. */
function connackCode(test: TestBroker, userName: string | null): number {
  const client = test.open();
  client.send(connectOf(userName));
  const { reasonCode } = client.next(PacketType.connack);
  if (reasonCode === 0) client.drop();
  return reasonCode;
}

brokerTest(
  "an address that connects too often is told 0x9F until it slows down",
  (test) => {
    for (let i = 0; i < 20; i++) assertEquals(connackCode(test, null), 0);
    assertEquals(connackCode(test, null), 0x9f);
    assertEquals(
      test.observer.ofKind("refused").map(({ cause }) => cause),
      [
        "more than 2 connections a second from this address " +
        "(limits.max_connection_rate)",
      ],
    );
    assertEquals(test.broker.statistics.overLimit, [0, 0, 1, 0, 0]);
    test.advance(499);
    assertEquals(connackCode(test, null), 0x9f);
    test.advance(1);
    assertEquals(connackCode(test, null), 0);
  },
  { limits: { maximumConnectionsPerSecondPerAddress: 2 } },
);

brokerTest(
  "failed logins have an address wait, twice as long each time",
  (test) => {
    test.authorizer.authentication = { reasonCode: 0x86 };
    for (let i = 0; i < 3; i++) assertEquals(connackCode(test, "u"), 0x86);
    for (const waitMs of [1_000, 2_000, 3_000, 3_000]) {
      const askedCount = test.authorizer.requests.length;
      assertEquals(connackCode(test, "u"), 0x9f);
      test.advance(waitMs - 1);
      assertEquals(connackCode(test, "u"), 0x9f);
      assertEquals(test.authorizer.requests.length, askedCount);
      test.advance(1);
      assertEquals(connackCode(test, "u"), 0x86);
    }
    test.advance(3_000);
    test.authorizer.authentication = { reasonCode: 0 };
    assertEquals(connackCode(test, "u"), 0);
    test.authorizer.authentication = { reasonCode: 0x86 };
    for (let i = 0; i < 3; i++) assertEquals(connackCode(test, "u"), 0x86);
  },
  { limits: { maximumLoginFailures: 3, loginBackOffMs: 3_000 } },
);

brokerTest(
  "a failed login counts although the client has gone before its answer",
  async (test) => {
    test.authorizer.authentication = null;
    for (let i = 0; i < 2; i++) {
      const client = test.open();
      client.send(connectOf("u"));
      client.drop();
      assertEquals(test.authorizer.requests[i].isAbandoned!(), true);
    }
    test.authorizer.answerClients({ reasonCode: 0x86 });
    await test.settle();
    const late = test.open();
    late.send(connectOf("u"));
    assertEquals(late.next(PacketType.connack).reasonCode, 0x9f);
  },
  { limits: { maximumLoginFailures: 2 } },
);

brokerTest(
  "a login that takes longer than a client may is told apart from no CONNECT",
  (test) => {
    test.authorizer.authentication = null;
    test.open().send(connectOf("u"));
    test.open();
    test.advance(10_000);
    assertEquals(
      test.observer.ofKind("refused").map(({ cause }) => cause),
      ["the login was not done in time", "no CONNECT came in time"],
    );
  },
);

brokerTest(
  "who shows no credential has guessed nothing, and has nobody wait",
  (test) => {
    test.authorizer.authentication = { reasonCode: 0x87 };
    for (let i = 0; i < 5; i++) assertEquals(connackCode(test, null), 0x87);
    assertEquals(connackCode(test, "u"), 0x87);
    assertEquals(connackCode(test, "u"), 0x9f);
  },
  { limits: { maximumLoginFailures: 1, loginBackOffMs: 3_000 } },
);

brokerTest(
  "of logins at the same time no more are told their result than one after the other",
  async (test) => {
    const { authorizer } = test;
    const answers: ((result: AuthenticationResult) => void)[] = [];
    authorizer.authenticate = () =>
      new Promise((resolve) => answers.push(resolve));
    const clients = Array.from({ length: 5 }, () => test.open());
    for (const client of clients) client.send(connectOf("u"));
    const codes: number[] = [];
    for (const reasonCode of [0x86, 0x86, 0x86, 0, 0x86]) {
      answers.shift()!({ reasonCode });
      await test.settle();
      codes.push(clients[codes.length].next(PacketType.connack).reasonCode);
    }
    // The right password among the guesses is not told from a wrong one.
    assertEquals(codes, [0x86, 0x86, 0x9f, 0x9f, 0x9f]);
    assert(clients[3].isClosed);
    // And it takes nothing back: four failures, two more than may be.
    test.advance(3_999);
    assertEquals(connackCode(test, "u"), 0x9f);
    test.advance(1);
    const late = test.open();
    late.send(connectOf("u"));
    answers.shift()!({ reasonCode: 0 });
    await test.settle();
    assertEquals(late.next(PacketType.connack).reasonCode, 0);
  },
  { limits: { maximumLoginFailures: 2, loginBackOffMs: 60_000 } },
);

for (
  const [name, limits, reasonCode] of [
    ["messages", { maximumMessagesPerSecond: 10 }, 0x96],
    ["bytes", { maximumBytesPerSecond: 1_000 }, 0x97],
  ] as const
) {
  brokerTest(
    `a client over its ${name} a second is held, then disconnected`,
    (test) => {
      const client = test.connect("c");
      const connection = client.transport.connection!;
      const payload = new Uint8Array(100);
      const flood = (count: number) => {
        for (let i = 0; i < count; i++) {
          client.send({
            type: PacketType.publish,
            topicName: "t",
            payload,
            qos: 0,
            isDuplicate: false,
            isRetained: false,
            packetIdentifier: 0,
            properties: {},
          });
        }
      };
      flood(5);
      assertEquals(connection.isHeld, false);
      flood(7);
      assertEquals(connection.isHeld, true);
      test.advance(1_000);
      assertEquals(connection.isHeld, false);
      for (let second = 0; second < 5 && !client.isClosed; second++) {
        flood(20);
        test.advance(1_000);
      }
      assertEquals(client.next(PacketType.disconnect).reasonCode, reasonCode);
      assert(client.isClosed);
    },
    { limits: { ...limits, rateGraceMs: 3_000 } },
  );
}

brokerTest("new rates hold for clients that are connected already", (test) => {
  const client = test.connect("c");
  const connection = client.transport.connection!;
  const flood = () => {
    for (let i = 0; i < 30; i++) client.send({ type: PacketType.pingreq });
  };
  flood();
  assertEquals(connection.isHeld, true);
  test.broker.limits = { ...test.broker.limits, maximumBytesPerSecond: 1_000 };
  test.broker.limitsChanged();
  assertEquals(connection.isHeld, false);
  flood();
  assertEquals(connection.isHeld, false);
  test.broker.limits = { ...test.broker.limits, maximumBytesPerSecond: 10 };
  test.broker.limitsChanged();
  flood();
  assertEquals(connection.isHeld, true);
  test.advance(60_000);
  client.take();
}, { limits: { maximumBytesPerSecond: 20, rateGraceMs: 600_000 } });

brokerTest("a client that has caught up may go over its rate again", (test) => {
  const client = test.connect("c");
  for (let i = 0; i < 10; i++) {
    for (let j = 0; j < 15; j++) {
      client.send({ type: PacketType.pingreq });
    }
    test.advance(2_000);
  }
  assertEquals(client.isClosed, false);
  client.take();
}, { limits: { maximumBytesPerSecond: 20, rateGraceMs: 3_000 } });

brokerTest(
  "a login takes back the failures of its own user only",
  (test) => {
    const fail = (userName: string) => {
      test.authorizer.authentication = { reasonCode: 0x86 };
      return connackCode(test, userName);
    };
    const succeed = (userName: string) => {
      test.authorizer.authentication = { reasonCode: 0 };
      return connackCode(test, userName);
    };
    // Three for bob, with alice's own account between them.
    for (let i = 0; i < 3; i++) {
      assertEquals([fail("bob"), i < 2 ? succeed("alice") : 0], [0x86, 0]);
    }
    assertEquals(succeed("alice"), 0x9f);
    test.advance(1_000);
    assertEquals(succeed("bob"), 0);
    for (let i = 0; i < 3; i++) assertEquals(fail("alice"), 0x86);
    assertEquals(fail("alice"), 0x9f);
    // Ten times the longest wait later nobody remembers.
    test.advance(30_001);
    for (let i = 0; i < 3; i++) assertEquals(fail("carol"), 0x86);
    assertEquals(fail("carol"), 0x9f);
  },
  { limits: { maximumLoginFailures: 3, loginBackOffMs: 3_000 } },
);

brokerTest(
  "a login takes back nothing of a user whom the client has only named",
  (test) => {
    for (
      const success of [
        { reasonCode: 0, userName: "alice" },
        { reasonCode: 0, userName: null },
        { reasonCode: 0, isUnproven: true },
      ]
    ) {
      for (let i = 0; i < 3; i++) {
        test.authorizer.authentication = { reasonCode: 0x86 };
        assertEquals(connackCode(test, "bob"), 0x86);
        test.authorizer.authentication = success;
        if (i < 2) assertEquals(connackCode(test, "bob"), 0);
      }
      assertEquals(connackCode(test, "bob"), 0x9f);
      test.advance(30_001);
    }
  },
  { limits: { maximumLoginFailures: 3, loginBackOffMs: 3_000 } },
);

Deno.test("what counts as one address is a /64 network in IPv6", () => {
  const networks: [string, string][] = [
    ["192.0.2.1:1883", "192.0.2.1"],
    ["[2001:db8:1:2:3:4:5:6]:1883", "2001:db8:1:2::/64"],
    ["[2001:db8::6]:1883", "2001:db8:0:0::/64"],
    ["[::1]:1883", "0:0:0:0::/64"],
    ["[::ffff:192.0.2.1]:1883", "192.0.2.1"],
    ["unix", "unix"],
  ];
  for (const [remoteAddress, network] of networks) {
    assertEquals(networkOf(remoteAddress), network);
  }
});
