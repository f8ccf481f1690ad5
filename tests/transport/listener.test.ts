import { defaultConfig } from "../../src/config/mod.ts";
import { AllowAll } from "../../src/auth/mod.ts";
import {
  Broker,
  ConnectionLimit,
  type OverLimit,
} from "../../src/broker/mod.ts";
import { SilentObserver } from "../../src/server_options.ts";
import { MemoryStore } from "../../src/store/mod.ts";
import { SystemClock, SystemRandom } from "../../src/system.ts";
import type { Acceptor } from "../../src/transport/acceptor.ts";
import type { Arrival, Step } from "../../src/transport/arrival.ts";
import { type ByteStream, PeerError } from "../../src/transport/byte_stream.ts";
import { Listener } from "../../src/transport/listener.ts";
import { SILENT_LISTENER_OBSERVER } from "../../src/transport/listener_observer.ts";
import { assert, assertEquals } from "../_assert.ts";
import { MemoryStream } from "./_memory_stream.ts";

/** CONNECT of 3.1.1 with the Client Identifier `a`, and its CONNACK. */
const CONNECT = Uint8Array.fromHex("100d00044d5154540402003c000161");
const CONNACK = Uint8Array.fromHex("20020000");

/** Connections come when the test says so. */
class ManualAcceptor implements Acceptor {
  readonly address = { hostname: "192.0.2.9", port: 1883 };
  readonly #waiting: (ByteStream | Error)[] = [];
  #next = Promise.withResolvers<void>();

  offer(arriving: ByteStream | Error): void {
    this.#waiting.push(arriving);
    this.#next.resolve();
  }

  async accept(): Promise<ByteStream> {
    for (;;) {
      const arriving = this.#waiting.shift();
      if (arriving instanceof Error) throw arriving;
      if (arriving !== undefined) return arriving;
      this.#next = Promise.withResolvers();
      await this.#next.promise;
    }
  }

  close(): void {
    this.offer(new Error("closed"));
  }
}

interface Given {
  readonly steps?: readonly Step[];
  readonly maximumConnections?: number;
  readonly connectTimeoutMs?: number;
}

function given(
  { steps = [], maximumConnections = 10, connectTimeoutMs }: Given = {},
) {
  const { limits } = defaultConfig();
  const overLimit: OverLimit[] = [];
  const observer = new SilentObserver();
  observer.connectionOverLimit = (refusal?: OverLimit) => {
    overLimit.push(refusal!);
  };
  const broker = new Broker({
    limits: {
      ...limits,
      connectTimeoutMs: connectTimeoutMs ?? limits.connectTimeoutMs,
    },
    clock: new SystemClock(),
    random: new SystemRandom(),
    authorizer: new AllowAll(),
    store: new MemoryStore(),
    observer,
  });
  const acceptor = new ManualAcceptor();
  const streams: MemoryStream[] = [];
  const refused: string[] = [];
  let refusal = Promise.withResolvers<void>();
  const failures: string[] = [];
  const listener = new Listener(broker, {
    acceptor,
    steps,
    maximumConnections,
    scope: { index: 3, name: "192.0.2.9:1883", limits: broker.limits },
    observer: {
      ...SILENT_LISTENER_OBSERVER,
      acceptFailed: (_, error) => failures.push((error as Error).message),
      arrivalRefused(address, cause) {
        refused.push(`${address} ${cause}`);
        refusal.resolve();
      },
    },
  });
  return {
    broker,
    acceptor,
    listener,
    failures,
    overLimit,
    /** What the operator is told next. */
    async nextRefusal(): Promise<string> {
      while (refused.length === 0) {
        await refusal.promise;
        refusal = Promise.withResolvers();
      }
      return refused.shift()!;
    },
    /** A connection that has just come in. */
    connect(...bytes: Uint8Array[]): MemoryStream {
      const stream = new MemoryStream();
      for (const each of bytes) stream.receive(each);
      streams.push(stream);
      acceptor.offer(stream);
      return stream;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      broker.shutDown();
      for (const stream of streams) stream.end();
      await listener.finished();
    },
  };
}

async function untilAccepted(stream: MemoryStream): Promise<void> {
  await stream.until(() => stream.written.length > 0);
  assertEquals(stream.written[0], CONNACK);
  stream.end();
}

/** Never gets further. */
const stall: Step = async ({ stream, window }) => {
  while (await stream.read(window));
  throw new PeerError("closed while it was waited for");
};

Deno.test("a connection without steps goes straight to the broker", async () => {
  await using listening = given();
  await untilAccepted(listening.connect(CONNECT));
});

