import { DeliveryState } from "../../src/session/mod.ts";
import { assertEquals } from "../_assert.ts";
import { Journal, PLACES } from "./_journal.ts";
import {
  deliveriesOf,
  makeMessage,
  makeWill,
  payloadOf,
  type World,
} from "./_world.ts";

/** Runs `test` on each kind of medium. */
function storeTest(
  name: string,
  test: (journal: Journal) => Promise<void>,
): void {
  for (const [kind, makePlace] of Object.entries(PLACES)) {
    Deno.test(`${name} (${kind})`, async () => {
      await using place = makePlace();
      await using journal = await Journal.open(place);
      await test(journal);
    });
  }
}

/** A test of what comes back after a crash, whatever has been done. */
function survives(name: string, act: (world: World) => void): void {
  storeTest(`${name} survives a crash`, async (journal) => {
    act(journal.world);
    const expected = journal.world.describe();
    await journal.commit();
    await using again = await journal.crash();
    assertEquals(again.world.describe(), expected);
    // Once more, because reading must not change what is there.
    await using last = await again.crash();
    assertEquals(last.world.describe(), expected);
  });
}

survives("An empty store", () => {});

survives("A session that never expires", (world) => {
  world.openSession("a");
});

survives("A session with expiry interval and deadline", (world) => {
  world.openSession("a", {
    expiryIntervalSeconds: 3600,
    expiresAtMs: 1_700_000_123_456.75,
  });
});

survives("A Client Identifier of 65,535 bytes in other letters", (world) => {
  world.openSession("é".repeat(32_767) + "x");
});

for (const owner of [undefined, null, "", "ann", "é".repeat(32_767)]) {
  const name = owner === undefined ? "not known" : JSON.stringify(owner);
  survives(`A session whose owner is ${name.slice(0, 9)}`, (world) => {
    world.openSession("a", { owner });
    world.openSession("b", { owner, will: makeWill("will") });
  });
}

survives("A session that was given to another user", (world) => {
  const session = world.openSession("a", { owner: "ann" });
  session.owner = null;
  world.store.sessionChanged(session);
});

survives("A Will with all properties and its delay", (world) => {
  world.openSession("a", {
    willDueAtMs: 1_700_000_000_500,
    will: makeWill("will/é", {
      qos: 2,
      isRetained: true,
      payload: Uint8Array.of(0, 255),
      properties: {
        payloadFormatIndicator: 0,
        messageExpiryInterval: 60,
        contentType: "text",
        responseTopic: "answer",
        correlationData: Uint8Array.of(1, 2),
        userProperties: [["name", "value"], ["name", "again"]],
      },
    }, 30),
  });
});

survives("A Will of QoS 0 with an empty payload", (world) => {
  world.openSession("a", {
    will: makeWill("will", { payload: new Uint8Array(0) }),
  });
});

survives("A session whose Will was published", (world) => {
  const session = world.openSession("a", { will: makeWill("will") });
  session.will = null;
  world.store.sessionChanged(session);
});

survives("The end of a session with all that belongs to it", (world) => {
  const session = world.openSession("a");
  world.subscribe(session, "a/#");
  world.queue(makeMessage("a", "1"), [session]);
  world.endSession("a");
});

survives("Each option of a subscription", (world) => {
  const session = world.openSession("a");
  world.subscribe(session, "plain/+/#");
  for (const qos of [1, 2]) world.subscribe(session, `qos/${qos}`, { qos });
  world.subscribe(session, "local", { noLocal: true });
  world.subscribe(session, "published", { retainAsPublished: true });
  for (const retainHandling of [1, 2]) {
    world.subscribe(session, `handling/${retainHandling}`, { retainHandling });
  }
  world.subscribe(session, "identifier", {
    qos: 2,
    noLocal: true,
    retainAsPublished: true,
    retainHandling: 2,
    subscriptionIdentifier: 268_435_455,
  });
});

survives("A shared subscription beside a plain one of its filter", (world) => {
  const session = world.openSession("a");
  world.subscribe(session, "$share/group/a/+/#", { qos: 1 });
  world.subscribe(session, "$share/other//", { qos: 2 });
  world.subscribe(session, "a/+/#", { qos: 2 });
});

survives("A subscription that was replaced", (world) => {
  const session = world.openSession("a");
  world.subscribe(session, "a", { qos: 1 });
  world.subscribe(session, "a", { qos: 2, subscriptionIdentifier: 7 });
});

survives("The end of one subscription of three", (world) => {
  const session = world.openSession("a");
  for (const key of ["a", "b", "c"]) world.subscribe(session, key);
  world.unsubscribe(session, "b");
});

survives("A subscription that came back", (world) => {
  const session = world.openSession("a");
  world.subscribe(session, "a", { qos: 1 });
  world.unsubscribe(session, "a");
  world.subscribe(session, "a", { qos: 2 });
});

survives("The order of queued messages", (world) => {
  const session = world.openSession("a");
  for (let i = 0; i < 300; i++) {
    world.queue(makeMessage(`t/${i % 7}`, `${i}`), [session]);
  }
});

