import { BackOff } from "../../src/client/back_off.ts";
import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals, assertRejects } from "../_assert.ts";
import { once, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import { FakeServer } from "./_fake_server.ts";

Deno.test(
  "the wait doubles up to its maximum, and is drawn from the upper half of its bound",
  {
    permissions: "none",
  },
  () => {
    const options = { initialDelayMs: 100, maximumDelayMs: 1_000 };
    const longest = new BackOff(options, () => 1);
    const shortest = new BackOff(options, () => 0);
    const bounds = [100, 200, 400, 800, 1_000, 1_000];
    for (const boundMs of bounds) {
      assertEquals(longest.nextDelayMs(), boundMs);
      assertEquals(shortest.nextDelayMs(), boundMs / 2);
    }
  },
);

Deno.test(
  "the series begins anew after a connection that outlasted the wait before it",
  {
    permissions: "none",
  },
  () => {
    const backOff = new BackOff({ initialDelayMs: 100 }, () => 1);
    assertEquals(backOff.nextDelayMs(), 100);
    assertEquals(backOff.nextDelayMs(), 200);
    backOff.connectionLasted(199);
    assertEquals(backOff.nextDelayMs(), 400);
    backOff.connectionLasted(400);
    assertEquals(backOff.nextDelayMs(), 100);
  },
);

Deno.test("there are no more retries in a row than the maximum", {
  permissions: "none",
}, () => {
  const backOff = new BackOff({ maximumRetries: 2 }, () => 1);
  assertEquals(backOff.nextDelayMs(), 500);
  assertEquals(backOff.nextDelayMs(), 1_000);
  assertEquals(backOff.nextDelayMs(), null);
  backOff.connectionLasted(60_000);
  assertEquals(backOff.nextDelayMs(), 500);
});

test("a lost connection is dialled again after its wait, and the events say so", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const lost = once(client, "disconnect");
  await link.break(new Error("cable cut"));
  const { error, retryDelayMs } = await lost;
  assertEquals(
    error.message,
    "Cannot go on with the connection: cable cut",
  );
  assertEquals(error.reasonCode, ReasonCode.serverUnavailable);
  assertEquals(retryDelayMs, 500);
  assertEquals(client.state, "reconnecting");
  await server.clock.advance(499);
  assertEquals(server.dialCount, 1);
  await server.clock.advance(1);
  assertEquals(server.dialCount, 2);
  const connected = once(client, "connect");
  await server.accept({ sessionPresent: true });
  assertEquals(await connected, { isSessionPresent: true, isReconnect: true });
  assertEquals(client.state, "connected");
});

test("attempts that fail wait longer and longer, until the last", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect({
    reconnect: { initialDelayMs: 10, maximumDelayMs: 30, maximumRetries: 3 },
  });
  const delays: (number | null)[] = [];
  client.addEventListener("disconnect", ({ detail }) => {
    delays.push(detail.retryDelayMs);
  });
  const closed = once(client, "close");
  const waiting = client.publish("a", "");
  waiting.catch(() => {});
  server.refusal = new Error("no route");
  await link.break();
  await server.clock.advance(1_000);
  assertEquals(delays, [10, 20, 30, null]);
  const { error } = await closed;
  assertEquals(error!.reasonCode, ReasonCode.serverUnavailable);
  assertEquals(client.state, "closed");
  assertEquals(server.clock.timerCount, 0);
  // It had gone out.
  await waiting;
  await assertRejects(() => client.publish("a", ""), MqttError, "closed");
});

for (
  const reasonCode of [
    ReasonCode.sessionTakenOver,
    ReasonCode.notAuthorized,
    ReasonCode.administrativeAction,
    ReasonCode.serverMoved,
  ]
) {
  test(`DISCONNECT 0x${reasonCode.toString(16)} is final`, async () => {
    const server = new FakeServer();
    const { client, link } = await server.connect();
    const closed = once(client, "close");
    link.reply({ type: 14, reasonCode, properties: {} });
    assertEquals((await closed).error!.reasonCode, reasonCode);
    await server.clock.advance(1_000_000);
    assertEquals(server.dialCount, 1);
  });
}

