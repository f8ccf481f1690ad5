import type { Authentication } from "../../src/client/authentication.ts";
import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "../_assert.ts";
import { once, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import { FakeServer } from "./_fake_server.ts";

/** Answers a challenge with the same bytes, each plus one. */
const plusOne: Authentication = {
  method: "PLUS-ONE",
  start: () => Uint8Array.of(1),
  respond: (data) => Promise.resolve(data!.map((byte) => byte + 1)),
};

const challenge = {
  type: 15,
  reasonCode: ReasonCode.continueAuthentication,
  properties: {
    authenticationMethod: "PLUS-ONE",
    authenticationData: Uint8Array.of(10),
  },
} as const;

test("AUTH of the server is answered by the hook, until CONNACK [MQTT-3.1.2-30] [MQTT-4.12.0-3] [MQTT-4.12.0-5]", async () => {
  const server = new FakeServer();
  const opening = server.open({ authentication: plusOne });
  const link = await server.next();
  const { properties } = await link.take(1);
  assertEquals(properties.authenticationMethod, "PLUS-ONE");
  assertEquals(properties.authenticationData, Uint8Array.of(1));
  for (let count = 0; count < 2; count++) {
    link.reply(challenge);
    const answer = await link.take(15);
    assertEquals(answer.reasonCode, ReasonCode.continueAuthentication);
    assertEquals(answer.properties, {
      authenticationMethod: "PLUS-ONE",
      authenticationData: Uint8Array.of(11),
    });
  }
  link.reply({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} });
  assertEquals((await opening).state, "connected");
});

test("the last data of the server is checked before anything else is handled", async () => {
  const server = new FakeServer();
  const checked = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  const opening = server.open({
    authentication: {
      ...plusOne,
      finish(data) {
        seen.push(data);
        return checked.promise;
      },
    },
  });
  const link = await server.next();
  await link.take(1);
  link.reply({
    type: 2,
    sessionPresent: false,
    reasonCode: 0,
    properties: {
      authenticationMethod: "PLUS-ONE",
      authenticationData: Uint8Array.of(99),
    },
  }, {
    type: 3,
    topicName: "a",
    payload: Uint8Array.of(),
    qos: 1,
    isDuplicate: false,
    isRetained: false,
    packetIdentifier: 1,
    properties: {},
  });
  await settle();
  assertEquals(seen, [Uint8Array.of(99)]);
  assertEquals(link.isHeld, true);
  checked.resolve();
  const client = await opening;
  await settle();
  using messages = client.messages();
  assertEquals((await messages.next()).value!.topicName, "a");
});

test("a check that fails ends the connection", async () => {
  const server = new FakeServer();
  const forged = new Error("forged signature");
  for (const isLater of [false, true]) {
    const opening = server.open({
      authentication: {
        ...plusOne,
        finish() {
          if (isLater) return Promise.reject(forged);
          throw forged;
        },
      },
    });
    const { link } = await server.accept();
    const error = await assertRejects(() => opening, MqttError, "forged");
    assertStrictEquals(error.cause, forged);
    assertEquals(link.isClosed, true);
  }
});

test("a hook that throws ends the connection", async () => {
  const server = new FakeServer();
  const opening = server.open({
    authentication: {
      ...plusOne,
      respond: () => Promise.reject(new Error("no such user")),
    },
  });
  const link = await server.next();
  await link.take(1);
  link.reply(challenge);
  await assertRejects(() => opening, MqttError, "no such user");
  assertEquals(link.isClosed, true);
});

test("re-authentication names the method of CONNECT and resolves when the server agrees [MQTT-4.12.1-1]", async () => {
  const { client, link } = await new FakeServer().connect({
    authentication: plusOne,
  });
  const reauthenticating = client.reauthenticate();
  const first = await link.take(15);
  assertEquals(first.reasonCode, ReasonCode.reAuthenticate);
  assertEquals(first.properties, {
    authenticationMethod: "PLUS-ONE",
    authenticationData: Uint8Array.of(1),
  });
  await assertRejects(() => client.reauthenticate(), MqttError, "under way");
  link.reply(challenge);
  await link.take(15);
  link.reply({
    type: 15,
    reasonCode: ReasonCode.success,
    properties: { authenticationMethod: "PLUS-ONE" },
  });
  await reauthenticating;
  // Another one may follow.
  client.reauthenticate().catch(() => {});
  await link.take(15);
  await client.close();
});

test("re-authentication ends with its connection", async () => {
  const { client, link } = await new FakeServer().connect({
    authentication: plusOne,
  });
  const reauthenticating = client.reauthenticate();
  reauthenticating.catch(() => {});
  await link.take(15);
  link.reply({
    type: 14,
    reasonCode: ReasonCode.notAuthorized,
    properties: {},
  });
  const error = await assertRejects(() => reauthenticating, MqttError);
  assertEquals(error.reasonCode, ReasonCode.notAuthorized);
  await assertRejects(() => client.reauthenticate(), MqttError);
});

test("without a hook there is no AUTH [MQTT-4.12.0-7]", async () => {
  const { client, link } = await new FakeServer().connect();
  await assertRejects(
    () => client.reauthenticate(),
    MqttError,
    "no Authentication Method",
  );
  assertEquals(await link.rest(), []);
  const lost = once(client, "disconnect");
  link.reply(challenge);
  assertEquals((await lost).error.reasonCode, ReasonCode.protocolError);
  await client.close();
});

for (
  const { fault, properties, reasonCode } of [
    {
      fault: "of another method",
      properties: { authenticationMethod: "OTHER" },
      reasonCode: ReasonCode.continueAuthentication,
    },
    {
      fault: "that finishes what was not begun",
      properties: { authenticationMethod: "PLUS-ONE" },
      reasonCode: ReasonCode.success,
    },
  ]
) {
  test(`an AUTH ${fault} ends the connection`, async () => {
    const { client, link } = await new FakeServer().connect({
      authentication: plusOne,
    });
    const lost = once(client, "disconnect");
    link.reply({ type: 15, reasonCode, properties });
    assertEquals((await lost).error.reasonCode, ReasonCode.protocolError);
    await client.close();
  });
}
