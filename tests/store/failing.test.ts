import {
  JournalStore,
  SILENT_STORE_OBSERVER,
  type StoreObserver,
} from "../../src/store/mod.ts";
import { PacketType } from "../../src/codec/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import {
  type ConnectFields,
  connectPacket,
  subscribePacket,
  TestBroker,
} from "../broker/_harness.ts";
import { Journal, MemoryPlace } from "./_journal.ts";
import { makeMessage } from "./_world.ts";

/** A medium that fails while it is told to. */
class FailingPlace extends MemoryPlace {
  isFailing = false;
  readonly told: string[] = [];
  readonly observer: StoreObserver = {
    ...SILENT_STORE_OBSERVER,
    storeFailing: (error) => this.told.push(`${error}`),
    storeWorking: () => this.told.push("working"),
  };

  constructor() {
    super();
    this.medium.beforeWrite = () =>
      this.isFailing
        ? Promise.reject(new Error("disk full"))
        : Promise.resolve();
  }
}

/** Lets promises that have been settled take effect. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("A write that fails is tried again until it works, and nobody proceeds before", async () => {
  const place = new FailingPlace();
  const { observer } = place;
  await using journal = await Journal.open(place, { observer });
  const { world, store } = journal;
  let hasProceeded = false;
  place.isFailing = true;
  world.openSession("a");
  store.afterCommit({ proceed: () => hasProceeded = true }, true);
  for (let attempt = 1; attempt <= 3; attempt++) {
    journal.run();
    await settle();
    assertEquals([store.isFailing, hasProceeded], [true, false]);
    assertEquals(place.told, Array(attempt).fill("Error: disk full"));
  }
  place.isFailing = false;
  journal.run();
  await settle();
  assertEquals([store.isFailing, hasProceeded], [false, true]);
  assertEquals(place.told.at(-1), "working");
});

Deno.test("What changes while writing fails is written once it works", async () => {
  const place = new FailingPlace();
  await using journal = await Journal.open(place);
  const { world } = journal;
  const session = world.openSession("a");
  world.queue(makeMessage("a", "1"), [session], { qos: 2 });
  place.isFailing = true;
  const committed = journal.commit();
  await settle();
  world.queue(makeMessage("a", "2"), [session]);
  world.send(session);
  world.subscribe(session, "t");
  const expected = world.describe();
  place.isFailing = false;
  journal.run();
  await committed;
  await journal.commit();
  await using again = await journal.crash();
  assertEquals(again.world.describe(), expected);
});

Deno.test("A store that fails can be closed", async () => {
  const place = new FailingPlace();
  const journal = await Journal.open(place);
  place.isFailing = true;
  journal.world.openSession("a");
  journal.run();
  await settle();
  const closed = journal.store.close();
  journal.run();
  await closed;
  assertEquals(place.medium.segments.size, 0);
});

Deno.test("A store that failed tries once more before it is closed, and writes all there is", async () => {
  const place = new FailingPlace();
  const journal = await Journal.open(place);
  const { world } = journal;
  place.isFailing = true;
  const session = world.openSession("a");
  journal.run();
  await settle();
  world.subscribe(session, "t");
  const expected = world.describe();
  place.isFailing = false;
  await using again = await journal.restart();
  assertEquals(again.world.describe(), expected);
});

/** A broker on a journal whose writes go through when the test says so. */
class FailingBroker extends TestBroker {
  readonly place: FailingPlace;
  #scheduled: (() => void)[];

  private constructor(place: FailingPlace, scheduled: (() => void)[]) {
    super({
      store: new JournalStore({
        medium: place.medium,
        isAwaited: true,
        gatherMs: 5,
        schedule: (_delayMs, callback) => scheduled.push(callback),
        observer: place.observer,
      }),
    });
    this.place = place;
    this.#scheduled = scheduled;
  }

  static async start(): Promise<FailingBroker> {
    const test = new FailingBroker(new FailingPlace(), []);
    await test.broker.start();
    return test;
  }

  /** Lets time pass for the store. */
  async write(): Promise<void> {
    const scheduled = this.#scheduled.splice(0);
    for (const callback of scheduled) callback();
    await settle();
    this.tasks.run();
  }

  /** The disk is full, and the store has noticed. */
  async fail(): Promise<void> {
    await this.write();
    this.place.isFailing = true;
    const client = this.open();
    client.send(connectPacket("noticed", LASTING));
    await this.write();
    assert(this.broker.store.isFailing);
    client.disconnect();
  }
}

const LASTING: ConnectFields = {
  cleanStart: false,
  properties: { sessionExpiryInterval: 1_000 },
};

