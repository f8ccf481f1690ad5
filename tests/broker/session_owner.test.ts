import { type ConnackPacket, PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { storeTest } from "./_gated_store.ts";
import {
  assertClosedSilently,
  assertDisconnected,
  brokerTest,
  connectPacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";
import { lasting } from "./_lasting.ts";

/** A user name, or none. */
type User = string | null;

const USERS: readonly (readonly [User, User])[] = [
  ["ann", "bob"],
  ["ann", null],
  [null, "bob"],
  ["ann", ""],
  ["", null],
  ["ann", "Ann"],
];

/** Has a client of `userName` ask for the session of "c". */
function ask(
  test: TestBroker,
  userName: User,
  fields: Parameters<typeof connectPacket>[1] = {},
): { client: TestClient; connack: ConnackPacket } {
  const client = test.open();
  client.send(connectPacket("c", lasting(undefined, { userName, ...fields })));
  return { client, connack: client.next(PacketType.connack) };
}

/** Checks that a client of `userName` is kept from the session of "c". */
function assertRefused(test: TestBroker, userName: User): void {
  for (const protocolVersion of [5, 4] as const) {
    for (const cleanStart of [false, true]) {
      const { client, connack } = ask(test, userName, {
        protocolVersion,
        cleanStart,
      });
      assertEquals(connack.reasonCode, protocolVersion === 5 ? 0x85 : 2);
      assertEquals(connack.sessionPresent, false);
      assertClosedSilently(client);
    }
  }
}

for (const [owner, other] of USERS) {
  const names = `${JSON.stringify(owner)} is not for ${JSON.stringify(other)}`;

  brokerTest(
    `a session in use that belongs to ${names} [MQTT-3.1.3-8] ` +
      "[3.1.1 MQTT-3.1.3-9]",
    (test) => {
      const { client } = ask(test, owner, { willMessage: {} });
      client.subscribe({ topicFilter: "#", qos: 1 });
      assertRefused(test, other);
      // Neither its connection nor its Will has noticed.
      test.connect("p").publish("t", "live", { qos: 1 });
      assertEquals(client.payloads(), ["live"]);
      assert(!client.isClosed);
    },
  );

  brokerTest(
    `a session whose client is away and that belongs to ${names}`,
    (test) => {
      const { client } = ask(test, owner);
      client.subscribe({ topicFilter: "#", qos: 1 });
      client.disconnect();
      const publisher = test.connect("p");
      publisher.publish("t", "before", { qos: 1 });
      assertRefused(test, other);
      publisher.publish("t", "after", { qos: 1 });
      const back = ask(test, owner);
      assertEquals(back.connack.sessionPresent, true);
      assertEquals(back.client.payloads(), ["before", "after"]);
    },
  );
}

brokerTest(
  "its own user takes a session over, on whatever connection [MQTT-3.1.4-3]",
  (test) => {
    const first = ask(test, "ann");
    assertEquals(ask(test, "ann").connack.sessionPresent, true);
    assertDisconnected(first.client, 0x8e);
  },
);

brokerTest(
  "a session belongs to the user whom the authenticator has found",
  (test) => {
    test.authorizer.authentication = { reasonCode: 0, userName: "ann" };
    ask(test, "token 1").client.disconnect();
    assertEquals(ask(test, "token 2").connack.sessionPresent, true);
    test.authorizer.authentication = { reasonCode: 0, userName: "bob" };
    assertEquals(ask(test, "token 1").connack.reasonCode, 0x85);
    test.authorizer.authentication = { reasonCode: 0 };
    assertEquals(ask(test, "token 1").connack.reasonCode, 0x85);
    assertEquals(test.broker.sessions.get("c")!.owner, "ann");
  },
);

for (const userName of ["a\0", "\ud800", "é".repeat(32_768)]) {
  brokerTest(
    `nobody is let in under a name that no store can write: ${
      JSON.stringify(userName).slice(0, 9)
    }`,
    (test) => {
      test.authorizer.authentication = { reasonCode: 0, userName };
      assertEquals(ask(test, "ann").connack.reasonCode, 0x87);
      assertEquals(test.broker.sessions.count, 0);
      test.authorizer.authentication = {
        reasonCode: 0,
        userName: "é".repeat(32_767),
      };
      assertEquals(ask(test, "ann").connack.reasonCode, 0);
    },
  );
}

brokerTest(
  "who is not let in does not learn that there is a session",
  (test) => {
    ask(test, "ann");
    test.authorizer.authentication = { reasonCode: 0x86 };
    assertEquals(ask(test, "bob").connack.reasonCode, 0x86);
  },
);

brokerTest(
  "the log says who wanted whose session and what to do, the client learns " +
    "nothing of it",
  (test) => {
    ask(test, "ann").client.disconnect();
    const { connack } = ask(test, null);
    assertEquals(connack.properties, {
      reasonString: "the Client Identifier is not free",
    });
    const remedy = "end it (rqtt ctl expire CLIENT), or set " +
      "auth.sessions_belong_to_users to false";
    assertEquals(test.observer.ofKind("refused").at(-1), {
      kind: "refused",
      clientIdentifier: "c",
      reasonCode: 0x85,
      cause: "the session of this Client Identifier belongs to user " +
        `"ann", not to clients without a user name: ${remedy}`,
    });
  },
);

brokerTest(
  "a Client Identifier is free again when its session has ended",
  (test) => {
    const properties = { sessionExpiryInterval: 5 };
    ask(test, "ann", { properties }).client.disconnect();
    test.advance(4_999);
    assertRefused(test, "bob");
    test.advance(1);
    const bob = ask(test, "bob", { properties: {} });
    assertEquals(
      [bob.connack.reasonCode, bob.connack.sessionPresent],
      [0, false],
    );
    assertRefused(test, "ann");
    // The end of the connection is that of the session.
    bob.client.drop();
    assertEquals(ask(test, "ann").connack.reasonCode, 0);
  },
);

brokerTest(
  "of two users whose CONNECTs wait the first to be let in has the session",
  async (test) => {
    test.authorizer.authentication = null;
    const clients = ["ann", "bob"].map((userName) => {
      const client = test.open();
      client.send(connectPacket("c", lasting(undefined, { userName })));
      return client;
    });
    test.authorizer.answerClients({ reasonCode: 0 });
    await test.settle();
    const codes = clients.map((client) =>
      client.next(PacketType.connack).reasonCode
    );
    assertEquals(codes, [0, 0x85]);
    assertEquals(test.broker.sessions.get("c")!.owner, "ann");
  },
);

brokerTest(
  "with the rule off everybody takes over everything, and is the owner then",
  (test) => {
    const { client } = ask(test, "ann");
    client.subscribe("t");
    test.broker.sessionsBelongToUsers = false;
    const bob = ask(test, "bob");
    assertEquals(bob.connack.sessionPresent, true);
    assertDisconnected(client, 0x8e);
    test.broker.sessionsBelongToUsers = true;
    assertRefused(test, "ann");
    assertEquals(ask(test, "bob").connack.sessionPresent, true);
  },
);

brokerTest(
  "a session of which an earlier version has not stored whose it is becomes " +
    "that of who comes first",
  (test) => {
    ask(test, "ann").client.disconnect();
    test.broker.sessions.get("c")!.owner = undefined;
    assertEquals(ask(test, null).connack.sessionPresent, true);
    assertRefused(test, "ann");
  },
);

storeTest(
  "who waits for the end of a session before is the owner of the next one",
  ({ commit, test }) => {
    ask(test, "ann").client.disconnect();
    const ann = test.open();
    const clean = { cleanStart: true, userName: "ann" };
    ann.send(connectPacket("c", lasting(undefined, clean)));
    assertEquals(ann.take(), []);
    assertRefused(test, "bob");
    commit();
    assertEquals(ann.next(PacketType.connack).sessionPresent, false);
    assertRefused(test, "bob");
  },
);

storeTest(
  "who has left before that end is stored owns nothing",
  ({ commit, test }) => {
    ask(test, "ann").client.disconnect();
    const ann = test.open();
    const clean = { cleanStart: true, userName: "ann" };
    ann.send(connectPacket("c", lasting(undefined, clean)));
    ann.drop();
    const bob = test.open();
    bob.send(connectPacket("c", lasting(undefined, { userName: "bob" })));
    assertEquals(bob.take(), []);
    commit();
    assertEquals(bob.next(PacketType.connack).reasonCode, 0);
    assertEquals(test.broker.sessions.get("c")!.owner, "bob");
  },
);