Deno.test("steps are taken in order, and what they leave is for the broker", async () => {
  const taken: string[] = [];
  const take = (name: string, count: number): Step => async (arrival) => {
    taken.push(name);
    await arrival.stream.read(arrival.window);
    arrival.window.consumed(arrival.window.start + count);
    return true;
  };
  await using listening = given({
    steps: [take("first", 2), take("second", 1)],
  });
  const stream = listening.connect(
    Uint8Array.of(1, 2),
    Uint8Array.of(3, ...CONNECT.subarray(0, 5)),
    CONNECT.subarray(5),
  );
  await untilAccepted(stream);
  assertEquals(taken, ["first", "second"]);
});

Deno.test("what a step finds out reaches the broker", async () => {
  const learn: Step = (arrival: Arrival) => {
    arrival.remoteAddress = "203.0.113.7:5";
    arrival.userName = "alice";
    return Promise.resolve(true);
  };
  await using listening = given({ steps: [learn] });
  await untilAccepted(listening.connect(CONNECT));
  const [connection] = listening.broker.connections;
  assertEquals(connection.remoteAddress, "203.0.113.7:5");
  assertEquals(connection.userName, "alice");
});

Deno.test("connections that stall in a step keep nobody else waiting", async () => {
  let count = 0;
  const stallMost: Step = (arrival) =>
    ++count <= 500 ? stall(arrival) : Promise.resolve(true);
  await using listening = given({
    steps: [stallMost],
    maximumConnections: 1_000,
  });
  for (let i = 0; i < 500; i++) listening.connect();
  await untilAccepted(listening.connect(CONNECT));
  assertEquals(listening.listener.connectionCount >= 500, true);
});

Deno.test("a connection that stalls is closed after the connect timeout", async () => {
  await using listening = given({ steps: [stall], connectTimeoutMs: 100 });
  const stream = listening.connect();
  await stream.until(() => stream.isClosed);
  assertEquals(
    await listening.nextRefusal(),
    "192.0.2.1:1024 no CONNECT came in time",
  );
  assertEquals(listening.broker.statistics.connectionsRefused, 1);
});

Deno.test("a step that ends the connection is no failure, and its peer reads the answer", async () => {
  const answer: Step = async ({ stream }) => {
    await stream.write(Uint8Array.of(42));
    return false;
  };
  await using listening = given({ steps: [answer] });
  const stream = listening.connect();
  await stream.until(() => stream.events.includes("closeWrite"));
  assert(!stream.isClosed, "closing at once would lose the answer");
  stream.end();
  await stream.until(() => stream.isClosed);
  assertEquals(listening.broker.statistics.connectionsRefused, 0);
});

Deno.test("a peer that breaks the rules of a step is told of, and closed", async () => {
  const refuse: Step = () => Promise.reject(new PeerError("no ticket"));
  await using listening = given({ steps: [refuse] });
  const stream = listening.connect();
  stream.end();
  await stream.until(() => stream.isClosed);
  assertEquals(await listening.nextRefusal(), "192.0.2.1:1024 no ticket");
});

Deno.test("more connections than allowed are closed at once", async () => {
  await using listening = given({ maximumConnections: 2 });
  const first = listening.connect();
  listening.connect();
  const third = listening.connect();
  await third.until(() => third.isClosed);
  const { statistics } = listening.broker;
  assertEquals(statistics.connectionsRefused, 1);
  assertEquals(statistics.overLimit[ConnectionLimit.listenerConnections], 1);
  assertEquals(listening.overLimit, [{
    limit: ConnectionLimit.listenerConnections,
    remoteAddress: "192.0.2.1:1024",
    listener: "192.0.2.9:1883",
    maximum: 2,
    setting: "listeners[3].max_connections",
  }]);
  first.end();
  await first.until(() => first.isClosed);
  await untilAccepted(listening.connect(CONNECT));
});

Deno.test("accepting goes on after it has failed", async () => {
  await using listening = given();
  listening.acceptor.offer(new Error("no file descriptors"));
  await untilAccepted(listening.connect(CONNECT));
  assertEquals(listening.failures, ["no file descriptors"]);
});

Deno.test("closing a listener ends who is not at the broker yet, and nobody else", async () => {
  const isStalling = Promise.withResolvers<void>();
  let isFirst = true;
  const stallSecond: Step = (arrival) => {
    if (!isFirst) {
      isStalling.resolve();
      return stall(arrival);
    }
    isFirst = false;
    return Promise.resolve(true);
  };
  await using listening = given({ steps: [stallSecond] });
  const accepted = listening.connect(CONNECT);
  await accepted.until(() => accepted.written.length > 0);
  const stalled = listening.connect();
  await isStalling.promise;
  listening.listener.close();
  assert(stalled.isClosed);
  assert(!accepted.isClosed);
});

Deno.test("a connection that breaks is closed", async () => {
  await using listening = given();
  const stream = listening.connect(CONNECT);
  await stream.until(() => stream.written.length > 0);
  stream.fail(new Error("reset by peer"));
  await stream.until(() => stream.isClosed);
  assertEquals(listening.broker.connections.size, 0);
});
