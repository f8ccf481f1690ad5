import { ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { once, test } from "./_define.ts";
import { FakeServer } from "./_fake_server.ts";

test("PINGREQ goes out before Keep Alive is over, and again after each answer [MQTT-3.1.2-20]", async () => {
  const { clock, ...server } = withClock();
  const { client, link } = await server.connect({ keepAliveSeconds: 100 });
  await clock.advance(74_999);
  assertEquals(await link.rest(), []);
  await clock.advance(1);
  await link.take(12);
  link.reply({ type: 13 });
  await clock.advance(74_999);
  assertEquals(await link.rest(), []);
  await clock.advance(1);
  await link.take(12);
  link.reply({ type: 13 });
  assertEquals(client.state, "connected");
});

test("a client that sends and receives needs no PINGREQ", async () => {
  const { clock, ...server } = withClock();
  const { client, link } = await server.connect({ keepAliveSeconds: 100 });
  for (let count = 0; count < 10; count++) {
    await clock.advance(50_000);
    const publishing = client.publish("a", "", { qos: 1 });
    const { packetIdentifier } = await link.take(3);
    link.acknowledge(4, packetIdentifier);
    await publishing;
  }
  assertEquals(await link.rest(), []);
});

test("one that only sends asks whether the server is alive, one that only receives shows that it is", async () => {
  const { clock, ...server } = withClock();
  const { client, link } = await server.connect({ keepAliveSeconds: 100 });
  await clock.advance(50_000);
  await client.publish("a", "");
  await link.take(3);
  await clock.advance(25_000);
  await link.take(12);
  link.reply({ type: 13 });
  await clock.advance(50_000);
  link.publish();
  await clock.advance(25_000);
  await link.take(12);
});

test("a server that does not answer PINGREQ is left for a new connection", async () => {
  const { clock, ...server } = withClock();
  const { client, link } = await server.connect({ keepAliveSeconds: 100 });
  const lost = once(client, "disconnect");
  await clock.advance(75_000);
  await link.take(12);
  await clock.advance(49_999);
  assertEquals(client.state, "connected");
  await clock.advance(1);
  const { error, retryDelayMs } = await lost;
  assertEquals(error.reasonCode, ReasonCode.keepAliveTimeout);
  assertEquals(retryDelayMs, 500);
  assertEquals(link.isClosed, true);
  // It is not a Reason Code that a client may send.
  assertEquals(await link.rest(), []);
});

test("anything that comes is a sign of life", async () => {
  const { clock, ...server } = withClock();
  const { client, link } = await server.connect({ keepAliveSeconds: 100 });
  await clock.advance(75_000);
  await link.take(12);
  await clock.advance(10_000);
  link.publish();
  await clock.advance(40_000);
  assertEquals(client.state, "connected");
});

test("the server's Keep Alive stands over the client's [MQTT-3.1.2-21] [MQTT-3.2.2-21]", async () => {
  const { clock, ...server } = withClock();
  const { link } = await server.connect({ keepAliveSeconds: 100 }, {
    properties: { serverKeepAlive: 10 },
  });
  await clock.advance(7_500);
  await link.take(12);
});

test("Keep Alive 0 sends no PINGREQ, and a server may turn it on", async () => {
  const { clock, ...server } = withClock();
  const { link } = await server.connect({ keepAliveSeconds: 0 });
  await clock.advance(10_000_000);
  assertEquals(await link.rest(), []);
  assertEquals(clock.timerCount, 0);
  const other = await server.connect({ keepAliveSeconds: 0 }, {
    properties: { serverKeepAlive: 4 },
  });
  await clock.advance(3_000);
  await other.link.take(12);
});

test("a client that does not read goes on with PINGREQ and does not wait for an answer", async () => {
  const { clock, ...server } = withClock();
  const { client, link } = await server.connect({ keepAliveSeconds: 100 });
  using messages = client.messages(null, { maximumMessages: 1 });
  link.publish();
  link.publish();
  for (let count = 0; count < 4; count++) {
    await clock.advance(75_000);
    await link.take(12);
    // It stands behind what is not read.
    link.reply({ type: 13 });
  }
  assertEquals(client.state, "connected");
  assertEquals(messages.bufferedCount, 1);
});

function withClock() {
  const server = new FakeServer();
  return { clock: server.clock, connect: server.connect.bind(server) };
}