test("a server that shuts down is dialled again", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const lost = once(client, "disconnect");
  link.reply({
    type: 14,
    reasonCode: ReasonCode.serverShuttingDown,
    properties: { reasonString: "back at noon" },
  });
  const { error, retryDelayMs } = await lost;
  assertEquals(
    error.message,
    'Lost the connection: the server says "server shutting down": back at noon',
  );
  assertEquals(retryDelayMs, 500);
});

test("a refusal on reconnecting that is final ends the client", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const closed = once(client, "close");
  await link.break();
  await server.redialled();
  await server.accept({ reasonCode: ReasonCode.badUserNameOrPassword });
  const { error } = await closed;
  assertEquals(error!.reasonCode, ReasonCode.badUserNameOrPassword);
});

test("with reconnect false the first connection is the last", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect({ reconnect: false });
  const lost = once(client, "disconnect");
  await link.break();
  assertEquals((await lost).retryDelayMs, null);
  assertEquals(client.state, "closed");
  assertEquals(server.clock.timerCount, 0);
});

test("close ends the wait for a retry", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  await link.break();
  const closed = once(client, "close");
  await client.close();
  assertEquals(await closed, { error: null });
  assertEquals(server.clock.timerCount, 0);
});

test("close ends an attempt that is under way", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  await link.break();
  await server.redialled();
  const next = await server.next();
  await next.take(1);
  await client.close();
  assertEquals(next.isClosed, true);
  assertEquals(server.clock.timerCount, 0);
});

test("a listener may close the client", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  client.addEventListener("disconnect", () => client.close());
  await link.break();
  assertEquals(client.state, "closed");
  await server.clock.advance(1_000_000);
  assertEquals(server.dialCount, 1);
});

test("close sends DISCONNECT with what it is told, behind what was published [MQTT-3.14.4-1]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  client.publish("a", "");
  await client.close({
    reasonCode: ReasonCode.disconnectWithWillMessage,
    sessionExpiryIntervalSeconds: 7,
    userProperties: [["k", "v"]],
  });
  await link.take(3);
  const disconnect = await link.take(14);
  assertEquals(
    disconnect.reasonCode,
    ReasonCode.disconnectWithWillMessage,
  );
  assertEquals(disconnect.properties, {
    sessionExpiryInterval: 7,
    userProperties: [["k", "v"]],
  });
  assertEquals(link.isClosed, true);
  assertEquals(server.clock.timerCount, 0);
  // Once more is not an error.
  await client.close();
});

test("DISCONNECT goes without properties that the server has no room for [MQTT-3.14.2-3] [MQTT-3.14.2-4]", async () => {
  const { client, link } = await new FakeServer().connect({}, {
    properties: { maximumPacketSize: 10 },
  });
  await client.close({ userProperties: [["key", "value"]] });
  assertEquals((await link.take(14)).properties, {});
});

test("DISCONNECT of 3.1.1 has no Reason Code [3.1.1 MQTT-3.14.4-3]", async () => {
  const { client, link } = await new FakeServer().connect({
    protocolVersion: 4,
  });
  await client.close({ reasonCode: 4 });
  assertEquals((await link.take(14)).reasonCode, 0);
});

test("close does not wait for output that does not go out", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  link.isStuck = true;
  await client.publish("a", "");
  await settle();
  const closing = client.close();
  await settle();
  assertEquals(link.isClosed, false);
  await server.clock.advance(1_000);
  await closing;
  assertEquals(link.isClosed, true);
});

test("await using closes the client", async () => {
  const server = new FakeServer();
  let link;
  {
    const connected = await server.connect();
    await using _client = connected.client;
    link = connected.link;
  }
  assertEquals((await link.take(14)).reasonCode, 0);
});
