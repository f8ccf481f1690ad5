import { PacketType } from "../../src/codec/mod.ts";
import type { ClientSession, Limits, Store } from "../../src/broker/mod.ts";
import type { StoreOwner } from "../../src/broker/store.ts";
import type { Message, Waiting } from "../../src/session/mod.ts";
import {
  brokerTest,
  type ConnectFields,
  connectPacket,
  subscribePacket,
  type TestBroker,
  type TestClient,
} from "./_harness.ts";

/** A store that has stored nothing until the test says so. */
export class GatedStore implements Store {
  readonly isRecording = true;
  readonly isAwaited = true;
  isFailing = false;
  /** What `load` gives to the broker. */
  kept: { sessions: ClientSession[]; retained: Message[] } = {
    sessions: [],
    retained: [],
  };
  /** Changes to sessions that the store was told of. */
  sessionChangeCount = 0;
  /** Subscriptions that the store was told of. */
  subscriptionChangeCount = 0;
  /** Deliveries that the store was told of and that are not settled. */
  deliveryCount = 0;
  /** Whether something waits that must not wait for more to come. */
  isUrgent = false;
  #owner: StoreOwner | null = null;
  #waiting: Waiting[] = [];

  /** How much waits for the next commit. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  load(owner: StoreOwner): Promise<void> {
    this.#owner = owner;
    for (const session of this.kept.sessions) owner.restoreSession(session);
    for (const message of this.kept.retained) owner.restoreRetained(message);
    return Promise.resolve();
  }

  sessionChanged(): void {
    this.sessionChangeCount++;
  }

  receivedQos2Changed(): void {}

  sessionEnded(): void {}

  subscriptionAdded(): void {
    this.subscriptionChangeCount++;
  }

  subscriptionRemoved(): void {}

  deliveryAdded(): void {
    this.deliveryCount++;
  }

  deliveryChanged(): void {}

  deliverySettled(): void {
    this.deliveryCount--;
  }

  retainedChanged(): void {}

  afterCommit(waiting: Waiting, isUrgent: boolean): void {
    this.#waiting.push(waiting);
    if (isUrgent) this.isUrgent = true;
  }

  /** Everything the store was told of so far is safe. */
  commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.isUrgent = false;
    this.#owner!.proceed(waiting);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A session that is stored. */
export const LASTING: ConnectFields = {
  cleanStart: false,
  properties: { sessionExpiryInterval: 1_000 },
};

/** What a test of the store works with. */
export interface Setup {
  readonly test: TestBroker;
  readonly store: GatedStore;
  /** Lets what the store was told become safe. */
  readonly commit: () => void;
  /** Connects, with all that has to be stored for it. */
  readonly connect: (name: string, fields?: ConnectFields) => TestClient;
  /** The same, with a subscription to "t". */
  readonly subscriber: (
    name: string,
    qos: 0 | 1 | 2,
    fields?: ConnectFields,
  ) => TestClient;
}

/** Runs one test with a broker on a store of its own. */
export function storeTest(
  name: string,
  fn: (setup: Setup) => void | Promise<void>,
  limits: Partial<Limits> = {},
): void {
  const store = new GatedStore();
  brokerTest(name, async (test) => {
    await test.broker.start();
    const commit = () => {
      store.commit();
      test.tasks.run();
    };
    const connect = (name: string, fields?: ConnectFields) => {
      const client = test.open();
      client.send(connectPacket(name, fields));
      commit();
      client.next(PacketType.connack);
      return client;
    };
    const subscriber = (
      name: string,
      qos: 0 | 1 | 2,
      fields: ConnectFields = LASTING,
    ) => {
      const client = connect(name, fields);
      client.send(subscribePacket(1, [{ topicFilter: "t", qos }]));
      commit();
      client.next(PacketType.suback);
      return client;
    };
    await fn({ test, store, commit, connect, subscriber });
    commit();
  }, { store, limits });
}

/** Takes everything received; tells the types of it. */
export function takeTypes(client: TestClient): string[] {
  return client.take().map(({ type }) =>
    Object.entries(PacketType).find(([, value]) => value === type)![0]
  );
}
