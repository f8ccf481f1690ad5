import { PacketType } from "../../src/codec/mod.ts";
import {
  Delivery,
  DeliveryState,
  MessageSlab,
  NEVER,
  Session,
  SESSION_NEVER_EXPIRES,
} from "../../src/session/mod.ts";
import { Subscription } from "../../src/topics/mod.ts";
import type { Connection } from "../../src/broker/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { headOf, sourceOf } from "../session/_deliveries.ts";
import { GatedStore, LASTING } from "./_gated_store.ts";
import {
  brokerTest,
  connectPacket,
  payloadOf,
  publishPacket,
  type TestBroker,
} from "./_harness.ts";

/** A session as a store gives it back. */
function storedSession(
  clientIdentifier: string,
  topicFilter: string,
): Session<Connection> {
  const session = new Session<Connection>(clientIdentifier);
  session.expiryIntervalSeconds = 1_000;
  session.subscriptions.set(
    topicFilter,
    new Subscription(session, topicFilter, { qos: 1 }),
  );
  return session;
}

const slab = new MessageSlab();

function storedDelivery(payload: string): Delivery {
  const bytes = new TextEncoder().encode(payload);
  const source = sourceOf("t", new Uint8Array(0), bytes);
  return new Delivery(slab.copy(source, headOf("t")), 1, false, []);
}

/** A broker that starts with these sessions. */
function restartTest(
  name: string,
  prepare: (nowMs: number) => Session<Connection>[],
  fn: (test: TestBroker, store: GatedStore) => void,
): void {
  const store = new GatedStore();
  brokerTest(name, async (test) => {
    store.kept.sessions = prepare(test.clock.nowMs());
    await test.broker.start();
    fn(test, store);
    store.commit();
  }, { store });
}

restartTest(
  "a restart brings sessions back with subscriptions, queue and what was in " +
    "flight",
  () => {
    const session = storedSession("c", "t");
    const [sent, queued] = ["sent", "queued"].map(storedDelivery);
    sent.packetIdentifier = 7;
    sent.state = DeliveryState.published;
    sent.wasSent = true;
    session.window.restore(sent);
    session.queue.push(queued);
    session.addReceivedQos2(9);
    return [session];
  },
  (test, store) => {
    const client = test.open();
    client.send(connectPacket("c", LASTING));
    assertEquals(client.next(PacketType.connack).sessionPresent, true);
    const [sent, queued] = client.publishes();
    assertEquals([sent.packetIdentifier, sent.isDuplicate], [7, true]);
    assertEquals([payloadOf(queued), queued.isDuplicate], ["queued", false]);
    client.publish("u", "", { qos: 2, packetIdentifier: 9, isDuplicate: true });
    store.commit();
    test.tasks.run();
    assertEquals(client.nextAnswer(PacketType.pubrec, 9), 0);
    test.connect("p").publish("t", "live");
    assertEquals(client.payloads(), ["live"]);
  },
);

restartTest(
  "the expiry of an absent session goes on over a restart",
  (nowMs) => {
    const session = storedSession("c", "t");
    session.expiresAtMs = nowMs + 5_000;
    return [session];
  },
  (test) => {
    test.advance(4_999);
    assertEquals(test.broker.sessions.count, 1);
    test.advance(1);
    assertEquals(test.broker.sessions.count, 0);
  },
);

restartTest(
  "a session that was connected begins to expire at the restart",
  () => {
    const session = storedSession("c", "t");
    session.expiresAtMs = NEVER;
    return [session];
  },
  (test) => {
    test.advance(999_999);
    assertEquals(test.broker.sessions.count, 1);
    test.advance(1);
    assertEquals(test.broker.sessions.count, 0);
  },
);

restartTest(
  "what expires in a queue after a restart is dropped, and the store is told",
  (nowMs) => {
    const session = storedSession("c", "t");
    session.expiresAtMs = nowMs + 50_000;
    for (const expiresAtMs of [NEVER, nowMs - 1, nowMs + 5_000]) {
      const bytes = new TextEncoder().encode("text");
      const message = slab.copy(
        sourceOf("t", new Uint8Array(0), bytes),
        headOf("t", { expiresAtMs }),
      );
      const delivery = new Delivery(message, 1, false, []);
      delivery.isRecorded = true;
      session.queue.push(delivery);
    }
    return [session];
  },
  (test, store) => {
    store.deliveryCount = 3;
    test.advance(4_999);
    assertEquals(store.deliveryCount, 2);
    test.advance(1);
    assertEquals(store.deliveryCount, 1);
    assertEquals(test.broker.sessions.get("c")!.queue.length, 1);
  },
);

