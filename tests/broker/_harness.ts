/**
 * A whole broker in memory, with a clock that stands still until the test
 * moves it, clients that speak through the codec, and nothing left over when
 * the test ends.
 */
import {
  Broker,
  DROP_REASON_NAMES,
  type Limits,
  type Store,
  type Tracer,
} from "../../src/broker/mod.ts";
import { PacketType } from "../../src/codec/mod.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import { assert, assertEquals } from "../_assert.ts";
import {
  FakeClock,
  RecordingObserver,
  SeededRandom,
  TestAuthorizer,
} from "./_fakes.ts";
import { MemoryTransport, Tasks } from "./_memory_transport.ts";
import type { ConnectFields } from "./_packets.ts";
import { TestClient } from "./_test_client.ts";

export * from "./_fakes.ts";
export * from "./_memory_transport.ts";
export * from "./_packets.ts";
export * from "./_test_client.ts";

/** Bounds small enough to be reached; everything is offered. */
export const LIMITS: Limits = {
  maximumConnections: 100,
  maximumSessions: 100,
  connectTimeoutMs: 10_000,
  maximumKeepAliveSeconds: 0,
  maximumClientIdentifierBytes: 100,
  allowZeroLengthClientIdentifier: true,
  sessionExpiryCapSeconds: 0xffff_ffff,
  maximumPacketSizeBytes: 1_048_576,
  maximumPayloadBytes: 0,
  maximumWillBytes: 65_536,
  maximumQos: 2,
  retainAvailable: true,
  wildcardSubscriptionAvailable: true,
  sharedSubscriptionAvailable: true,
  subscriptionIdentifierAvailable: true,
  receiveMaximum: 100,
  topicAliasMaximum: 10,
  outboundTopicAliasMaximum: 10,
  maximumTopicLevels: 20,
  maximumSubscriptionsPerClient: 100,
  maximumInflightMessages: 20,
  maximumQueuedMessages: 100,
  maximumQueuedBytes: 1_048_576,
  queueQos0Messages: false,
  maximumRetainedMessages: 10_000,
  maximumRetainedBytes: 1_048_576,
  maximumRouteCacheEntries: 1_000,
  outputSoftLimitBytes: 65_536,
  outputHardLimitBytes: 262_144,
  slowConsumerGraceMs: 100,
  maximumRecordedDrops: 10,
  maximumConnectionsPerSecondPerAddress: Infinity,
  maximumMessagesPerSecond: Infinity,
  maximumBytesPerSecond: Infinity,
  rateGraceMs: 10_000,
  maximumLoginFailures: 1_000_000,
  loginBackOffMs: 60_000,
};

export interface TestBrokerOptions {
  /** What differs from {@linkcode LIMITS}. */
  readonly limits?: Partial<Limits>;
  readonly store?: Store;
  readonly tracer?: Tracer;
  readonly seed?: number;
}

/** A broker and all that it acts through. */
export class TestBroker {
  readonly broker: Broker;
  readonly clock = new FakeClock();
  readonly observer = new RecordingObserver();
  readonly authorizer = new TestAuthorizer();
  readonly tasks = new Tasks();
  readonly transports: MemoryTransport[] = [];
  /** The test knows of internal errors: it checks them itself. */
  expectsInternalErrors = false;

  constructor(options: TestBrokerOptions = {}) {
    this.broker = new Broker({
      limits: { ...LIMITS, ...options.limits },
      clock: this.clock,
      random: new SeededRandom(options.seed ?? 1),
      authorizer: this.authorizer,
      store: options.store ?? new MemoryStore(),
      observer: this.observer,
      tracer: options.tracer,
    });
  }

  /** Opens a connection; the client has not sent anything yet. */
  open(): TestClient {
    const address = `192.0.2.1:${this.transports.length + 1}`;
    const transport = new MemoryTransport(this.broker, this.tasks, address);
    this.transports.push(transport);
    return new TestClient(transport, this.tasks);
  }

  /** Opens a connection and goes through with CONNECT. */
  connect(clientIdentifier: string, fields?: ConnectFields): TestClient {
    const client = this.open();
    client.connect(clientIdentifier, fields);
    return client;
  }

  /** The drop counters that are not 0, by name. */
  get drops(): Record<string, number> {
    const { dropped } = this.broker.statistics;
    return Object.fromEntries(
      DROP_REASON_NAMES.map((name, reason): [string, number] => [
        name,
        dropped[reason],
      ]).filter(([, count]) => count > 0),
    );
  }

  /** Lets `ms` pass, with all that is due meanwhile. */
  advance(ms: number): void {
    this.clock.advance(ms, () => this.tasks.run());
    this.tasks.run();
  }

  /** Lets promises that have been settled take effect. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.tasks.run();
  }

  /**
   * Ends every connection and session and removes every retained message, and
   * checks that nothing is left of them and that nothing went wrong inside.
   */
  finish(): void {
    const { broker } = this;
    for (const transport of this.transports) transport.end();
    this.tasks.run();
    for (const session of [...broker.sessions.values()]) {
      broker.sessions.discard(session);
    }
    for (const { topicName } of retainedMessages(broker)) {
      broker.retained.delete(topicName);
    }
    assertEmpty(broker);
    assertEquals(this.clock.alarmAtMs, Infinity);
    assertEquals(
      this.clock.alarmAtMs === Infinity || broker.timers.size === 0,
      true,
    );
    if (this.expectsInternalErrors) return;
    for (const error of this.observer.internalErrors) throw error;
  }
}

/** Checks that the broker holds nothing that grows. */
export function assertEmpty(broker: Broker): void {
  assertEquals(
    {
      connections: broker.connections.size,
      sessions: broker.sessions.count,
      subscriptions: broker.router.subscriptions.size,
      subscriptionNodes: broker.router.subscriptions.countNodes(),
      retained: broker.retained.count,
      retainedBytes: broker.retained.sizeBytes,
      timers: broker.timers.size,
      touched: broker.touched.length,
    },
    {
      connections: 0,
      sessions: 0,
      subscriptions: 0,
      subscriptionNodes: 0,
      retained: 0,
      retainedBytes: 0,
      timers: 0,
      touched: 0,
    },
  );
}

/** Checks that a 5.0 client was told `reasonCode` and that was all. */
export function assertDisconnected(
  client: TestClient,
  reasonCode: number,
): void {
  assertEquals(client.next(PacketType.disconnect).reasonCode, reasonCode);
  assertClosedSilently(client);
}

/** Checks that the connection was closed without a further packet. */
export function assertClosedSilently(client: TestClient): void {
  assertEquals(client.take(), []);
  assert(client.isClosed, "the connection is still open");
}

/** Runs one test with a broker of its own, and without any permission. */
export function brokerTest(
  name: string,
  fn: (test: TestBroker) => void | Promise<void>,
  options: TestBrokerOptions = {},
): void {
  Deno.test({
    name,
    permissions: "none",
    async fn() {
      const test = new TestBroker(options);
      await fn(test);
      test.finish();
    },
  });
}

function* retainedMessages(broker: Broker) {
  for (const filter of ["#", "$SYS/#"]) {
    const messages = broker.retained.match(filter);
    for (let next = messages.next(); !next.done; next = messages.next()) {
      yield next.value;
    }
  }
}
