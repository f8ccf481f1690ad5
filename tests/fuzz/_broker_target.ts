import type { ClientSession } from "../../src/broker/mod.ts";
import { ConnectionState } from "../../src/broker/mod.ts";
import {
  JournalStore,
  MemoryMedium,
  SILENT_STORE_OBSERVER,
} from "../../src/store/mod.ts";
import { type MemoryTransport, TestBroker } from "../broker/_harness.ts";
import { assert, assertEquals } from "../_assert.ts";
import { concatenate, forEachChunk, type FuzzCase } from "./_fuzz_case.ts";
import { PacketReader } from "../_packet_reader.ts";
import { toTemplate } from "./_template.ts";
import { encodeHex } from "./_hex.ts";
import { Witness } from "./_witness.ts";

/** Small enough for hostile streams to reach them. */
const LIMITS = {
  maximumPacketSizeBytes: 16_384,
  maximumQueuedMessages: 4,
  maximumSubscriptionsPerClient: 4,
  maximumRetainedMessages: 3,
  maximumTopicLevels: 6,
  maximumRouteCacheEntries: 4,
  maximumInflightMessages: 3,
  receiveMaximum: 3,
};
/** Longer than any chain of promises inside of the broker. */
const TURNS = 40;

/**
 * Gives a case to a broker in memory. The witness is served throughout, what
 * the broker sends can be read, it comes out the same however the bytes were
 * cut, and nothing is left of it all in the end. With `isStored` the sessions
 * are read back from a journal as well.
 */
export async function runBrokerCase(
  fuzzCase: FuzzCase,
  outcomes: Set<string>,
  isStored: boolean,
): Promise<void> {
  const outputs = await runOnce(fuzzCase, outcomes, isStored);
  if (fuzzCase.connections.length !== 1 || isStored) return;
  const whole = { connections: [[concatenate(fuzzCase.connections[0])]] };
  const again = await runOnce(whole, outcomes, false);
  assertSame(again, outputs);
}

/** Long outputs, of which nobody wants to see all differences. */
function assertSame(
  [whole]: readonly Uint8Array[],
  [cut]: readonly Uint8Array[],
): void {
  const length = Math.max(whole.length, cut.length);
  let same = 0;
  while (same < length && whole[same] === cut[same]) same++;
  if (same === length) return;
  const show = (bytes: Uint8Array) => encodeHex(bytes.slice(same, same + 32));
  throw new Error("the answer depends on how the bytes are cut", {
    cause: `from byte ${same} it is ${show(whole)} to all at once, ` +
      `${show(cut)} to what was cut`,
  });
}

async function runOnce(
  fuzzCase: FuzzCase,
  outcomes: Set<string>,
  isStored: boolean,
): Promise<Uint8Array[]> {
  const medium = new MemoryMedium();
  const store = isStored ? makeStore(medium) : undefined;
  const test = new TestBroker({ limits: LIMITS, store });
  if (isStored) await test.broker.start();
  const witness = new Witness(linkTo(test));
  await witness.connect();
  const attackers = fuzzCase.connections.map(() => new Attacker(test));
  await forEachChunk(fuzzCase, async (index, chunk) => {
    attackers[index].transport.deliver(chunk);
    test.tasks.run();
    if (isStored) await settle(test);
  });
  await witness.roundTrip();
  test.advance(3_000);
  if (isStored) await settle(test);
  await witness.roundTrip();
  assertBounded(test);
  for (const attacker of attackers) attacker.check(outcomes);
  for (const { cause } of test.observer.observations) {
    outcomes.add(toTemplate(cause));
  }
  if (store !== undefined) await assertReadBack(test, store, medium);
  test.finish();
  return attackers.map(({ output }) => concatenate(output));
}

function makeStore(medium: MemoryMedium): JournalStore {
  return new JournalStore({
    medium,
    isAwaited: true,
    gatherMs: 0,
    schedule: (_delayMs, callback) => queueMicrotask(callback),
    observer: SILENT_STORE_OBSERVER,
  });
}

