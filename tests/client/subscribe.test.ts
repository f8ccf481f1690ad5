import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../_assert.ts";
import { once, rejectionOf, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import type { FakeLink } from "./_fake_link.ts";
import { FakeServer } from "./_fake_server.ts";

test("SUBSCRIBE says what the options say, and resolves with the Reason Codes [MQTT-3.8.3-1]", async () => {
  const { client, link } = await new FakeServer().connect();
  const subscribing = client.subscribe(["a/+", "b"], {
    qos: 2,
    noLocal: true,
    retainAsPublished: true,
    retainHandling: 1,
    subscriptionIdentifier: 7,
    userProperties: [["k", "v"]],
  });
  const packet = await link.take(8);
  const options = {
    qos: 2 as const,
    noLocal: true,
    retainAsPublished: true,
    retainHandling: 1 as const,
  };
  assertEquals(packet.subscriptions, [
    { topicFilter: "a/+", ...options },
    { topicFilter: "b", ...options },
  ]);
  assertEquals(packet.properties, {
    subscriptionIdentifiers: [7],
    userProperties: [["k", "v"]],
  });
  link.reply({
    type: 9,
    packetIdentifier: packet.packetIdentifier,
    reasonCodes: [1, ReasonCode.notAuthorized],
    properties: { reasonString: "b is not for you" },
  });
  assertEquals(await subscribing, {
    reasonCodes: [1, ReasonCode.notAuthorized],
    reasonString: "b is not for you",
    userProperties: undefined,
  });
});

test("UNSUBSCRIBE resolves with the Reason Codes, which 3.1.1 does not have [3.1.1 MQTT-3.10.4-4]", async () => {
  const { client, link } = await new FakeServer().connect();
  const unsubscribing = client.unsubscribe(["a", "b"]);
  const { packetIdentifier, topicFilters } = await link.take(10);
  assertEquals(topicFilters, ["a", "b"]);
  link.reply({
    type: 11,
    packetIdentifier,
    reasonCodes: [0, ReasonCode.noSubscriptionExisted],
    properties: {},
  });
  assertEquals((await unsubscribing).reasonCodes, [0, 0x11]);

  const old = await new FakeServer().connect({ protocolVersion: 4 });
  const unsubscribingOld = old.client.unsubscribe(["a", "b"]);
  await old.link.take(10);
  old.link.reply({
    type: 11,
    packetIdentifier: 1,
    reasonCodes: [],
    properties: {},
  });
  assertEquals((await unsubscribingOld).reasonCodes, [0, 0]);
});

for (
  const { what, topicFilters, options } of [
    { what: "no filter [MQTT-3.8.3-2]", topicFilters: [], options: {} },
    { what: "an empty filter", topicFilters: [""], options: {} },
    { what: "a misplaced # [MQTT-4.7.1-1]", topicFilters: ["a#"], options: {} },
    { what: "a misplaced + [MQTT-4.7.1-2]", topicFilters: ["a+"], options: {} },
    {
      what: "a ShareName with a wildcard [MQTT-4.8.2-2]",
      topicFilters: ["$share/+/a"],
      options: {},
    },
    {
      what: "an empty ShareName [MQTT-4.8.2-1]",
      topicFilters: ["$share//a"],
      options: {},
    },
    {
      what: "No Local on a Shared Subscription [MQTT-3.8.3-4]",
      topicFilters: ["$share/g/a"],
      options: { noLocal: true },
    },
    {
      what: "Subscription Identifier 0",
      topicFilters: ["a"],
      options: { subscriptionIdentifier: 0 },
    },
  ]
) {
  test(`a SUBSCRIBE with ${what} is refused on this side`, async () => {
    const { client, link } = await new FakeServer().connect();
    await assertRejects(() => client.subscribe(topicFilters, options));
    assertEquals(await link.rest(), []);
    // It has left nothing behind.
    client.subscribe("a").catch(() => {});
    await link.take(8);
    await client.close();
  });
}

test("an UNSUBSCRIBE without a filter is refused on this side [MQTT-3.10.3-1] [MQTT-3.10.3-2]", async () => {
  const { client } = await new FakeServer().connect();
  await assertRejects(() => client.unsubscribe([]), MqttError);
  await assertRejects(() => client.unsubscribe("a#"), MqttError);
});

for (
  const { limit, topicFilter, reasonCode } of [
    {
      limit: { wildcardSubscriptionAvailable: 0 },
      topicFilter: "a/+",
      reasonCode: ReasonCode.wildcardSubscriptionsNotSupported,
    },
    {
      limit: { sharedSubscriptionAvailable: 0 },
      topicFilter: "$share/g/a",
      reasonCode: ReasonCode.sharedSubscriptionsNotSupported,
    },
    {
      limit: { subscriptionIdentifierAvailable: 0 },
      topicFilter: "a",
      reasonCode: ReasonCode.subscriptionIdentifiersNotSupported,
    },
    {
      limit: { maximumPacketSize: 12 },
      topicFilter: "a/b/c",
      reasonCode: ReasonCode.packetTooLarge,
    },
  ]
) {
  test(`a SUBSCRIBE that ${Object.keys(limit)[0]} rules out is refused on this side [MQTT-3.2.2-15]`, async () => {
    const { client, link } = await new FakeServer().connect({}, {
      properties: limit,
    });
    const error = await assertRejects(
      () => client.subscribe(topicFilter, { subscriptionIdentifier: 1 }),
      MqttError,
    );
    assertEquals(error.reasonCode, reasonCode);
    assertEquals(await link.rest(), []);
  });
}

test("a SUBACK with too few Reason Codes ends the connection", async () => {
  const { client, link } = await new FakeServer().connect();
  client.subscribe(["a", "b"]).catch(() => {});
  const lost = once(client, "disconnect");
  await grant(link);
  assertEquals((await lost).error.reasonCode, ReasonCode.protocolError);
  await client.close();
});

test("what is not answered when the connection breaks goes out again on the next", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const subscribing = client.subscribe("a", { qos: 1 });
  const unsubscribing = client.unsubscribe("b");
  await link.take(8);
  const { link: next } = await server.reconnect(link);
  const { packetIdentifier } = await grant(next);
  const unsubscribe = await next.take(10);
  assertEquals(packetIdentifier === unsubscribe.packetIdentifier, false);
  next.reply({
    type: 11,
    packetIdentifier: unsubscribe.packetIdentifier,
    reasonCodes: [0],
    properties: {},
  });
  assertEquals((await subscribing).reasonCodes, [0]);
  assertEquals((await unsubscribing).reasonCodes, [0]);
});

