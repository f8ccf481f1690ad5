import { Session } from "../../src/session/mod.ts";
import type { Connection } from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { GatedStore } from "./_gated_store.ts";
import {
  brokerTest,
  type ConnectFields,
  publishPacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** What the Authorizer answers at once; `null` if it has to find out. */
const REFUSALS = [["known at once", false], ["found out", null]] as const;

for (const [name, answer] of REFUSALS) {
  brokerTest(
    `a Will that is not allowed any more is not published: ${name}`,
    async (test) => {
      const watcher = test.connect("watcher");
      watcher.subscribe("#");
      const withWill = (topicName: string) => ({ willMessage: { topicName } });
      const stays = test.connect("stays", withWill("lost"));
      const keeps = test.connect("keeps", withWill("kept"));
      test.connect("goes", withWill("lost"));
      test.authorizer.rule("publish", "lost", answer);
      test.broker.reviewPermissions(({ clientIdentifier }) =>
        clientIdentifier === "goes" ? "removed" : null
      );
      test.authorizer.rule("publish", "lost", false);
      test.authorizer.answerQuestions();
      await test.settle();
      stays.drop();
      keeps.drop();
      const topics = watcher.publishes().map(({ topicName }) => topicName);
      assertEquals(topics, ["kept"]);
      assertEquals(
        test.observer.ofKind("request refused").map(({ cause }) => cause)
          .sort(),
        [
          'the Will to "lost" is not allowed any more',
          'the Will to "lost" is not allowed any more: removed',
        ],
      );
    },
  );
}

/** Of a session that outlives its connection by 100 s. */
function withWill(topicName: string, willDelayInterval: number): ConnectFields {
  return {
    willMessage: { topicName, properties: { willDelayInterval } },
    properties: { sessionExpiryInterval: 100 },
  };
}

function watch(test: TestBroker): TestClient {
  const watcher = test.connect("watcher");
  watcher.subscribe("#");
  return watcher;
}

function topicsOf(watcher: TestClient): string[] {
  return watcher.publishes().map(({ topicName }) => topicName);
}

function refusals(test: TestBroker): string[] {
  return test.observer.ofKind("request refused").map((
    { clientIdentifier, cause },
  ) => `${clientIdentifier}: ${cause}`);
}

for (const [name, answer] of REFUSALS) {
  brokerTest(
    `a Will that waits while a reload forbids it is not published: ${name}`,
    async (test) => {
      const watcher = watch(test);
      test.connect("loser", withWill("lost", 10)).drop();
      test.connect("keeper", withWill("kept", 10)).drop();
      test.authorizer.rule("publish", "lost", answer);
      test.broker.reviewPermissions(() => null);
      test.authorizer.rule("publish", "lost", false);
      test.authorizer.answerQuestions();
      await test.settle();
      test.advance(10_000);
      assertEquals(topicsOf(watcher), ["kept"]);
      assertEquals(refusals(test), [
        'loser: the Will to "lost" is not allowed any more',
      ]);
      assertEquals(test.drops, { refused: 1 });
      assertEquals(test.broker.sessions.get("loser")!.willDueAtMs, Infinity);
    },
  );
}

brokerTest(
  "a Will that waits goes with the right of its user to connect",
  (test) => {
    const watcher = watch(test);
    test.connect("away", withWill("t", 10)).drop();
    test.connect("here", withWill("t", 0));
    test.broker.reviewPermissions(({ clientIdentifier }) =>
      clientIdentifier === "watcher" ? null : "banned by bans:1"
    );
    test.advance(10_000);
    assertEquals(topicsOf(watcher), []);
    assertEquals(refusals(test).sort(), [
      'away: the Will to "t" is not allowed any more: banned by bans:1',
      'here: the Will to "t" is not allowed any more: banned by bans:1',
    ]);
  },
);

brokerTest(
  "a Will that falls due before it is known whether it still is allowed is " +
    "not published, and one that is found to be allowed is",
  async (test) => {
    const watcher = watch(test);
    test.connect("late", withWill("late", 20)).drop();
    test.connect("early", withWill("early", 10)).drop();
    const here = test.connect("here", withWill("here", 0));
    for (const topic of ["late", "early", "here"]) {
      test.authorizer.rule("publish", topic, null);
    }
    test.broker.reviewPermissions(() => null);
    here.drop();
    test.advance(10_000);
    for (const topic of ["late", "early", "here"]) {
      test.authorizer.rule("publish", topic, true);
    }
    test.authorizer.answerQuestions();
    await test.settle();
    test.advance(10_000);
    assertEquals(topicsOf(watcher), ["late"]);
    const why = "is not allowed any more, as far as is known when it is due";
    assertEquals(refusals(test), [
      `here: the Will to "here" ${why}`,
      `early: the Will to "early" ${why}`,
    ]);
  },
);

brokerTest(
  "a Will of a client that is back is reviewed as that of the connection",
  async (test) => {
    const watcher = watch(test);
    test.connect("c", withWill("t", 10)).drop();
    test.authorizer.rule("publish", "t", null);
    test.broker.reviewPermissions(() => null);
    test.authorizer.rule("publish", "t", true);
    const back = test.connect("c", { cleanStart: false, ...withWill("t", 0) });
    test.authorizer.rule("publish", "t", false);
    test.authorizer.answerQuestions();
    await test.settle();
    back.drop();
    assertEquals(topicsOf(watcher), ["t"]);
    assertEquals(refusals(test), []);
  },
);

brokerTest(
  "a Will that waits goes with the certificate of its client",
  (test) => {
    const watcher = watch(test);
    const client = test.open();
    let objection: string | null = null;
    Object.assign(test.transports.at(-1)!, { findObjection: () => objection });
    client.connect("c", withWill("t", 10));
    client.drop();
    test.broker.reviewPeers();
    assertEquals(refusals(test), []);
    objection = "the certificate is revoked";
    test.broker.reviewPeers();
    test.advance(10_000);
    assertEquals(topicsOf(watcher), []);
    assertEquals(refusals(test), [
      'c: the Will to "t" is not allowed any more: the certificate is revoked',
    ]);
  },
);

const store = new GatedStore();
brokerTest(
  "after a restart a Will is not published that nobody with the names of its " +
    "author could publish, and after a reload neither",
  async (test) => {
    const nowMs = test.clock.nowMs();
    const stored = (name: string, owner: string | null | undefined) => {
      const session = new Session<Connection>(name);
      session.owner = owner;
      session.expiryIntervalSeconds = 1_000;
      session.expiresAtMs = nowMs + 100_000;
      session.will = { publish: publishPacket(name, ""), delaySeconds: 9 };
      return session;
    };
    const [due, waits, old] = [
      stored("due", "alice"),
      stored("waits", null),
      stored("old", undefined),
    ];
    due.willDueAtMs = nowMs - 1;
    waits.willDueAtMs = nowMs + 9_000;
    old.willDueAtMs = nowMs + 9_000;
    store.kept.sessions = [due, waits, old];
    test.authorizer.willObjection = "banned by bans:1";
    await test.broker.start();
    const why = "is not allowed any more: banned by bans:1";
    assertEquals(refusals(test), [
      `due: the Will to "due" ${why}`,
      `waits: the Will to "waits" ${why}`,
    ]);
    const watcher = watch(test);
    test.advance(9_000);
    assertEquals(topicsOf(watcher), ["old"]);
    store.commit();
  },
  { store },
);

const laterStore = new GatedStore();
brokerTest(
  "a Will that has come through a restart is reviewed by the names of its " +
    "author when the rules are others",
  async (test) => {
    const session = new Session<Connection>("c");
    session.owner = "alice";
    session.expiryIntervalSeconds = 1_000;
    session.expiresAtMs = test.clock.nowMs() + 100_000;
    session.will = { publish: publishPacket("t", ""), delaySeconds: 9 };
    session.willDueAtMs = test.clock.nowMs() + 9_000;
    laterStore.kept.sessions = [session];
    await test.broker.start();
    test.broker.reviewPermissions(() => "let in by nobody");
    assertEquals(refusals(test), []);
    test.authorizer.willObjection = "nothing knows the user";
    test.broker.reviewPermissions(() => null);
    assertEquals(refusals(test), [
      'c: the Will to "t" is not allowed any more: nothing knows the user',
    ]);
    assertEquals(laterStore.sessionChangeCount, 1);
    laterStore.commit();
  },
  { store: laterStore },
);
