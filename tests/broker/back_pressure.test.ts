import { PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals, assertLess } from "../_assert.ts";
import {
  brokerTest,
  payloadOf,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

const LIMITS = {
  outputSoftLimitBytes: 1_024,
  outputHardLimitBytes: 8_192,
  slowConsumerGraceMs: 100,
  maximumQueuedMessages: 10,
};
const SMALL = { limits: LIMITS };

/** Of a payload that is worth a third of the soft limit. */
const LENGTH = 350;

/** A subscriber to "t" that takes nothing, and somebody who publishes. */
function setUp(
  test: TestBroker,
  qos: 0 | 1 | 2 = 0,
): { stuck: TestClient; publisher: TestClient } {
  const stuck = test.connect("stuck");
  stuck.subscribe({ topicFilter: "t", qos });
  stuck.transport.isStuck = true;
  return { stuck, publisher: test.connect("publisher") };
}

function isHeld(client: TestClient): boolean {
  return client.transport.connection!.isHeld;
}

/** Publishes until the broker stops reading; returns how many got through. */
function publishUntilHeld(publisher: TestClient, qos: 0 | 1 = 0): number {
  for (let count = 1; count <= 100; count++) {
    publisher.publish("t", "x".repeat(LENGTH), { qos });
    publisher.take();
    if (isHeld(publisher)) return count;
  }
  throw new Error("the broker goes on reading");
}

brokerTest(
  "a receiver past its soft limit pauses who publishes to it",
  (test) => {
    const { stuck, publisher } = setUp(test);
    const count = publishUntilHeld(publisher);
    assert(count > 2);
    assertEquals(test.drops, {});
    publisher.publish("t", "waits");
    assertEquals(test.broker.statistics.publishReceived, count);
    stuck.transport.isStuck = false;
    test.tasks.run();
    assertEquals(isHeld(publisher), false);
    assertEquals(stuck.payloads().length, count + 1);
    assertEquals(test.drops, {});
    assertEquals(test.broker.timers.size, 0);
  },
  SMALL,
);

brokerTest(
  "the pause lasts for the grace only; then QoS 0 messages are dropped and " +
    "counted for the slow one alone",
  (test) => {
    const { stuck, publisher } = setUp(test);
    const other = test.connect("other");
    other.subscribe("t");
    const count = publishUntilHeld(publisher);
    publisher.publish("t", "dropped");
    test.advance(99);
    assertEquals(isHeld(publisher), true);
    assertEquals(test.observer.ofKind("slow"), []);
    test.advance(1);
    assertEquals(isHeld(publisher), false);
    assertEquals(test.drops, { slow_consumer: 1 });
    const slow = test.observer.ofKind("slow");
    assertEquals(slow.map((each) => each.clientIdentifier), ["stuck"]);
    for (let i = 0; i < 5; i++) publisher.publish("t", "dropped");
    assertEquals(isHeld(publisher), false);
    assertEquals(test.drops, { slow_consumer: 6 });
    assertEquals(other.payloads().length, count + 6);
    stuck.transport.isStuck = false;
    test.tasks.run();
    assertEquals(stuck.payloads().length, count);
    // It has caught up, so it counts again.
    publisher.publish("t", "again");
    assertEquals(stuck.payloads(), ["again"]);
  },
  SMALL,
);

brokerTest(
  "clients that publish to others are not paused",
  (test) => {
    const { publisher } = setUp(test);
    publishUntilHeld(publisher);
    const other = test.connect("other");
    other.subscribe("u");
    const free = test.connect("free");
    free.publish("u", "text");
    assertEquals(other.payloads(), ["text"]);
    assertEquals(isHeld(free), false);
    assertEquals(isHeld(other), false);
  },
  SMALL,
);

brokerTest(
  "every publisher to a stuck receiver is paused, and all go on together",
  (test) => {
    const { publisher } = setUp(test);
    publishUntilHeld(publisher);
    test.advance(60);
    const second = test.connect("second");
    second.publish("t", "text");
    assertEquals(isHeld(second), true);
    test.advance(40);
    assertEquals([isHeld(publisher), isHeld(second)], [false, false]);
  },
  SMALL,
);

brokerTest(
  "a publisher that two receivers wait for goes on when both have drained",
  (test) => {
    const { stuck, publisher } = setUp(test);
    const second = test.connect("second");
    second.subscribe("t");
    second.transport.isStuck = true;
    publishUntilHeld(publisher);
    stuck.transport.isStuck = false;
    test.tasks.run();
    assertEquals(isHeld(publisher), true);
    second.transport.isStuck = false;
    test.tasks.run();
    assertEquals(isHeld(publisher), false);
  },
  SMALL,
);

brokerTest(
  "a publisher waits once for a receiver that gets its message twice",
  (test) => {
    const { stuck, publisher } = setUp(test);
    stuck.transport.isStuck = false;
    stuck.subscribe("$share/g/t");
    stuck.transport.isStuck = true;
    publishUntilHeld(publisher);
    test.advance(100);
    assertEquals(isHeld(publisher), false);
  },
  SMALL,
);

brokerTest(
  "publishers go on when the receiver is gone",
  (test) => {
    const { stuck, publisher } = setUp(test);
    publishUntilHeld(publisher);
    stuck.drop();
    assertEquals(isHeld(publisher), false);
    assertEquals(test.broker.timers.size, 0);
    assertEquals(publisher.isClosed, false);
  },
  SMALL,
);

brokerTest(
  "a paused publisher may leave",
  (test) => {
    const { stuck, publisher } = setUp(test);
    publishUntilHeld(publisher);
    publisher.drop();
    stuck.transport.isStuck = false;
    test.tasks.run();
    assertEquals(test.broker.timers.size, 0);
  },
  SMALL,
);

brokerTest(
  "a receiver past its hard limit loses QoS 0 messages without any pause",
  (test) => {
    const { stuck, publisher } = setUp(test);
    const payload = "x".repeat(20_000);
    publisher.send(
      publisher.publication("t", payload),
      publisher.publication("t", payload),
      publisher.publication("u", ""),
      publisher.publication("t", payload),
    );
    test.advance(0);
    assertEquals(isHeld(publisher), false);
    assertEquals(test.drops, { slow_consumer: 1 });
    stuck.transport.isStuck = false;
    test.tasks.run();
    assertEquals(stuck.payloads().length, 2);
  },
  SMALL,
);

brokerTest(
  "QoS 1 messages wait in the queue of a receiver that does not drain, and " +
    "all arrive in order",
  (test) => {
    const { stuck, publisher } = setUp(test, 1);
    const texts = [..."abcdef"].map((text) => text.repeat(LENGTH));
    for (const text of texts) {
      assertEquals(publisher.exchange("t", text, { qos: 1 }), 0);
    }
    const { queue, window } = test.broker.sessions.get("stuck")!;
    assert(queue.length > 0);
    assertEquals(queue.length + window.count, 6);
    assertLess(stuck.transport.connection!.pendingBytes, 2_048);
    stuck.transport.isStuck = false;
    test.tasks.run();
    assertEquals(stuck.drain().map(payloadOf), texts);
    assertEquals(test.drops, {});
  },
  SMALL,
);

brokerTest(
  "a queue that is half full pauses publishers for the grace, a full one " +
    "drops and counts [MQTT-4.9.0-3]",
  (test) => {
    const slow = test.connect("slow", { properties: { receiveMaximum: 1 } });
    slow.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("publisher");
    const count = publishUntilHeld(publisher, 1);
    const { queue } = test.broker.sessions.get("slow")!;
    assertEquals(queue.length, 6);
    assertEquals(count, 7);
    test.advance(100);
    assertEquals(isHeld(publisher), false);
    const answers = Array.from(
      { length: 6 },
      () => publisher.exchange("t", "", { qos: 1 }),
    );
    assertEquals(answers, [0, 0, 0, 0, 0x97, 0x97]);
    assertEquals(test.drops, { queue_full: 2 });
    assertEquals(slow.drain().length, 11);
  },
  SMALL,
);

brokerTest(
  "a queue drained by acknowledgements lets publishers go on",
  (test) => {
    const slow = test.connect("slow", { properties: { receiveMaximum: 1 } });
    slow.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("publisher");
    publishUntilHeld(publisher, 1);
    for (let i = 0; i < 3; i++) slow.acknowledge(...slow.publishes());
    assertEquals(isHeld(publisher), true);
    slow.acknowledge(...slow.publishes());
    assertEquals(isHeld(publisher), false);
    assertEquals(test.broker.timers.size, 0);
  },
  SMALL,
);

brokerTest(
  "a client with a long queue of its own is read from, or it could not " +
    "acknowledge",
  (test) => {
    const client = test.connect("c", { properties: { receiveMaximum: 1 } });
    client.subscribe({ topicFilter: "t", qos: 1 });
    for (let i = 0; i < 9; i++) client.publish("t", `${i}`, { qos: 1 });
    assertEquals(isHeld(client), false);
    const messages = client.take().flatMap((packet) =>
      packet.type === PacketType.publish ? [packet] : []
    );
    client.acknowledge(...messages);
    assertEquals(
      [...messages, ...client.drain()].map(payloadOf),
      [..."012345678"],
    );
  },
  SMALL,
);

brokerTest(
  "Wills and messages of the program itself wait for nobody",
  (test) => {
    const { stuck, publisher } = setUp(test);
    publishUntilHeld(publisher);
    const willed = test.connect("willed", { willMessage: { topicName: "t" } });
    willed.drop();
    test.broker.publish(publisher.publication("t", "program"));
    stuck.transport.isStuck = false;
    test.tasks.run();
    const payloads = stuck.payloads();
    assertEquals(payloads.slice(-2), ["gone", "program"]);
  },
  SMALL,
);

brokerTest(
  "a client that asks without end and reads nothing is not read from either, " +
    "and gets every answer when it reads on",
  (test) => {
    const client = test.connect("c", { keepAliveSeconds: 60 });
    client.transport.isStuck = true;
    const pings = new Uint8Array(2_000).map((_, i) => i % 2 === 0 ? 0xc0 : 0);
    for (let i = 0; i < 20; i++) client.sendBytes(pings);
    const { pendingBytes } = client.transport.connection!;
    assertLess(pendingBytes, LIMITS.outputHardLimitBytes + pings.length + 1);
    assertEquals(client.transport.unreadBytes, 40_000 - pendingBytes);
    test.advance(60_000);
    assertEquals(client.isClosed, false);
    client.transport.isStuck = false;
    test.tasks.run();
    assertEquals(client.take().length, 20_000);
    assertEquals(isHeld(client), false);
  },
  SMALL,
);

brokerTest(
  "a client that never reads is not kept alive by what it sends [MQTT-3.1.2-22]",
  (test) => {
    const client = test.connect("c", { keepAliveSeconds: 10 });
    client.transport.isStuck = true;
    const pings = new Uint8Array(2_000).map((_, i) => i % 2 === 0 ? 0xc0 : 0);
    for (let i = 0; i < 20; i++) client.sendBytes(pings);
    assertEquals(isHeld(client), true);
    test.advance(14_000);
    assertEquals(client.transport.connection!.isClosed, false);
    test.advance(2_000);
    assertEquals(client.transport.connection!.isClosed, true);
  },
  SMALL,
);

brokerTest(
  "a queue that is half full by its bytes pauses publishers as well",
  (test) => {
    const slow = test.connect("slow", { properties: { receiveMaximum: 1 } });
    slow.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("publisher");
    publishUntilHeld(publisher, 1);
    const { queue } = test.broker.sessions.get("slow")!;
    assertLess(queue.sizeBytes, 3_000);
    assertEquals(test.drops, {});
    for (let i = 0; i < 4; i++) slow.acknowledge(...slow.publishes());
    assertEquals(isHeld(publisher), false);
  },
  {
    limits: {
      ...LIMITS,
      maximumQueuedMessages: 1_000,
      maximumQueuedBytes: 4_000,
    },
  },
);

brokerTest(
  "a client that publishes to itself is read from while it has much to take: " +
    "what it waits for it has to acknowledge",
  (test) => {
    const client = test.connect("c");
    client.subscribe({ topicFilter: "t", qos: 1 });
    client.transport.isStuck = true;
    for (let i = 0; i < 20; i++) client.publish("t", "x".repeat(LENGTH / 2));
    const { pendingBytes } = client.transport.connection!;
    assertLess(LIMITS.outputSoftLimitBytes, pendingBytes);
    assertEquals(isHeld(client), false);
    assertEquals(test.broker.statistics.publisherPauses, 0);
    client.transport.isStuck = false;
    test.tasks.run();
    assertEquals(test.drops, {});
  },
  SMALL,
);
