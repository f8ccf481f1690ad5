import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  brokerTest,
  connectPacket,
  type Filter,
  publishPacket,
  subscribePacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** Lets the authorizer answer what it was asked. */
async function decide(
  test: TestBroker,
  action: "publish" | "subscribe",
  topic: string,
  answer: boolean | null,
): Promise<void> {
  test.authorizer.rule(action, topic, answer);
  test.authorizer.answerQuestions();
  await test.settle();
}

function sendSubscribe(client: TestClient, ...filters: Filter[]): void {
  client.send(subscribePacket(1, filters));
}

brokerTest(
  "PUBLISH that is not allowed is answered with 0x87 and dropped " +
    "[MQTT-4.3.2-4] [MQTT-4.3.3-8]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("#");
    test.authorizer.rule("publish", "secret", false);
    const publisher = test.connect("p");
    publisher.publish("secret", "0", { isRetained: true });
    assertEquals(publisher.exchange("secret", "1", { qos: 1 }), 0x87);
    assertEquals(publisher.exchange("secret", "2", { qos: 2 }), 0x87);
    assertEquals(publisher.exchange("open", "3", { qos: 1 }), 0);
    assertEquals(watcher.payloads(), ["3"]);
    assertEquals(test.broker.retained.count, 0);
    assertEquals(test.drops, { refused: 3 });
    assertEquals(test.observer.ofKind("request refused"), [{
      kind: "request refused",
      clientIdentifier: "p",
      reasonCode: 0,
      cause: 'PUBLISH to "secret" is not allowed',
    }]);
  },
);

brokerTest(
  "each topic that a client may not use is reported, up to a bound",
  (test) => {
    const client = test.connect("c");
    for (let i = 0; i < 50; i++) {
      for (const action of ["publish", "subscribe"] as const) {
        test.authorizer.rule(action, `secret/${i}`, false);
      }
    }
    client.exchange("secret/0", "", { qos: 1 });
    client.exchange("secret/0", "", { qos: 1 });
    client.exchange("secret/1", "", { qos: 1 });
    client.subscribe(["secret/0", "secret/1"]);
    client.subscribe(["secret/1"]);
    const reports = () =>
      test.observer.ofKind("request refused").map(({ cause }) => cause);
    assertEquals(reports(), [
      'PUBLISH to "secret/0" is not allowed',
      'PUBLISH to "secret/1" is not allowed',
      'SUBSCRIBE to "secret/0" is refused with 0x87',
      'SUBSCRIBE to "secret/1" is refused with 0x87',
    ]);
    for (let i = 0; i < 50; i++) {
      client.exchange(`secret/${i}`, "", { qos: 1 });
    }
    assertEquals(reports().length, 32);
    test.broker.reviewPermissions(() => null);
    client.exchange("secret/0", "", { qos: 1 });
    assertEquals(reports().length, 33);
  },
);

brokerTest(
  "3.1.1: PUBLISH that is not allowed is acknowledged and dropped " +
    "[3.1.1 MQTT-3.3.5-2]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("#");
    test.authorizer.rule("publish", "secret", false);
    const publisher = test.connect("p", { protocolVersion: 4 });
    assertEquals(publisher.exchange("secret", "1", { qos: 1 }), 0);
    assertEquals(publisher.exchange("secret", "2", { qos: 2 }), 0);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "SUBSCRIBE is judged filter by filter, a shared one by its Topic Filter",
  (test) => {
    test.authorizer.rule("subscribe", "secret/#", false);
    const filters = ["secret/#", "$share/g/secret/#", "open"];
    const client = test.connect("c");
    assertEquals(client.subscribe(filters), [0x87, 0x87, 0]);
    const version4 = test.connect("d", { protocolVersion: 4 });
    assertEquals(version4.subscribe(filters), [0x80, 0x80, 0]);
    assertEquals(test.broker.router.subscriptions.size, 2);
  },
);