test("a signal takes back what waits for a connection, and leaves what was sent to its end", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const reason = new Error("enough");
  const controller = new AbortController();
  const { signal } = controller;
  const sent = client.subscribe("sent", { signal });
  await settle();
  controller.abort(reason);
  assertStrictEquals(await rejectionOf(sent), reason);
  await grant(link);
  await link.break();
  const waiting = new AbortController();
  const offline = client.subscribe("offline", { signal: waiting.signal });
  waiting.abort(reason);
  assertStrictEquals(await rejectionOf(offline), reason);
  await server.redialled();
  const { link: next } = await server.accept();
  // The one that was sent has been granted after all.
  assertEquals((await grant(next)).filters, ["sent"]);
  assertEquals(await next.rest(), []);
});

test("subscriptions are made again when the server has lost the session, before anything is published [MQTT-3.2.2-5]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  const options = { qos: 1 as const, subscriptionIdentifier: 3 };
  await granted(link, client.subscribe(["a", "b"], options));
  await granted(link, client.subscribe("c"));
  await granted(link, client.subscribe("refused"), 0x87);
  const unsubscribing = client.unsubscribe("b");
  const { packetIdentifier } = await link.take(10);
  link.reply({ type: 11, packetIdentifier, reasonCodes: [0], properties: {} });
  await unsubscribing;
  await link.break();
  const publishing = client.publish("x", "");
  await server.redialled();
  const { link: next } = await server.accept();
  const first = await next.take(8);
  assertEquals(first.subscriptions.map(brief), ["a qos1"]);
  assertEquals(first.properties.subscriptionIdentifiers, [3]);
  assertEquals((await next.take(8)).subscriptions.map(brief), ["c qos0"]);
  assertEquals((await next.take(3)).topicName, "x");
  await publishing;
  assertEquals(await next.rest(), []);
});

test("subscriptions are not made again while the server has the session", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect({
    clientIdentifier: "c",
    sessionExpiryIntervalSeconds: 60,
  });
  await granted(link, client.subscribe("a"));
  const { link: next } = await server.reconnect(link, {
    sessionPresent: true,
  });
  assertEquals(await next.rest(), []);
});

test("what was not given back before the connection broke again is asked for once more, even of the resumed session", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  await granted(link, client.subscribe("a"));
  await granted(link, client.subscribe("b"));
  const { link: second } = await server.reconnect(link);
  await grant(second);
  const { link: third } = await server.reconnect(second, {
    sessionPresent: true,
  });
  assertEquals((await grant(third)).filters, ["b"]);
  assertEquals(await third.rest(), []);
});

test("a subscription that is not given back is told of, and not asked for again", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  await granted(link, client.subscribe("a"));
  const { link: next } = await server.reconnect(link);
  const lost = once(client, "subscriptionlost");
  await grant(next, ReasonCode.notAuthorized);
  assertEquals(await lost, {
    topicFilter: "a",
    reasonCode: ReasonCode.notAuthorized,
  });
  const { link: third } = await server.reconnect(next);
  assertEquals(await third.rest(), []);
});

test("a subscription that a new server cannot take is told of", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect();
  await granted(link, client.subscribe("a/b/c"));
  const lost = once(client, "subscriptionlost");
  await server.reconnect(link, { properties: { maximumPacketSize: 12 } });
  assertEquals((await lost).reasonCode, ReasonCode.packetTooLarge);
});

/** Takes a SUBSCRIBE and grants it. */
async function grant(link: FakeLink, ...reasonCodes: number[]) {
  const { packetIdentifier, subscriptions } = await link.take(8);
  link.reply({
    type: 9,
    packetIdentifier,
    reasonCodes: reasonCodes.length > 0 ? reasonCodes : [0],
    properties: {},
  });
  const filters = subscriptions.map(({ topicFilter }) => topicFilter);
  return { packetIdentifier, filters };
}

async function granted(
  link: FakeLink,
  subscribing: Promise<unknown>,
  reasonCode = 0,
): Promise<void> {
  const { packetIdentifier, subscriptions } = await link.take(8);
  link.reply({
    type: 9,
    packetIdentifier,
    reasonCodes: subscriptions.map(() => reasonCode),
    properties: {},
  });
  await subscribing;
}

function brief({ topicFilter, qos }: { topicFilter: string; qos: number }) {
  return `${topicFilter} qos${qos}`;
}