function failingTest(
  name: string,
  run: (test: FailingBroker) => Promise<void>,
): void {
  Deno.test({
    name,
    permissions: "none",
    async fn() {
      const test = await FailingBroker.start();
      await run(test);
      test.finish();
    },
  });
}

failingTest(
  "While the disk is full 5.0 publishers get 0x97 and 3.1.1 publishers no PUBACK for what needs it [MQTT-4.3.2-4]",
  async (test) => {
    const absent = test.connect("absent", LASTING);
    absent.send(subscribePacket(1, [{ topicFilter: "kept", qos: 1 }]));
    await test.write();
    absent.disconnect();
    const [publisher, old, other] = [
      test.connect("p"),
      test.connect("old", { protocolVersion: 4 }),
      test.connect("other", { protocolVersion: 4 }),
    ];
    await test.fail();

    assertEquals(publisher.exchange("kept", "1", { qos: 1 }), 0x97);
    assertEquals(publisher.exchange("kept", "1", { qos: 2 }), 0x97);
    old.publish("kept", "2", { qos: 1 });
    assertEquals([old.take(), old.isClosed], [[], true]);
    assertEquals(
      publisher.exchange("r", "3", { qos: 1, isRetained: true }),
      0x97,
    );
    assertEquals(test.broker.retained.count, 0);
    // One of QoS 0 is promised to nobody: it is kept, and stored when it can be.
    other.publish("r", "3", { isRetained: true });
    other.send({ type: PacketType.pingreq });
    other.next(PacketType.pingresp);
    assertEquals(test.broker.retained.count, 1);

    test.place.isFailing = false;
    await test.write();
    assertEquals(test.broker.store.isFailing, false);
    const packetIdentifier = publisher.publish("kept", "4", { qos: 1 });
    await test.write();
    assertEquals(publisher.nextAnswer(PacketType.puback, packetIdentifier), 0);
    const back = test.open();
    back.send(connectPacket("absent", LASTING));
    await test.write();
    back.next(PacketType.connack);
    assertEquals(back.payloads(), ["4"]);
  },
);

failingTest(
  "A refusal does not wait behind acknowledgements that wait for the disk",
  async (test) => {
    const absent = test.connect("absent", LASTING);
    absent.send(subscribePacket(1, [{ topicFilter: "kept", qos: 1 }]));
    await test.write();
    absent.disconnect();
    await test.write();
    const publisher = test.connect("p");
    test.place.isFailing = true;
    const waiting = publisher.publish("kept", "1", { qos: 1 });
    await test.write();
    assertEquals(publisher.take(), []);
    const refused = publisher.publish("kept", "2", { qos: 1 });
    assertEquals(publisher.nextAnswer(PacketType.puback, refused), 0x97);
    test.place.isFailing = false;
    await test.write();
    assertEquals(publisher.nextAnswer(PacketType.puback, waiting), 0);
  },
);

failingTest(
  "While the disk is full all that needs no disk goes on",
  async (test) => {
    const [subscriber, publisher] = [test.connect("s"), test.connect("p")];
    await test.fail();
    assertEquals(subscriber.subscribe({ topicFilter: "#", qos: 2 }), [2]);
    publisher.publish("t", "0");
    assertEquals(publisher.exchange("t", "1", { qos: 1 }), 0);
    assertEquals(publisher.exchange("t", "2", { qos: 2 }), 0);
    assertEquals(subscriber.payloads(), ["0", "1", "2"]);
    const late = test.connect("late");
    assertEquals(late.subscribe("u"), [0]);
    late.disconnect();
    test.place.isFailing = false;
    await test.write();
  },
);

failingTest(
  "While the disk is full a subscription that needs it is refused at once",
  async (test) => {
    const lasting = test.connect("lasting", LASTING);
    await test.fail();
    assertEquals(lasting.subscribe("t"), [0x97]);
    test.place.isFailing = false;
    await test.write();
    lasting.send(subscribePacket(9, ["t"]));
    await test.write();
    assertEquals(lasting.next(PacketType.suback).reasonCodes, [0]);
  },
);

failingTest(
  "While the disk is full a Clean Start that would end a stored session is refused",
  async (test) => {
    const old = test.connect("c", LASTING);
    old.send(subscribePacket(1, ["t"]));
    await test.write();
    old.disconnect();
    await test.fail();
    const client = test.open();
    client.send(connectPacket("c", { cleanStart: true }));
    assertEquals(client.next(PacketType.connack).reasonCode, 0x88);
    test.place.isFailing = false;
    await test.write();
    const again = test.open();
    again.send(connectPacket("c", LASTING));
    await test.write();
    assertEquals(again.next(PacketType.connack).sessionPresent, true);
  },
);