for (const isAllowed of [true, false]) {
  brokerTest(
    `PUBLISH waits for the decision, then goes on: ${
      isAllowed ? "allowed" : "denied"
    }`,
    async (test) => {
      const watcher = test.connect("watcher");
      watcher.subscribe("#");
      test.authorizer.rule("publish", "t", null);
      const publisher = test.connect("p");
      publisher.send(
        publishPacket("before", "1"),
        publishPacket("t", "2", { qos: 1, packetIdentifier: 7 }),
        publishPacket("behind", "3"),
        { type: PacketType.pingreq },
      );
      assertEquals(watcher.payloads(), ["1"]);
      assertEquals(publisher.take(), []);
      assertEquals(publisher.transport.connection!.isHeld, true);
      assertEquals(test.authorizer.questions, [
        { action: "publish", topic: "t" },
      ]);
      await decide(test, "publish", "t", isAllowed);
      assertEquals(watcher.payloads(), isAllowed ? ["2", "3"] : ["3"]);
      const answer = publisher.nextAnswer(PacketType.puback, 7);
      assertEquals(answer, isAllowed ? 0 : 0x87);
      publisher.next(PacketType.pingresp);
      assertEquals(publisher.transport.unreadBytes, 0);
      assertEquals(test.authorizer.questions.length, 1);
    },
  );

  brokerTest(
    `SUBSCRIBE waits for the decision on each of its filters: ${
      isAllowed ? "allowed" : "denied"
    }`,
    async (test) => {
      const client = test.connect("c");
      for (const topic of ["a", "b"]) {
        test.authorizer.rule("subscribe", topic, null);
      }
      sendSubscribe(client, "a", "open", "$share/g/b");
      assertEquals(client.take(), []);
      assertEquals(test.broker.router.subscriptions.size, 0);
      test.authorizer.rule("subscribe", "a", true);
      await decide(test, "subscribe", "b", isAllowed);
      const suback = client.next(PacketType.suback);
      assertEquals(suback.reasonCodes, [0, 0, isAllowed ? 0 : 0x87]);
      assertEquals(test.authorizer.questions, [
        { action: "subscribe", topic: "a" },
        { action: "subscribe", topic: "b" },
      ]);
    },
  );
}

brokerTest(
  "a client that waits holds up nobody else, and may leave",
  async (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("#");
    test.authorizer.rule("publish", "t", null);
    const waiting = test.connect("waiting");
    waiting.publish("t", "1");
    test.connect("other").publish("u", "2");
    assertEquals(watcher.payloads(), ["2"]);
    waiting.drop();
    await decide(test, "publish", "t", true);
    assertEquals(watcher.take(), []);
  },
);

brokerTest(
  "bytes that come while a client waits are handled afterwards",
  async (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("#");
    test.authorizer.rule("publish", "t", null);
    const client = test.connect("c");
    client.publish("t", "1");
    client.publish("u", "2");
    client.send({ type: PacketType.pingreq });
    assertEquals(client.take(), []);
    await decide(test, "publish", "t", true);
    client.next(PacketType.pingresp);
    assertEquals(watcher.payloads(), ["1", "2"]);
  },
);

brokerTest(
  "a decision is made for the client that asks, as CONNECT named it",
  (test) => {
    const seen: unknown[] = [];
    test.authorizer.lookup = (client, action, topic) => {
      const { clientIdentifier, userName } = client;
      seen.push([clientIdentifier, userName, action, topic]);
      return true;
    };
    const client = test.connect("c", { userName: "u", willMessage: {} });
    client.publish("t", "");
    assertEquals(seen, [
      ["c", "u", "publish", "will"],
      ["c", "u", "publish", "t"],
    ]);
  },
);

brokerTest(
  "a decision that the authorizer has forgotten is asked for again",
  async (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    const client = test.connect("c");
    for (const payload of ["1", "2", "3"]) {
      test.authorizer.rule("publish", "t", null);
      client.publish("t", payload);
      await decide(test, "publish", "t", true);
    }
    assertEquals(watcher.payloads(), ["1", "2", "3"]);
    assertEquals(test.authorizer.questions.length, 3);
  },
);

brokerTest(
  "a decision that does not come to anything means no, and is asked for once",
  async (test) => {
    const client = test.connect("c");
    test.authorizer.rule("publish", "t", null);
    client.send(publishPacket("t", "", { qos: 1, packetIdentifier: 7 }));
    await decide(test, "publish", "t", null);
    assertEquals(client.nextAnswer(PacketType.puback, 7), 0x87);
    test.authorizer.rule("subscribe", "t", null);
    sendSubscribe(client, "t");
    await decide(test, "subscribe", "t", null);
    assertEquals(client.next(PacketType.suback).reasonCodes, [0x87]);
    assertEquals(client.transport.connection!.isHeld, false);
    assertEquals(test.authorizer.questions, [
      { action: "publish", topic: "t" },
      { action: "subscribe", topic: "t" },
    ]);
  },
);

