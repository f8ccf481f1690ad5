import { assertEquals } from "../_assert.ts";
import {
  brokerTest,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** "c" with a subscription to everything, and somebody who publishes. */
function setUp(
  test: TestBroker,
  qos: 0 | 1 = 0,
): { client: TestClient; publisher: TestClient } {
  test.authorizer.receiveControl = "always";
  const client = test.connect("c");
  client.subscribe({ topicFilter: "#", qos });
  return { client, publisher: test.connect("publisher") };
}

async function decide(
  test: TestBroker,
  topic: string,
  answer: boolean | null,
): Promise<void> {
  test.authorizer.rule("receive", topic, answer);
  test.authorizer.answerQuestions();
  await test.settle();
}

for (const qos of [0, 1] as const) {
  brokerTest(
    `QoS ${qos}: a client gets what it may receive only, live and retained`,
    (test) => {
      const { client, publisher } = setUp(test, qos);
      test.authorizer.rule("receive", "secret", false);
      const other = test.connect("other");
      for (const topicName of ["open", "secret"]) {
        publisher.publish(topicName, topicName, { qos, isRetained: true });
      }
      assertEquals(client.payloads(), ["open"]);
      other.subscribe({ topicFilter: "+", qos });
      assertEquals(other.payloads(), ["open"]);
      const causes = test.observer.ofKind("request refused")
        .map(({ clientIdentifier, cause }) => `${clientIdentifier}: ${cause}`);
      assertEquals(causes, [
        'c: a message with topic "secret" is kept from the client',
        'other: a message with topic "secret" is kept from the client',
      ]);
    },
  );

  brokerTest(
    `QoS ${qos}: messages wait for a decision in their order, and others pass`,
    async (test) => {
      const { client, publisher } = setUp(test, qos);
      test.authorizer.rule("receive", "t", null);
      for (const payload of ["1", "2"]) {
        publisher.publish("t", payload, { qos });
      }
      assertEquals(client.take(), []);
      assertEquals(test.authorizer.questions, [
        { action: "receive", topic: "t" },
      ]);
      await decide(test, "t", true);
      publisher.publish("t", "3", { qos });
      assertEquals(client.drain().map(payloadOf), ["1", "2", "3"]);
      assertEquals(test.authorizer.questions.length, 1);
    },
  );

  brokerTest(
    `QoS ${qos}: what waits for a decision is dropped if it is no`,
    async (test) => {
      const { client, publisher } = setUp(test, qos);
      test.authorizer.rule("receive", "t", null);
      publisher.publish("t", "1", { qos });
      publisher.publish("u", "2", { qos });
      await decide(test, "t", false);
      assertEquals(client.drain().map(payloadOf), ["2"]);
      assertEquals(test.drops, { refused: 1 });
    },
  );
}

brokerTest(
  "a decision that does not come to anything means no, whatever came before",
  async (test) => {
    const { client, publisher } = setUp(test, 1);
    for (const topicName of ["a", "b", "c"]) {
      test.authorizer.rule("receive", topicName, null);
      publisher.publish(topicName, topicName, { qos: 1 });
    }
    await decide(test, "a", true);
    await decide(test, "b", null);
    await decide(test, "c", true);
    assertEquals(client.drain().map(payloadOf), ["a", "c"]);
    assertEquals(
      test.authorizer.questions.map(({ topic }) => topic),
      ["a", "b", "c"],
    );
    assertEquals(test.drops, { refused: 1 });
  },
);

brokerTest(
  "a queue is judged when the client is back",
  (test) => {
    const fields = {
      cleanStart: false,
      properties: { sessionExpiryInterval: 100 },
    };
    test.authorizer.receiveControl = "always";
    const client = test.connect("c", fields);
    client.subscribe({ topicFilter: "#", qos: 1 });
    client.drop();
    const publisher = test.connect("publisher");
    for (const topicName of ["open", "secret"]) {
      publisher.publish(topicName, topicName, { qos: 1 });
    }
    test.authorizer.rule("receive", "secret", false);
    assertEquals(test.connect("c", fields).payloads(), ["open"]);
  },
);

brokerTest(
  "with once a yes holds until the permissions are reviewed",
  (test) => {
    const { client, publisher } = setUp(test);
    test.authorizer.receiveControl = "once";
    publisher.publish("t", "1");
    test.authorizer.rule("receive", "t", false);
    publisher.publish("t", "2");
    assertEquals(client.payloads(), ["1", "2"]);
    test.broker.reviewPermissions(() => null);
    publisher.publish("t", "3");
    assertEquals(client.take(), []);
  },
);

brokerTest(
  "a shared message goes to a member that may receive it, busy or not",
  (test) => {
    test.authorizer.receiveControl = "always";
    const denied: unknown[] = [];
    const { lookup } = test.authorizer;
    test.authorizer.lookup = (client, action, topic) => {
      if (action !== "receive" || client.clientIdentifier !== "denied") {
        return lookup.call(test.authorizer, client, action, topic);
      }
      denied.push(topic);
      return false;
    };
    const members = ["a", "denied", "b"].map((name) => {
      const properties = { receiveMaximum: 1 };
      const client = test.connect(name, { properties });
      client.subscribe({ topicFilter: "$share/g/t", qos: 1 });
      return client;
    });
    const publisher = test.connect("publisher");
    for (const payload of "123456") {
      publisher.publish("t", payload, { qos: 1 });
    }
    const [a, none, b] = members.map((member) => member.drain().length);
    assertEquals([a + b, none], [6, 0]);
    assertEquals(denied.length > 0, true);
  },
);

brokerTest(
  "busy members that may receive take turns",
  (test) => {
    test.authorizer.receiveControl = "always";
    const members = ["a", "b"].map((name) => {
      const properties = { receiveMaximum: 1 };
      const client = test.connect(name, { properties });
      client.subscribe({ topicFilter: "$share/g/t", qos: 1 });
      return client;
    });
    const publisher = test.connect("publisher");
    for (const payload of "123456") {
      publisher.publish("t", payload, { qos: 1 });
    }
    assertEquals(
      members.map((member) => member.drain().map(payloadOf).join("")),
      ["135", "246"],
    );
  },
);

brokerTest(
  "a review ends who is not welcome and subscriptions that are not allowed",
  (test) => {
    const client = test.connect("c");
    client.subscribe(["a", "b", "$share/g/b"]);
    const leaver = test.connect("leaver");
    test.authorizer.rule("subscribe", "b", false);
    test.broker.reviewPermissions(({ clientIdentifier }) =>
      clientIdentifier === "leaver" ? "banned by bans:1" : null
    );
    test.tasks.run();
    assertEquals(leaver.isClosed, true);
    assertEquals(client.isClosed, false);
    assertEquals(test.broker.router.subscriptions.size, 1);
    const [left] = test.observer.ofKind("disconnected");
    assertEquals(
      left.cause,
      "the user may not connect any more: banned by bans:1",
    );
  },
);
