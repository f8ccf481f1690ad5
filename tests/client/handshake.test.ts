import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "../_assert.ts";
import { settle } from "./_fake_clock.ts";
import { FakeServer } from "./_fake_server.ts";
import { once, rejectionOf, test } from "./_define.ts";

test("the first packet is CONNECT, with what the options say [MQTT-3.1.0-1]", async () => {
  const server = new FakeServer();
  const { client, connect } = await server.connect({
    clientIdentifier: "c1",
    cleanStart: false,
    keepAliveSeconds: 7,
    sessionExpiryIntervalSeconds: 90,
    userName: "u",
    password: "p",
    receiveMaximum: 5,
    maximumPacketSizeBytes: 1000,
    topicAliasMaximum: 3,
    userProperties: [["k", "v"]],
  });
  assertEquals(connect, {
    type: 1,
    protocolVersion: 5,
    cleanStart: false,
    keepAliveSeconds: 7,
    clientIdentifier: "c1",
    willMessage: null,
    userName: "u",
    password: new TextEncoder().encode("p"),
    properties: {
      sessionExpiryInterval: 90,
      receiveMaximum: 5,
      maximumPacketSize: 1000,
      topicAliasMaximum: 3,
      userProperties: [["k", "v"]],
    },
  });
  assertEquals(client.state, "connected");
});

test("without options MQTT 5.0 with a clean start, no Will and no user [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-16] [MQTT-3.1.2-18] [MQTT-3.1.3-3]", async () => {
  const { connect } = await new FakeServer().connect();
  assertEquals(connect, {
    type: 1,
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientIdentifier: "",
    willMessage: null,
    userName: null,
    password: null,
    properties: { receiveMaximum: 100, maximumPacketSize: 1_048_576 },
  });
});

test("user name and password come from the URL, decoded [MQTT-3.1.2-17] [MQTT-3.1.2-19]", async () => {
  const server = new FakeServer();
  const { connect: open } = await import("../../src/client/browser.ts");
  const opening = open("ws://a%40b:s%3A3@server.test/", {
    dial: server.dial,
    clock: server.clock,
  });
  const { connect } = await server.accept();
  await opening;
  assertEquals(connect.userName, "a@b");
  assertEquals(connect.password, new TextEncoder().encode("s:3"));
});

test("the Will goes out with its properties [MQTT-3.1.2-9] [MQTT-3.1.2-12]", async () => {
  const { connect } = await new FakeServer().connect({
    will: {
      topicName: "gone",
      payload: "bye",
      qos: 2,
      isRetained: true,
      properties: { willDelayInterval: 3, contentType: "text" },
    },
  });
  assertEquals(connect.willMessage, {
    topicName: "gone",
    payload: new TextEncoder().encode("bye"),
    qos: 2,
    isRetained: true,
    properties: { willDelayInterval: 3, contentType: "text" },
  });
});

test("a refusal of a 5.0 server rejects with its Reason Code and closes", async () => {
  const server = new FakeServer();
  const opening = server.open();
  const { link } = await server.accept({
    reasonCode: ReasonCode.notAuthorized,
    properties: { reasonString: "no such luck" },
  });
  const error = await assertRejects(
    () => opening,
    MqttError,
    'the server answers "not authorized": no such luck',
  );
  assertEquals(error.reasonCode, ReasonCode.notAuthorized);
  assertEquals(link.isClosed, true);
  assertEquals(server.clock.timerCount, 0);
});

for (
  const [returnCode, reasonCode] of [
    [1, ReasonCode.unsupportedProtocolVersion],
    [2, ReasonCode.clientIdentifierNotValid],
    [3, ReasonCode.serverUnavailable],
    [4, ReasonCode.badUserNameOrPassword],
    [5, ReasonCode.notAuthorized],
  ]
) {
  test(`return code ${returnCode} of a 3.1.1 server rejects with the Reason Code of 5.0`, async () => {
    const server = new FakeServer();
    const opening = server.open({ protocolVersion: 4 });
    await server.accept({ reasonCode: returnCode });
    const error = await assertRejects(() => opening, MqttError);
    assertEquals(error.reasonCode, reasonCode);
  });
}

test("Session Present after a clean start ends the connection [MQTT-3.2.2-4]", async () => {
  const server = new FakeServer();
  const opening = server.open();
  const { link } = await server.accept({ sessionPresent: true });
  const error = await assertRejects(() => opening, MqttError);
  assertEquals(error.reasonCode, ReasonCode.protocolError);
  assertEquals(link.isClosed, true);
});