brokerTest(
  "all filters of a SUBSCRIBE are asked about once, however short the answers " +
    "hold",
  async (test) => {
    const client = test.connect("c");
    // What was found out is never known afterwards.
    const rules: Record<string, boolean> = { a: true, b: false, c: true };
    const asked: string[] = [];
    test.authorizer.lookup = () => null;
    test.authorizer.decide = (_client, _action, topic) => {
      asked.push(topic);
      return Promise.resolve(rules[topic]);
    };
    sendSubscribe(client, "a", "b", "c", "$share/g/a");
    await test.settle();
    assertEquals(client.next(PacketType.suback).reasonCodes, [0, 0x87, 0, 0]);
    assertEquals(asked, ["a", "b", "c"]);
    sendSubscribe(client, "a");
    await test.settle();
    assertEquals(asked, ["a", "b", "c", "a"]);
    client.next(PacketType.suback);
  },
);

brokerTest(
  "a message is sent on an answer that holds for this moment only",
  async (test) => {
    const client = test.connect("c");
    client.subscribe("#");
    test.authorizer.receiveControl = "always";
    test.authorizer.rule("receive", "a", null);
    test.authorizer.rule("receive", "b", null);
    test.authorizer.decide = (_client, _action, topic) =>
      Promise.resolve(topic === "a");
    const publisher = test.connect("p");
    for (const topic of ["a", "b", "a"]) {
      publisher.publish(topic, topic);
      await test.settle();
    }
    assertEquals(client.payloads(), ["a", "a"]);
  },
);

brokerTest(
  "a review removes what turns out to be forbidden, and keeps the rest",
  async (test) => {
    const client = test.connect("c");
    client.subscribe(["a", "b", "c"]);
    test.authorizer.rule("subscribe", "a", null);
    test.authorizer.rule("subscribe", "b", null);
    test.authorizer.rule("subscribe", "c", false);
    test.broker.reviewPermissions(() => null);
    const { subscriptions } = test.broker.sessions.get("c")!;
    assertEquals([...subscriptions.keys()], ["a", "b"]);
    test.authorizer.rule("subscribe", "a", true);
    test.authorizer.rule("subscribe", "b", false);
    test.authorizer.answerQuestions();
    await test.settle();
    assertEquals([...subscriptions.keys()], ["a"]);
    assertEquals(
      test.observer.ofKind("request refused").map(({ cause }) => cause),
      [
        'the subscription to "c" is not allowed any more',
        'the subscription to "b" is not allowed any more',
      ],
    );
  },
);

brokerTest(
  "a review ends who was let in by the old rules and waits for its session",
  async (test) => {
    test.authorizer.authentication = { reasonCode: 0, authorization: {} };
    test.authorizer.rule("publish", "will", null);
    const client = test.open();
    client.send(connectPacket("c", { willMessage: { topicName: "will" } }));
    test.broker.reviewPermissions(() => "removed");
    test.authorizer.rule("publish", "will", true);
    test.authorizer.answerQuestions();
    await test.settle();
    assertEquals(client.next(PacketType.connack).reasonCode, 0x87);
    assertEquals([test.broker.sessions.count, client.isClosed], [0, true]);
    assertEquals(
      test.observer.ofKind("refused").map(({ cause }) => cause),
      ["the user may not connect any more: removed"],
    );
  },
);

brokerTest(
  "a review asks a bounded number of questions at a time",
  async (test) => {
    const filters = Array.from({ length: 90 }, (_, i) => `t/${i}`);
    const client = test.connect("c");
    client.subscribe(filters);
    for (const filter of filters) {
      test.authorizer.rule(
        "subscribe",
        filter,
        null,
      );
    }
    test.broker.reviewPermissions(() => null);
    assertEquals(test.authorizer.questions.length, 32);
    for (let i = 0; i < 3; i++) {
      test.authorizer.answerQuestions();
      await test.settle();
    }
    assertEquals(test.authorizer.questions.length, 90);
    assertEquals(test.broker.sessions.get("c")!.subscriptions.size, 0);
  },
);

brokerTest("a client is disconnected when its credential ends", (test) => {
  const expiresAtMs = test.clock.nowMs() + 5_000;
  test.authorizer.authentication = { reasonCode: 0, expiresAtMs };
  const [client, old] = [
    test.connect("c"),
    test.connect("d", { protocolVersion: 4 }),
  ];
  test.advance(4_999);
  assertEquals([client.take(), client.isClosed], [[], false]);
  test.advance(1);
  assertEquals(client.next(PacketType.disconnect).reasonCode, 0x87);
  assertEquals([client.isClosed, old.isClosed], [true, true]);
  const late = test.open();
  late.send(connectPacket("e"));
  assertEquals(late.next(PacketType.connack).reasonCode, 0x87);
});
