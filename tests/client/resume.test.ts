import {
  type MqttError,
  type Packet,
  ReasonCode,
} from "../../src/codec/mod.ts";
import { assertEquals } from "../_assert.ts";
import { rejectionOf, test } from "./_define.ts";
import type { FakeLink } from "./_fake_link.ts";
import { FakeServer } from "./_fake_server.ts";

const session = {
  clientIdentifier: "c",
  cleanStart: false,
  sessionExpiryIntervalSeconds: 60,
};
const resumed = { sessionPresent: true };

test("what is unacknowledged goes out again with DUP, the same identifiers and in the same order [MQTT-3.3.1-1] [MQTT-4.4.0-1] [MQTT-4.6.0-1]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  const publishing = ["1", "2", "3", "4"].map((payload) =>
    client.publish("a", payload, { qos: payload === "2" ? 2 : 1 })
  );
  await link.rest();
  link.acknowledge(4, 3);
  const { link: next } = await server.reconnect(link, resumed);
  assertEquals(await brief(next), [
    "PUBLISH 1 qos1 dup 1",
    "PUBLISH 2 qos2 dup 2",
    "PUBLISH 4 qos1 dup 4",
  ]);
  next.acknowledge(4, 1);
  next.acknowledge(5, 2);
  next.acknowledge(7, 2);
  next.acknowledge(4, 4);
  for (const { reasonCode } of await Promise.all(publishing)) {
    assertEquals(reasonCode, 0);
  }
});

test("PUBREL goes out again in the order of PUBREC, and its PUBLISH never [MQTT-4.6.0-4] [MQTT-4.3.3-6]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  const publishing = ["1", "2", "3"].map((payload) =>
    client.publish("a", payload, { qos: 2 })
  );
  await link.rest();
  link.acknowledge(5, 3);
  link.acknowledge(5, 1, ReasonCode.noMatchingSubscribers);
  assertEquals(await brief(link), ["PUBREL 3", "PUBREL 1"]);
  const { link: next } = await server.reconnect(link, resumed);
  assertEquals(await brief(next), [
    "PUBREL 3",
    "PUBREL 1",
    "PUBLISH 2 qos2 dup 2",
  ]);
  next.acknowledge(7, 3);
  next.acknowledge(7, 1);
  next.acknowledge(5, 2);
  next.acknowledge(7, 2);
  const codes = (await Promise.all(publishing)).map((one) => one.reasonCode);
  assertEquals(codes, [ReasonCode.noMatchingSubscribers, 0, 0]);
});

test("what goes out again keeps within the Receive Maximum, before what is new [MQTT-3.3.4-7] [MQTT-4.6.0-1]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  const publishing = ["1", "2", "3"].map((payload) =>
    client.publish("a", payload, { qos: 1 })
  );
  await link.rest();
  await link.break();
  publishing.push(client.publish("a", "new", { qos: 1 }));
  await server.redialled();
  const { link: next } = await server.accept({
    ...resumed,
    properties: { receiveMaximum: 2 },
  });
  publishing.push(client.publish("a", "newer"));
  assertEquals(await brief(next), [
    "PUBLISH 1 qos1 dup 1",
    "PUBLISH 2 qos1 dup 2",
  ]);
  next.acknowledge(4, 2);
  assertEquals(await brief(next), ["PUBLISH 3 qos1 dup 3"]);
  next.acknowledge(4, 1);
  assertEquals(await brief(next), ["PUBLISH new qos1 4"]);
  next.acknowledge(4, 3);
  assertEquals(await brief(next), ["PUBLISH newer qos0 0"]);
  next.acknowledge(4, 4);
  await Promise.all(publishing);
});

test("a second loss of the connection has the same sent again", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  const publishing = ["1", "2"].map((payload) =>
    client.publish("a", payload, { qos: 1 })
  );
  await link.rest();
  const one = { ...resumed, properties: { receiveMaximum: 1 } };
  const { link: second } = await server.reconnect(link, one);
  assertEquals(await brief(second), ["PUBLISH 1 qos1 dup 1"]);
  const { link: third } = await server.reconnect(second, one);
  assertEquals(await brief(third), ["PUBLISH 1 qos1 dup 1"]);
  third.acknowledge(4, 1);
  assertEquals(await brief(third), ["PUBLISH 2 qos1 dup 2"]);
  third.acknowledge(4, 2);
  await Promise.all(publishing);
});

test("without the session QoS 1 goes out as new, before what waits, and QoS 2 is not made two of [MQTT-3.2.2-5] [MQTT-3.3.1-1]", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect(session);
  const one = client.publish("a", "1", { qos: 1 });
  const unknown = client.publish("a", "2", { qos: 2 });
  unknown.catch(() => {});
  const released = client.publish("a", "3", { qos: 2 });
  await link.rest();
  link.acknowledge(5, 3);
  await link.break();
  const waiting = client.publish("a", "4", { qos: 1 });
  await server.redialled();
  const { link: next } = await server.accept();
  assertEquals(await brief(next), [
    "PUBLISH 1 qos1 4",
    "PUBLISH 4 qos1 5",
  ]);
  // Its PUBREC has said that the server has taken it over.
  assertEquals((await released).reasonCode, 0);
  const error = await rejectionOf(unknown) as MqttError;
  assertEquals(error.reasonCode, ReasonCode.packetIdentifierNotFound);
  next.acknowledge(4, 4);
  next.acknowledge(4, 5);
  assertEquals((await one).reasonCode, 0);
  assertEquals((await waiting).reasonCode, 0);
});

test("the first connection asks for what the options say, later ones resume [MQTT-3.1.2-4]", async () => {
  const server = new FakeServer();
  const { link, connect } = await server.connect({ clientIdentifier: "c" });
  assertEquals(connect.cleanStart, true);
  const { connect: second } = await server.reconnect(link);
  assertEquals(second.cleanStart, false);
});

test("in 3.1.1 a clean session stays one [3.1.1 MQTT-3.1.2-6]", async () => {
  const server = new FakeServer();
  const { link } = await server.connect({ protocolVersion: 4 });
  const { connect } = await server.reconnect(link);
  assertEquals(connect.cleanStart, true);
  const persistent = await server.connect({
    protocolVersion: 4,
    clientIdentifier: "c",
    cleanStart: false,
  });
  const again = await server.reconnect(persistent.link, resumed);
  assertEquals(again.connect.cleanStart, false);
});

async function brief(link: FakeLink): Promise<string[]> {
  return (await link.rest()).map(describe);
}

function describe(packet: Packet): string {
  switch (packet.type) {
    case 3: {
      const payload = new TextDecoder().decode(packet.payload);
      return `PUBLISH ${payload} qos${packet.qos}${
        packet.isDuplicate ? " dup" : ""
      } ${packet.packetIdentifier}`;
    }
    case 6:
      return `PUBREL ${packet.packetIdentifier}`;
    default:
      return `type ${packet.type}`;
  }
}