test("a resumed session is accepted by a client that asks for it", async () => {
  const { client } = await new FakeServer().connect(
    { clientIdentifier: "c", cleanStart: false },
    { sessionPresent: true },
  );
  assertEquals(client.state, "connected");
});

test("a packet before CONNACK ends the connection without DISCONNECT [MQTT-3.1.0-1]", async () => {
  const server = new FakeServer();
  const opening = server.open();
  const link = await server.next();
  await link.take(1);
  link.reply({ type: 13 });
  const error = await assertRejects(() => opening, MqttError);
  assertEquals(error.reasonCode, ReasonCode.protocolError);
  assertEquals(await link.rest(), []);
  assertEquals(link.isClosed, true);
});

test("a second CONNACK ends the connection", async () => {
  const { link, client } = await new FakeServer().connect();
  const lost = once(client, "disconnect");
  link.reply({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} });
  const { error } = await lost;
  assertEquals(error.reasonCode, ReasonCode.protocolError);
  assertEquals((await link.take(14)).reasonCode, ReasonCode.protocolError);
});

test("without CONNACK in time connecting fails", async () => {
  const server = new FakeServer();
  const opening = server.open({ connectTimeoutMs: 700 });
  opening.catch(() => {});
  const link = await server.next();
  await server.clock.advance(699);
  assertEquals(link.isClosed, false);
  await server.clock.advance(1);
  assertEquals(link.isClosed, true);
  const error = await assertRejects(() => opening, MqttError, "in 700 ms");
  assertEquals(error.reasonCode, ReasonCode.serverUnavailable);
});

test("a signal ends connecting with its reason, before, while and after dialling", async () => {
  const reason = new Error("changed my mind");
  const server = new FakeServer();
  const before = server.open({ signal: AbortSignal.abort(reason) });
  assertStrictEquals(await rejectionOf(before), reason);
  assertEquals(server.dialCount, 0);

  const controller = new AbortController();
  const dialling = server.open({
    signal: controller.signal,
    dial: () => new Promise(() => {}),
  });
  controller.abort(reason);
  assertStrictEquals(await rejectionOf(dialling), reason);

  const waiting = new AbortController();
  const opening = server.open({ signal: waiting.signal });
  const link = await server.next();
  await settle();
  waiting.abort(reason);
  assertStrictEquals(await rejectionOf(opening), reason);
  assertEquals(link.isClosed, true);
  assertEquals(server.clock.timerCount, 0);
});

test("a transport that opens after the signal is closed", async () => {
  const server = new FakeServer();
  const controller = new AbortController();
  const dialling = Promise.withResolvers<void>();
  const dialled = Promise.withResolvers<void>();
  const opening = server.open({
    signal: controller.signal,
    dial: async (url, options) => {
      dialling.resolve();
      await dialled.promise;
      return await server.dial(url, options);
    },
  });
  await dialling.promise;
  controller.abort();
  await rejectionOf(opening);
  dialled.resolve();
  const link = await server.next();
  await settle();
  assertEquals(link.isClosed, true);
});

test("a server that cannot be reached rejects with 0x88 and the cause", async () => {
  const server = new FakeServer();
  server.refusal = new Error("no route");
  const error = await assertRejects(() => server.open(), MqttError);
  assertEquals(error.reasonCode, ReasonCode.serverUnavailable);
  assertStrictEquals(error.cause, server.refusal);
});

test("options out of their range are refused without dialling", async () => {
  const server = new FakeServer();
  await assertRejects(() => server.open({ receiveMaximum: 0 }), RangeError);
  await assertRejects(
    () => server.open({ keepAliveSeconds: 70_000 }),
    RangeError,
  );
  await assertRejects(
    () => server.open({ protocolVersion: 4, cleanStart: false }),
    RangeError,
  );
  await assertRejects(
    () => server.open({ protocolVersion: 4, authentication: scram }),
    RangeError,
  );
  assertEquals(server.dialCount, 0);
});

test("the Client Identifier that the server assigns is the client's", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect({}, {
    properties: { assignedClientIdentifier: "auto-7" },
  });
  assertEquals(client.clientIdentifier, "auto-7");
  const { connect } = await server.reconnect(link);
  assertEquals(connect.clientIdentifier, "auto-7");
});

test("a CONNACK in pieces is taken as well", async () => {
  const server = new FakeServer();
  const opening = server.open();
  const link = await server.next();
  await link.take(1);
  for (const byte of [0x20, 3, 0, 0, 0]) {
    link.receiveBytes(Uint8Array.of(byte));
  }
  assert((await opening).state === "connected");
});

const scram = { method: "M", respond: () => undefined };
