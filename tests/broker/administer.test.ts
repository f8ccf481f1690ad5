import {
  deleteRetained,
  disconnectClient,
  endSession,
} from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { assertDisconnected, brokerTest } from "./_harness.ts";

const PERSISTENT = { properties: { sessionExpiryInterval: 100 } };

brokerTest("an operator disconnects a client, whose session stays", (test) => {
  const client = test.connect("c", PERSISTENT);
  assertEquals(disconnectClient(test.broker, "c", "go away"), true);
  test.tasks.run();
  assertDisconnected(client, 0x98);
  assertEquals(disconnectClient(test.broker, "c", "go away"), false);
  assertEquals(disconnectClient(test.broker, "nobody", "go away"), false);
  assertEquals(test.broker.sessions.get("c")?.connection, null);
});

brokerTest(
  "an operator ends a session with its connection, and its Will is published " +
    "[MQTT-3.1.2-8]",
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("wills");
    const client = test.connect("c", {
      ...PERSISTENT,
      willMessage: {
        topicName: "wills",
        payload: new TextEncoder().encode("gone"),
        qos: 0,
        isRetained: false,
        properties: { willDelayInterval: 50 },
      },
    });
    client.subscribe({ topicFilter: "a", qos: 1 });
    assertEquals(endSession(test.broker, "c", "ended"), true);
    test.tasks.run();
    assertDisconnected(client, 0x98);
    assertEquals(watcher.payloads(), ["gone"]);
    assertEquals(test.broker.sessions.get("c"), undefined);
    assertEquals(test.broker.router.subscriptions.size, 1);
    assertEquals(endSession(test.broker, "c", "ended"), false);
  },
);

brokerTest("an operator ends the session of a client that is away", (test) => {
  const client = test.connect("c", PERSISTENT);
  client.subscribe({ topicFilter: "a", qos: 1 });
  client.disconnect();
  assertEquals(endSession(test.broker, "c", "ended"), true);
  assertEquals(test.broker.sessions.count, 0);
  assertEquals(test.broker.router.subscriptions.size, 0);
});

brokerTest("an operator deletes what is retained", (test) => {
  const client = test.connect("c");
  client.publish("a", "x", { isRetained: true });
  assertEquals(deleteRetained(test.broker, "a"), true);
  assertEquals(deleteRetained(test.broker, "a"), false);
  assertEquals(test.broker.retained.count, 0);
});
