import {
  type Client,
  connect,
  type ConnectOptions,
  MqttError,
} from "../../../src/client/mod.ts";
import { assert, assertEquals, assertRejects } from "../../_assert.ts";
import { once } from "../_define.ts";
import { Cable } from "./_cable.ts";
import { brokersForTests } from "./_harness.ts";
import { TargetProcess } from "./_target.ts";

const test = brokersForTests();
const quick = { initialDelayMs: 20, maximumDelayMs: 100 };

function session(
  clientIdentifier: string,
  protocolVersion: 4 | 5 = 5,
): ConnectOptions {
  return {
    clientIdentifier,
    protocolVersion,
    reconnect: quick,
    ...(protocolVersion === 5
      ? { sessionExpiryIntervalSeconds: 600 }
      : { cleanStart: false }),
  };
}

test("over a cable that is cut again and again QoS 1 loses nothing and QoS 2 arrives once", async ({ broker, unique }) => {
  await using cable = new Cable(broker.ports.mqtt);
  const url = `mqtt://127.0.0.1:${cable.port}`;
  await using client = await connect(url, session(unique));
  using messages = client.messages();
  await client.subscribe([`${unique}/1`, `${unique}/2`], { qos: 2 });
  let cutCount = 0;
  let nextCutBytes = cable.sentBytes + 1_500;
  cable.onSent = () => {
    if (cable.sentBytes < nextCutBytes || cutCount === 12) return;
    cutCount++;
    // In the middle of other packets each time.
    nextCutBytes = cable.sentBytes + 1_500 + 97 * cutCount;
    cable.cut();
  };
  const publishing = Array.from({ length: 400 }, (_, index) => {
    const qos = index % 2 === 0 ? 1 : 2;
    return client.publish(`${unique}/${qos}`, String(index), { qos });
  });
  const received: Record<string, string[]> = {
    [`${unique}/1`]: [],
    [`${unique}/2`]: [],
  };
  const isComplete = () =>
    received[`${unique}/2`].length === 200 &&
    new Set(received[`${unique}/1`]).size === 200;
  for await (const message of messages) {
    received[message.topicName].push(message.text());
    if (isComplete()) break;
  }
  const results = await Promise.all(publishing);
  assert(results.every(({ reasonCode }) => reasonCode === 0));
  assert(cutCount > 3);
  const even = Array.from({ length: 200 }, (_, index) => String(2 * index));
  const odd = Array.from({ length: 200 }, (_, index) => String(2 * index + 1));
  // What comes again may come late, but first times are in order.
  assertEquals([...new Set(received[`${unique}/1`])], even);
  assertEquals(received[`${unique}/2`], odd);
});

for (
  const [scheme, protocolVersion] of [
    ["mqtt", 4],
    ["mqtt", 5],
    ["mqtts", 5],
    ["ws", 4],
    ["wss", 5],
  ] as const
) {
  test(`${scheme} version ${protocolVersion}: what is published while the client is away waits in its session`, async ({ broker, unique, connect: open }) => {
    await using cable = new Cable(broker.ports[scheme]);
    await using publisher = await open("mqtt");
    const { authority } = broker.certificates;
    await using client = await connect(
      `${scheme}://127.0.0.1:${cable.port}/mqtt`,
      {
        ...session(unique, protocolVersion),
        tls: { caCertificates: [authority] },
      },
    );
    using messages = client.messages();
    await client.subscribe(unique, { qos: 2 });
    const lost = once(client, "disconnect");
    cable.isCut = true;
    cable.cut();
    await lost;
    for (const qos of [1, 2] as const) {
      await publisher.publish(unique, `away at ${qos}`, { qos });
    }
    const publishing = client.publish(unique, "from afar", { qos: 2 });
    const connected = once(client, "connect");
    cable.isCut = false;
    assertEquals((await connected).isSessionPresent, true);
    for (const expected of ["away at 1", "away at 2", "from afar"]) {
      assertEquals((await messages.next()).value?.text(), expected);
    }
    assertEquals((await publishing).reasonCode, 0);
  });
}

