import type { Audience, MessageObserver } from "../../src/broker/mod.ts";
import { decodeUtf8 } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest } from "./_harness.ts";

/** Writes down who publishes what to topics that begin with one text. */
class RecordingMessageObserver implements MessageObserver {
  readonly asked: string[] = [];
  readonly #messages: string[] = [];
  readonly #prefix: string;

  constructor(prefix = "") {
    this.#prefix = prefix;
  }

  readonly #audience: Audience = {
    published: ({ clientIdentifier }, publish, topicName) => {
      const { payloadStart, frameEnd, payloadBytes, qos } = publish;
      const payload = decodeUtf8(payloadBytes, payloadStart, frameEnd);
      const words = [clientIdentifier, topicName, qos, publish.frameCount];
      this.#messages.push([...words, payload].join(" "));
    },
  };

  audienceOf(topicName: string): Audience | null {
    this.asked.push(topicName);
    return topicName.startsWith(this.#prefix) ? this.#audience : null;
  }

  take(): string[] {
    return this.#messages.splice(0);
  }
}

brokerTest(
  "an observer is told of each message at every QoS, and asked once for a topic",
  (test) => {
    const observer = new RecordingMessageObserver("a");
    test.broker.observeMessages(observer);
    const client = test.connect("c");
    client.publish("a/b", "0");
    client.exchange("a/b", "1", { qos: 1 });
    client.exchange("a/b", "2", { qos: 2 });
    client.publish("b", "no");
    client.publish("b", "no");
    assertEquals(observer.take(), [
      "c a/b 0 1 0",
      "c a/b 1 1 1",
      "c a/b 2 1 2",
    ]);
    assertEquals(observer.asked, ["a/b", "b"]);
  },
);

brokerTest(
  "an observer is told of what subscribers get, as the runs that it came in",
  (test) => {
    const observer = new RecordingMessageObserver();
    test.broker.observeMessages(observer);
    const receiver = test.connect("r");
    receiver.subscribe("t");
    const client = test.connect("c");
    client.send(
      ...["x", "y", "z"].map((text) => client.publication("t", text)),
    );
    assertEquals(receiver.payloads(), ["x", "y", "z"]);
    const [line] = observer.take();
    assertEquals(line.startsWith("c t 0 3 x"), true, line);
  },
);

brokerTest("an observer is not told of a repeat at QoS 2", (test) => {
  const observer = new RecordingMessageObserver();
  test.broker.observeMessages(observer);
  const client = test.connect("c");
  const packet = client.publication("t", "once", { qos: 2 });
  client.send(packet, { ...packet, isDuplicate: true });
  assertEquals(observer.take(), ["c t 2 1 once"]);
});

brokerTest(
  "an observer is not told of what was refused, or comes from no client",
  (test) => {
    const observer = new RecordingMessageObserver();
    test.broker.observeMessages(observer);
    test.authorizer.rule("publish", "secret", false);
    const client = test.connect("c");
    client.publish("secret", "denied");
    client.publish("$SYS/broker/uptime", "forged");
    test.broker.publish(client.publication("t", "of the broker"));
    assertEquals(observer.take(), []);
  },
);

brokerTest(
  "an observer is not told of what no receiver had room for",
  (test) => {
    test.broker.limits = { ...test.broker.limits, maximumQueuedMessages: 1 };
    const away = test.connect("away", {
      properties: { sessionExpiryInterval: 100 },
    });
    away.subscribe({ topicFilter: "t", qos: 1 });
    away.drop();
    const observer = new RecordingMessageObserver();
    test.broker.observeMessages(observer);
    const client = test.connect("c");
    assertEquals(client.exchange("t", "1", { qos: 1 }), 0);
    assertEquals(client.exchange("t", "2", { qos: 1 }), 0x97);
    assertEquals(observer.take(), ["c t 1 1 1"]);
  },
);

brokerTest(
  "another observer is asked anew about topics that are known, and none ends it",
  (test) => {
    const [first, second] = [
      new RecordingMessageObserver(),
      new RecordingMessageObserver("other"),
    ];
    const client = test.connect("c");
    client.publish("t", "before");
    test.broker.observeMessages(first);
    client.publish("t", "1");
    test.broker.observeMessages(second);
    client.publish("t", "2");
    test.broker.observeMessages(first);
    client.publish("t", "3");
    test.broker.observeMessages(null);
    client.publish("t", "after");
    assertEquals(first.take(), ["c t 0 1 1", "c t 0 1 3"]);
    assertEquals([second.take(), second.asked], [[], ["t"]]);
  },
);
