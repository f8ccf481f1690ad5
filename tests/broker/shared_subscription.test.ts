import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import {
  brokerTest,
  type ConnectFields,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

const LASTING: ConnectFields = {
  cleanStart: false,
  properties: { sessionExpiryInterval: 100 },
};

function join(
  test: TestBroker,
  name: string,
  topicFilter: string,
  qos: 0 | 1 | 2 = 0,
  fields: ConnectFields = {},
): TestClient {
  const client = test.connect(name, fields);
  client.subscribe({ topicFilter, qos });
  return client;
}

function publishAll(
  test: TestBroker,
  payloads: string,
  qos: 0 | 1 | 2 = 0,
): number[] {
  const publisher = test.connect("publisher");
  return [...payloads].map((payload) => {
    if (qos > 0) return publisher.exchange("t/x", payload, { qos });
    publisher.publish("t/x", payload);
    return 0;
  });
}

brokerTest(
  "each message goes to one member, in turn",
  (test) => {
    const members = ["a", "b", "c"].map((name) =>
      join(test, name, "$share/g/t/+")
    );
    publishAll(test, "123456");
    assertEquals(
      members.map((member) => member.payloads().join("")),
      ["14", "25", "36"],
    );
  },
);

brokerTest(
  "a burst is shared message by message",
  (test) => {
    const members = ["a", "b"].map((name) => join(test, name, "$share/g/t/+"));
    const publisher = test.connect("publisher");
    publisher.send(
      ...[..."1234"].map((payload) => publisher.publication("t/x", payload)),
    );
    assertEquals(
      members.map((member) => member.payloads().join("")),
      ["13", "24"],
    );
  },
);

brokerTest(
  "groups and plain subscriptions get a copy each",
  (test) => {
    const member = join(test, "a", "$share/g/t/+");
    const other = join(test, "b", "$share/h/t/+");
    const plain = join(test, "c", "t/+");
    publishAll(test, "12");
    for (const client of [member, other, plain]) {
      assertEquals(client.payloads(), ["1", "2"]);
    }
  },
);

brokerTest(
  "two filters under one ShareName are two groups, also of one client",
  (test) => {
    const client = test.connect("a");
    client.subscribe(["$share/g/t/x", "$share/g/t/+"]);
    const other = join(test, "b", "$share/g/t/+");
    publishAll(test, "12");
    assertEquals(client.payloads(), ["1", "1", "2"]);
    assertEquals(other.payloads(), ["2"]);
  },
);

brokerTest(
  "a message respects the QoS granted to the member that gets it " +
    "[MQTT-4.8.2-3]",
  (test) => {
    const members = ([0, 1, 2] as const).map((qos) =>
      join(test, `m${qos}`, "$share/g/t/+", qos)
    );
    publishAll(test, "123", 2);
    assertEquals(
      members.map((member) => member.publishes().map(({ qos }) => qos)),
      [[0], [1], [2]],
    );
  },
);

brokerTest(
  "Subscription Identifiers and Retain As Published are the member's own",
  (test) => {
    const client = test.connect("a");
    client.subscribe({ topicFilter: "$share/g/t", retainAsPublished: true }, {
      subscriptionIdentifiers: [9],
    });
    const publisher = test.connect("publisher");
    publisher.publish("t", "text", { isRetained: true });
    const [packet] = client.publishes();
    assertEquals(packet.isRetained, true);
    assertEquals(packet.properties.subscriptionIdentifiers, [9]);
  },
);

brokerTest(
  "a member that is away is passed over while another is there",
  (test) => {
    const [away, present] = ["a", "b"].map((name) =>
      join(test, name, "$share/g/t/+", 1, LASTING)
    );
    away.drop();
    publishAll(test, "1", 0);
    publishAll(test, "23", 1);
    assertEquals(present.payloads(), ["1", "2", "3"]);
    assertEquals(test.connect("a", LASTING).take(), []);
  },
);

brokerTest(
  "a busy member gets what no other member is there for",
  (test) => {
    const properties = { receiveMaximum: 1, sessionExpiryInterval: 100 };
    const away = join(test, "a", "$share/g/t/+", 1, LASTING);
    const busy = join(test, "b", "$share/g/t/+", 1, { properties });
    away.drop();
    publishAll(test, "1234", 1);
    assertEquals(busy.drain().map(payloadOf), ["1", "2", "3", "4"]);
    assertEquals(test.connect("a", LASTING).take(), []);
  },
);

brokerTest(
  "a busy member is passed over while another has room",
  (test) => {
    const properties = { receiveMaximum: 1 };
    const busy = join(test, "a", "$share/g/t/+", 1, { properties });
    const free = join(test, "b", "$share/g/t/+", 1);
    publishAll(test, "1234", 1);
    assertEquals(busy.payloads(), ["1"]);
    assertEquals(free.payloads(), ["2", "3", "4"]);
  },
);

brokerTest(
  "messages wait for the members when all are away",
  (test) => {
    for (const name of ["a", "b"]) {
      join(test, name, "$share/g/t/+", 1, LASTING).drop();
    }
    assertEquals(publishAll(test, "1234", 1), [0, 0, 0, 0]);
    assertEquals(test.connect("a", LASTING).payloads(), ["1", "3"]);
    assertEquals(test.connect("b", LASTING).payloads(), ["2", "4"]);
  },
);

brokerTest(
  "a QoS 2 delivery is completed to the member it was begun with " +
    "[MQTT-4.8.2-4]",
  (test) => {
    const [first, second] = ["a", "b"].map((name) =>
      join(test, name, "$share/g/t/+", 2, LASTING)
    );
    publishAll(test, "1", 2);
    assertEquals(first.payloads(), ["1"]);
    first.drop();
    assertEquals(second.take(), []);
    const [repeat] = test.connect("a", LASTING).publishes();
    assertEquals([payloadOf(repeat), repeat.isDuplicate], ["1", true]);
  },
);

brokerTest(
  "it goes to no other member when that session ends [MQTT-4.8.2-5]",
  (test) => {
    const [first, second] = ["a", "b"].map((name) =>
      join(test, name, "$share/g/t/+", 2, LASTING)
    );
    publishAll(test, "1", 2);
    assertEquals(first.payloads(), ["1"]);
    first.disconnect(0, { sessionExpiryInterval: 0 });
    assertEquals(second.take(), []);
    assertEquals(test.drops, { session_ended: 1 });
  },
);

brokerTest(
  "a message that a member refuses goes to no other [MQTT-4.8.2-6]",
  (test) => {
    const [first, second] = ["a", "b"].map((name) =>
      join(test, name, "$share/g/t/+", 2)
    );
    publishAll(test, "1", 1);
    publishAll(test, "2", 2);
    first.answer(PacketType.puback, 1, 0x80);
    second.answer(PacketType.pubrec, 1, 0x80);
    assertEquals(first.payloads(), ["1"]);
    assertEquals(second.payloads(), ["2"]);
  },
);

brokerTest(
  "a group without members matches nobody",
  (test) => {
    const member = join(test, "a", "$share/g/t/+");
    const [kept] = ["b"].map((name) => join(test, name, "$share/g/t/+"));
    assertEquals(member.unsubscribe("$share/g/t/+"), [0]);
    publishAll(test, "1");
    assertEquals(kept.payloads(), ["1"]);
    kept.disconnect();
    assertEquals(publishAll(test, "2", 1), [0x10]);
  },
);

brokerTest(
  "the members of a group share the work of a stuck one after the grace",
  (test) => {
    const stuck = join(test, "a", "$share/g/t/+");
    const other = join(test, "b", "$share/g/t/+");
    stuck.transport.isStuck = true;
    const publisher = test.connect("publisher");
    const payload = "x".repeat(600);
    for (let i = 0; i < 20; i++) {
      publisher.publish("t/x", payload);
      test.advance(10);
    }
    test.advance(200);
    other.take();
    for (let i = 0; i < 4; i++) publisher.publish("t/x", payload);
    assertEquals(other.payloads().length, 4);
    assertEquals(test.drops, {});
  },
  { limits: { outputSoftLimitBytes: 1_024, outputHardLimitBytes: 65_536 } },
);