test("subscriptions of a session that ended with its connection are made again", async ({ broker, unique, connect: open }) => {
  await using cable = new Cable(broker.ports.mqtt);
  await using publisher = await open("mqtt");
  await using client = await connect(`mqtt://127.0.0.1:${cable.port}`, {
    reconnect: quick,
  });
  using messages = client.messages();
  await client.subscribe([unique, `${unique}/+`], { qos: 1 });
  const connected = once(client, "connect");
  cable.cut();
  assertEquals((await connected).isSessionPresent, false);
  // SUBSCRIBE went out first, so its SUBACK is here when that of another is.
  await client.subscribe("other");
  await publisher.publish(`${unique}/a`, "again", { qos: 1 });
  assertEquals((await messages.next()).value?.text(), "again");
});

test("a client that takes over ends the other one for good, if the broker says so", async ({ target, unique, connect: open }) => {
  // mosquitto 2.0.11 closes without DISCONNECT, which looks like any loss.
  if (target.name === "mosquitto") return;
  await using first = await open("mqtt", { clientIdentifier: unique });
  const closed = once(first, "close");
  await using second = await open("mqtt", { clientIdentifier: unique });
  const { error } = await closed;
  assertEquals(error?.reasonCode, 0x8e);
  assertEquals(second.state, "connected");
});

test("the Will is published when the cable is cut, and not after close", async ({ broker, unique, connect: open }) => {
  await using watcher = await open("mqtt");
  using wills = watcher.messages();
  await watcher.subscribe(unique, { qos: 1 });
  await using cable = new Cable(broker.ports.mqtt);
  const options = { reconnect: false as const };
  const leaving = await connect(`mqtt://127.0.0.1:${cable.port}`, {
    ...options,
    will: { topicName: unique, payload: "leaving", qos: 1 },
  });
  await leaving.close();
  const lost = await connect(`mqtt://127.0.0.1:${cable.port}`, {
    ...options,
    will: { topicName: unique, payload: "lost", qos: 1 },
  });
  cable.cut();
  assertEquals((await wills.next()).value?.text(), "lost");
  await lost.close();
});

test("a broker that is killed and started again is found again", async ({ target, unique }) => {
  await using broker = await TargetProcess.start(target);
  await using client = await connect(broker.url("mqtt"), session(unique));
  using messages = client.messages();
  await client.subscribe(unique, { qos: 2 });
  await client.publish(unique, "before", { qos: 2 });
  assertEquals((await messages.next()).value?.text(), "before");
  const lost = once(client, "disconnect");
  await broker.kill();
  await lost;
  const publishing = client.publish(unique, "while it is gone", { qos: 2 });
  const connected = once(client, "connect");
  await broker.start();
  assertEquals((await connected).isSessionPresent, target.isDurable);
  assertEquals((await publishing).reasonCode, 0);
  assertEquals((await messages.next()).value?.text(), "while it is gone");
});

test("what nobody answers is given up by its signal", async ({ connect: open, unique }) => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr;
  // Of a TLS handshake that is given up Deno keeps the socket.
  for (const scheme of ["mqtt", "ws"]) {
    const controller = new AbortController();
    const accepted = silent.accept();
    const opening = connect(`${scheme}://127.0.0.1:${port}`, {
      signal: controller.signal,
    });
    const socket = await accepted;
    controller.abort(new Error(`enough of ${scheme}`));
    await assertRejects(() => opening, Error, `enough of ${scheme}`);
    // The client has closed its side.
    await drain(socket);
  }
  await using client = await open("mqtt");
  await assertRejects(
    () => next(client, AbortSignal.abort(new Error("enough of waiting"))),
    Error,
    "enough of waiting",
  );
  await client.subscribe(unique);
  await assertRejects(
    () => client.request(unique, "", { timeoutMs: 50 }),
    MqttError,
    "no response came in 50 ms",
  );
});

async function next(client: Client, signal: AbortSignal) {
  using messages = client.messages(null, { signal });
  return await messages.next();
}

async function drain(socket: Deno.TcpConn): Promise<void> {
  using _socket = socket;
  const buffer = new Uint8Array(4_096);
  try {
    while (await socket.read(buffer) !== null);
  } catch {
    // It was reset.
  }
}