restartTest(
  "a restart tells the store of no session in which it changes nothing",
  (nowMs) => {
    const endless = storedSession("endless", "t");
    endless.expiryIntervalSeconds = SESSION_NEVER_EXPIRES;
    const absent = storedSession("absent", "t");
    absent.expiresAtMs = nowMs + 5_000;
    return [endless, absent, storedSession("connected", "t")];
  },
  (test, store) => {
    assertEquals(test.broker.sessions.count, 3);
    // Of the one whose time begins to run.
    assertEquals(store.sessionChangeCount, 1);
  },
);

/** A session with a Will that waits for its delay. */
function withWill(
  session: Session<Connection>,
  delaySeconds: number,
): Session<Connection> {
  session.will = {
    publish: publishPacket("t", "gone", { qos: 1 }),
    delaySeconds,
  };
  return session;
}

restartTest(
  "the delay of a Will goes on over a restart, also of a session that never " +
    "expires [MQTT-3.1.2-8]",
  (nowMs) => {
    const session = withWill(storedSession("c", "x"), 100);
    session.expiryIntervalSeconds = SESSION_NEVER_EXPIRES;
    session.willDueAtMs = nowMs + 5_000;
    return [session];
  },
  (test) => {
    const watcher = test.connect("watcher");
    watcher.subscribe("t");
    test.advance(4_999);
    assertEquals(watcher.take(), []);
    test.advance(1);
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

restartTest(
  "a Will that was due while the broker was down reaches every session that " +
    "comes back with it",
  (nowMs) => {
    const session = withWill(storedSession("c", "x"), 100);
    session.expiresAtMs = nowMs + 50_000;
    session.willDueAtMs = nowMs - 5_000;
    const watcher = storedSession("watcher", "t");
    watcher.expiresAtMs = nowMs + 50_000;
    return [session, watcher];
  },
  (test) => {
    test.advance(0);
    const watcher = test.connect("watcher", LASTING);
    assertEquals(watcher.payloads(), ["gone"]);
    assert(test.broker.sessions.get("c") !== undefined);
  },
);

restartTest(
  "a Will without delay of a session that was connected is published at the " +
    "restart",
  () => [withWill(storedSession("c", "x"), 0), storedSession("watcher", "t")],
  (test) => {
    test.advance(0);
    const watcher = test.connect("watcher", LASTING);
    assertEquals(watcher.payloads(), ["gone"]);
  },
);

restartTest(
  "no Will goes to a member of a shared group that had ended by then " +
    "[MQTT-3.1.2-8]",
  (nowMs) => {
    const author = storedSession("author", "unused");
    author.will = {
      publish: publishPacket("t", "will", { qos: 1 }),
      delaySeconds: 0,
    };
    const [ended, ending, lasting] = ["a", "b", "c"].map((name) => {
      const session = storedSession(name, "unused");
      session.subscriptions.set(
        "$share/g/t",
        new Subscription(session, "t", { qos: 1, shareName: "g" }),
      );
      return session;
    });
    author.willDueAtMs = nowMs - 10;
    author.expiresAtMs = nowMs + 1_000;
    ended.expiresAtMs = nowMs - 20;
    ending.expiresAtMs = nowMs - 10;
    lasting.expiresAtMs = nowMs + 1_000;
    return [author, ended, ending, lasting];
  },
  (test, store) => {
    assertEquals(test.broker.sessions.count, 2);
    store.commit();
    const client = test.open();
    client.send(connectPacket("c", LASTING));
    client.next(PacketType.connack);
    assertEquals(client.payloads(), ["will"]);
  },
);

const store = new GatedStore();
brokerTest(
  "a retained message that expired while the broker was down takes no place " +
    "from a Will [MQTT-3.3.2-5]",
  async (test) => {
    const nowMs = test.clock.nowMs();
    const source = sourceOf("old", new Uint8Array(0), new Uint8Array(1));
    const expiresAtMs = nowMs - 20;
    const old = slab.copy(source, { ...headOf("old"), expiresAtMs });
    const author = storedSession("author", "unused");
    author.will = {
      publish: publishPacket("t", "will", { isRetained: true }),
      delaySeconds: 0,
    };
    author.willDueAtMs = nowMs - 10;
    author.expiresAtMs = nowMs + 1_000;
    store.kept = { sessions: [author], retained: [old] };
    await test.broker.start();
    const client = test.connect("c");
    client.subscribe("#");
    assertEquals(client.payloads(), ["will"]);
    store.commit();
  },
  { store, limits: { maximumRetainedMessages: 1 } },
);