survives("A queued message with all that it has", (world) => {
  const session = world.openSession("a");
  const message = makeMessage("a/é", "payload", {
    qos: 2,
    isRetained: true,
    expiresAtMs: 1_700_000_060_000,
    // A User Property, as it stands in a PUBLISH.
    properties: Uint8Array.of(0x26, 0, 1, 0x61, 0, 1, 0x62),
  });
  world.queue(message, [session], {
    qos: 2,
    isRetained: true,
    subscriptionIdentifiers: [1, 268_435_455],
  });
});

survives("An empty message", (world) => {
  world.queue(makeMessage("a", ""), [world.openSession("a")]);
});

survives("Every state of deliveries in flight", (world) => {
  const session = world.openSession("a");
  for (const qos of [1, 2, 2, 1]) {
    world.queue(makeMessage("a", `${qos}`), [session], { qos });
  }
  world.send(session);
  world.send(session);
  world.receive(world.send(session)!);
});

survives("A delivery with the highest Packet Identifier", (world) => {
  const session = world.openSession("a");
  for (let i = 0; i < 65_534; i++) {
    const [delivery] = world.queue(makeMessage("a", ""), [session]);
    world.send(session);
    world.settle(session, delivery);
  }
  for (const payload of ["last", "first"]) {
    world.queue(makeMessage("a", payload), [session], { qos: 2 });
    world.send(session);
  }
});

survives("Received QoS 2 identifiers [MQTT-4.3.3-10]", (world) => {
  const session = world.openSession("a");
  for (const identifier of [1, 7, 65_535]) {
    world.receiveQos2(session, identifier);
  }
  world.releaseQos2(session, 7);
});

storeTest(
  "Received QoS 2 identifiers that change after their session was stored",
  async (first) => {
    const { world } = first;
    const session = world.openSession("a", { will: makeWill("will") });
    for (const identifier of [1, 7]) world.receiveQos2(session, identifier);
    await first.commit();
    world.releaseQos2(session, 1);
    world.receiveQos2(session, 65_535);
    world.receiveQos2(session, 2);
    world.releaseQos2(session, 2);
    await first.commit();
    await using second = await first.crash();
    assertEquals(second.world.describe(), world.describe());
    // A whole record takes in what came after the one before it.
    const again = second.world.session("a");
    second.world.releaseQos2(again, 7);
    second.store.sessionChanged(again);
    second.world.receiveQos2(again, 8);
    await second.commit();
    await using third = await second.crash();
    assertEquals(third.world.describe(), second.world.describe());
  },
);

survives("A retained message", (world) => {
  world.retain("a", makeMessage("a", "1", { isRetained: true, qos: 2 }));
  world.retain(
    "b/é",
    makeMessage("b/é", "2", { expiresAtMs: 1_800_000_000_000 }),
  );
});

survives("A retained message that was replaced", (world) => {
  world.retain("a", makeMessage("a", "1", { isRetained: true }));
  world.retain("a", makeMessage("a", "2", { isRetained: true }));
});

survives("A retained message under a topic of 65,535 bytes", (world) => {
  const topic = "t/".repeat(32_767) + "t";
  world.retain(topic, makeMessage(topic, "1"));
  world.retain("a", makeMessage("a", "1"));
});

storeTest("What changes after it was stored is stored again", async (first) => {
  const { world } = first;
  const a = world.openSession("a", { will: makeWill("will") });
  const b = world.openSession("b");
  world.openSession("c");
  world.subscribe(a, "a");
  world.subscribe(a, "b", { qos: 1 });
  world.subscribe(b, "b", { qos: 1 });
  for (let i = 0; i < 4; i++) {
    world.queue(makeMessage("a", `${i}`), [a, b], { qos: 2 });
  }
  world.send(a);
  world.retain("x", makeMessage("x", "1"));
  world.retain("y", makeMessage("y", "1"));
  await first.commit();

  a.will = null;
  world.receiveQos2(a, 9);
  a.expiryIntervalSeconds = 5;
  world.store.sessionChanged(a);
  world.unsubscribe(a, "a");
  world.subscribe(a, "b", { qos: 2 });
  const [released] = deliveriesOf(a);
  world.receive(released);
  world.settle(a, world.send(a)!);
  world.send(a);
  world.endSession("c");
  world.retain("x", null);
  world.retain("y", makeMessage("y", "2"));
  const expected = world.describe();
  await first.commit();
  await using again = await first.crash();
  assertEquals(again.world.describe(), expected);
});

storeTest("What was not committed is as it was before", async (journal) => {
  const { world } = journal;
  const session = world.openSession("a");
  world.subscribe(session, "a");
  const [delivery] = world.queue(makeMessage("a", "1"), [session], { qos: 2 });
  world.send(session);
  await journal.commit();
  const expected = world.describe();

  world.receive(delivery);
  world.queue(makeMessage("a", "2"), [session]);
  world.unsubscribe(session, "a");
  world.openSession("b");
  world.retain("a", makeMessage("a", "3"));
  await using again = await journal.crash();
  assertEquals(again.world.describe(), expected);
});

