import {
  Delivery,
  MessageSlab,
  NEVER,
  Session,
} from "../../src/session/mod.ts";
import { assertEquals } from "../_assert.ts";
import { delivery, headOf, sourceOf } from "./_deliveries.ts";

const permissions = "none";

Deno.test({
  name: "a new session has no state and ends with its connection",
  permissions,
  fn() {
    const session = new Session<string>("client");
    assertEquals(session.clientIdentifier, "client");
    assertEquals(session.connection, null);
    assertEquals(session.isPersistent, false);
    assertEquals(session.expiresAtMs, NEVER);
    assertEquals(session.willDueAtMs, NEVER);
    assertEquals(session.will, null);
    assertEquals(session.subscriptions.size, 0);
    assertEquals(session.window.count, 0);
    assertEquals(session.queue.length, 0);
    assertEquals(session.retainedReplays, []);
    assertEquals(session.receivedQos2Count, 0);
    assertEquals([...session.receivedQos2()], []);
  },
});

Deno.test({
  name: "a session with a Session Expiry Interval outlives its connection " +
    "[MQTT-3.1.2-23]",
  permissions,
  fn() {
    const session = new Session<string>("client");
    session.expiryIntervalSeconds = 1;
    assertEquals(session.isPersistent, true);
  },
});

Deno.test({
  name: "a received QoS 2 identifier is known from PUBLISH to PUBREL " +
    "[MQTT-4.3.3-10] [MQTT-4.3.3-12]",
  permissions,
  fn() {
    const session = new Session<string>("client");
    assertEquals(session.hasReceivedQos2(7), false);
    assertEquals(session.removeReceivedQos2(7), false);
    session.addReceivedQos2(7);
    session.addReceivedQos2(65_535);
    session.addReceivedQos2(7);
    assertEquals(session.receivedQos2Count, 2);
    assertEquals([...session.receivedQos2()], [7, 65_535]);
    assertEquals(session.hasReceivedQos2(7), true);
    assertEquals(session.removeReceivedQos2(7), true);
    assertEquals(session.hasReceivedQos2(7), false);
    assertEquals(session.removeReceivedQos2(7), false);
    assertEquals(session.receivedQos2Count, 1);
  },
});

Deno.test({
  name: "detaching leaves no message of the session in a shared slab",
  permissions,
  fn() {
    const session = new Session<string>("client");
    const slab = new MessageSlab();
    const deliveries = Array.from({ length: 4 }, () => {
      const source = sourceOf("t", new Uint8Array(0), new Uint8Array(9));
      return new Delivery(slab.copy(source, headOf("t")), 1, false, []);
    });
    session.window.add(deliveries[0]);
    session.window.add(deliveries[1]);
    session.queue.push(deliveries[2]);
    session.queue.push(deliveries[3]);
    session.queue.push(delivery());
    session.detachMessages();
    for (const { message } of deliveries) {
      assertEquals(message.payloadBytes.length, message.sizeBytes);
    }
    assertEquals(session.window.count, 2);
    assertEquals(session.queue.length, 3);
  },
});