async function settle(test: TestBroker): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
  test.tasks.run();
}

/** A connection that may send anything. */
class Attacker {
  readonly transport: MemoryTransport;
  readonly output: Uint8Array[] = [];

  constructor(test: TestBroker) {
    this.transport = test.open().transport;
    this.transport.onBytes = (bytes) => this.output.push(bytes);
  }

  /** Checks that all that was sent to it is whole packets of its version, and small enough. */
  check(outcomes: Set<string>): void {
    const connection = this.transport.connection!;
    const reader = new PacketReader(connection.protocolVersion);
    const packets = reader.read(concatenate(this.output));
    assertEquals(reader.restBytes, 0, "the broker sent half a packet");
    for (const packet of packets) {
      const reasonCode = "reasonCode" in packet ? packet.reasonCode : 0;
      outcomes.add(`sent ${packet.type} ${reasonCode}`);
    }
    assert(
      connection.state !== ConnectionState.connected ||
        connection.session!.connection === connection,
      "a connection without a session is open",
    );
  }
}

function assertBounded({ broker }: TestBroker): void {
  for (const session of broker.sessions.values()) {
    assert(session.queue.length <= LIMITS.maximumQueuedMessages);
    assert(session.window.open <= LIMITS.maximumInflightMessages);
    assert(session.subscriptions.size <= LIMITS.maximumSubscriptionsPerClient);
    assert(session.receivedQos2Count <= 0xffff);
  }
  assert(broker.retained.count <= LIMITS.maximumRetainedMessages);
  assert(broker.router.routes.size <= LIMITS.maximumRouteCacheEntries);
  // Of a session its own deadline and that of its queue.
  const most = 2 * (broker.connections.size + broker.sessions.count) +
    broker.retained.count;
  assert(broker.timers.size <= most, `${broker.timers.size} timers`);
}

/** What a restart finds is what there was. */
async function assertReadBack(
  test: TestBroker,
  store: JournalStore,
  medium: MemoryMedium,
): Promise<void> {
  // For those who were connected a restart is the end of their connection.
  const hasWill = [...test.broker.sessions.values()]
    .some(({ will }) => will !== null);
  const expected = describe(test, hasWill);
  await store.close();
  const again = new TestBroker({ limits: LIMITS, store: makeStore(medium) });
  await again.broker.start();
  assertEquals(describe(again, hasWill), expected);
  again.finish();
}

/** Sessions that outlive their connections, without what time and Wills change. */
function describe(
  { broker }: TestBroker,
  hasWill: boolean,
): Record<string, unknown> {
  const sessions = [...broker.sessions.values()]
    .filter((session) => session.isPersistent);
  return Object.fromEntries(
    sessions.map((session) => [session.clientIdentifier, {
      subscriptions: [...session.subscriptions.keys()].sort(),
      expiryIntervalSeconds: session.expiryIntervalSeconds,
      receivedQos2: [...session.receivedQos2()].sort(),
      deliveries: hasWill ? [] : describeDeliveries(session),
    }]),
  );
}

function describeDeliveries(session: ClientSession): string[] {
  const deliveries = session.window.inOrder();
  session.queue.forEach((delivery) => deliveries.push(delivery));
  return deliveries.filter(({ isRecorded }) => isRecorded)
    .map(({ message, qos, packetIdentifier }) =>
      `${message.topicName} ${qos} ${packetIdentifier}`
    );
}

/** The witness's end of a connection in memory. */
function linkTo(test: TestBroker) {
  const { transport } = test.open();
  let received: Uint8Array[] = [];
  transport.onBytes = (bytes) => received.push(bytes);
  return {
    send(bytes: Uint8Array): Promise<void> {
      transport.deliver(bytes);
      test.tasks.run();
      return Promise.resolve();
    },
    async receive(): Promise<Uint8Array> {
      // Publishers may have to wait for slow receivers, but not for ever.
      if (received.length === 0) await settle(test);
      if (received.length === 0) test.advance(100);
      const bytes = concatenate(received);
      received = [];
      return bytes;
    },
  };
}