storeTest(
  "A new session does not get what an ended one of its name had",
  async (journal) => {
    const { world } = journal;
    const old = world.openSession("a");
    world.subscribe(old, "old");
    world.queue(makeMessage("a", "old"), [old]);
    await journal.commit();
    world.endSession("a");
    world.subscribe(world.openSession("a"), "new");
    const expected = world.describe();
    await journal.commit();
    await using again = await journal.crash();
    assertEquals(again.world.describe(), expected);
  },
);

storeTest("A message for many sessions is stored once", async (journal) => {
  const { world, store } = journal;
  const sessions = Array.from(
    { length: 50 },
    (_, index) => world.openSession(`client-${index}`),
  );
  const payload = "x".repeat(100_000);
  const message = makeMessage("a", payload);
  world.queue(message, sessions);
  world.retain("a", message);
  await journal.commit();
  assertEquals(store.readStatistics().sizeBytes < 2 * payload.length, true);
  await using again = await journal.crash();
  const messages = [...again.world.sessions.values()].map((session) =>
    deliveriesOf(session)[0].message
  );
  assertEquals(new Set(messages).size, 1);
  assertEquals(again.world.retained.get("a"), messages[0]);
  assertEquals(payloadOf(messages[0]), payload);
});

storeTest(
  "A message stays for the last session that waits for it",
  async (journal) => {
    const { world } = journal;
    const [a, b] = [world.openSession("a"), world.openSession("b")];
    const message = makeMessage("t", "1");
    const [first] = world.queue(message, [a]);
    await journal.commit();
    world.queue(message, [b]);
    await journal.commit();
    world.settle(a, first);
    a.queue.clear();
    const expected = world.describe();
    await journal.commit();
    await using second = await journal.crash();
    await using third = await second.crash();
    assertEquals(third.world.describe(), expected);
  },
);

storeTest(
  "A message of 1 MiB and one of 64 KiB come back whole",
  async (journal) => {
    const { world } = journal;
    const session = world.openSession("a");
    const payloads = [1_048_576, 65_536, 61_440, 61_439, 1].map((length, i) =>
      String.fromCharCode(97 + i).repeat(length)
    );
    for (const payload of payloads) {
      world.queue(makeMessage("a", payload), [session]);
    }
    await journal.commit();
    await using again = await journal.crash();
    const read = deliveriesOf(again.world.session("a"))
      .map(({ message }) => payloadOf(message));
    assertEquals(
      read.map(({ length }) => length),
      payloads.map((p) => p.length),
    );
    assertEquals(read.every((payload, i) => payload === payloads[i]), true);
  },
);

storeTest(
  "A batch of many records over 800 KiB comes back whole",
  async (journal) => {
    const { world } = journal;
    const session = world.openSession("a");
    for (let i = 0; i < 20_000; i++) {
      world.queue(makeMessage("a/b/c", `${i} ${"x".repeat(80)}`), [session]);
    }
    await journal.commit();
    assertEquals(journal.store.readStatistics().segmentCount, 1);
    await using again = await journal.crash();
    assertEquals(again.world.describe(), world.describe());
  },
);

storeTest(
  "A delivery that may have been sent is sent with DUP after a crash [MQTT-3.3.1-1]",
  async (journal) => {
    const { world } = journal;
    const session = world.openSession("a");
    for (const qos of [1, 2]) {
      world.queue(makeMessage("a", "1"), [session], { qos });
      world.send(session);
    }
    world.queue(makeMessage("a", "never sent"), [session]);
    await journal.commit();
    await using again = await journal.crash();
    assertEquals(
      deliveriesOf(again.world.session("a")).map((
        { state, wasSent },
      ) => [state, wasSent]),
      [
        [DeliveryState.published, true],
        [DeliveryState.published, true],
        [DeliveryState.queued, false],
      ],
    );
  },
);

storeTest("Closing writes what is outstanding", async (journal) => {
  const { world } = journal;
  world.subscribe(world.openSession("a"), "a");
  const expected = world.describe();
  await using again = await journal.restart();
  assertEquals(again.world.describe(), expected);
});

storeTest(
  "Packet Identifiers in flight are not given again after a crash [MQTT-2.2.1-4]",
  async (journal) => {
    const { world } = journal;
    const session = world.openSession("a");
    for (let i = 0; i < 3; i++) {
      world.queue(makeMessage("a", `${i}`), [session], { qos: 2 });
      world.send(session);
    }
    world.settle(session, session.window.get(2)!);
    await journal.commit();
    await using again = await journal.crash();
    const restored = again.world.session("a");
    again.world.queue(makeMessage("a", "new"), [restored], { qos: 2 });
    again.world.send(restored);
    assertEquals(
      restored.window.inOrder().map(({ packetIdentifier }) => packetIdentifier),
      [1, 3, 4],
    );
  },
);
