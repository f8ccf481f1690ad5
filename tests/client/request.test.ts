import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "../_assert.ts";
import { rejectionOf, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import type { FakeLink } from "./_fake_link.ts";
import { FakeServer } from "./_fake_server.ts";

test("a request names a response topic that is subscribed to, and resolves with the response that has its Correlation Data", async () => {
  const { client, link } = await new FakeServer().connect();
  const requests = [client.request("svc", "1"), client.request("svc", "2")];
  const responseTopic = await grant(link);
  const first = await request(link);
  const second = await request(link);
  assertEquals(first.responseTopic, responseTopic);
  assertEquals(second.responseTopic, responseTopic);
  respond(link, responseTopic, second.correlationData, "two");
  respond(link, responseTopic, first.correlationData, "one");
  const responses = await Promise.all(requests);
  assertEquals(responses.map((response) => response.text()), ["one", "two"]);
  // One subscription serves all.
  const third = client.request("svc", "3");
  const { correlationData } = await request(link);
  respond(link, responseTopic, correlationData, "three");
  assertEquals((await third).text(), "three");
});

test("responses are answered and go to no stream", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  const requesting = client.request("svc", "");
  const responseTopic = await grant(link);
  const { correlationData } = await request(link);
  const properties = { correlationData };
  for (const packetIdentifier of [1, 2]) {
    link.publish({
      topicName: responseTopic,
      qos: 1,
      packetIdentifier,
      properties,
    });
  }
  await requesting;
  assertEquals((await link.take(4)).packetIdentifier, 1);
  assertEquals((await link.take(4)).packetIdentifier, 2);
  assertEquals(messages.bufferedCount, 0);
});

test("the server's Response Information is the stem of the response topic", async () => {
  const { client, link, connect } = await new FakeServer().connect(
    { requestResponseInformation: true },
    { properties: { responseInformation: "tenant/7" } },
  );
  assertEquals(connect.properties.requestResponseInformation, 1);
  client.request("svc", "").catch(() => {});
  assert((await grant(link)).startsWith("tenant/7/"));
  await client.close();
});

test("a request that nobody answers rejects after its timeout, and leaves nothing behind", async () => {
  const server = new FakeServer();
  const { client, link } = await server.connect({ keepAliveSeconds: 0 });
  const requesting = client.request("svc", "", { timeoutMs: 300 });
  requesting.catch(() => {});
  const responseTopic = await grant(link);
  const { correlationData } = await request(link);
  await server.clock.advance(300);
  const error = await rejectionOf(requesting) as MqttError;
  assertEquals(error.reasonCode, ReasonCode.implementationSpecificError);
  assertEquals(
    error.message,
    'Cannot request "svc": no response came in 300 ms',
  );
  assertEquals(server.clock.timerCount, 0);
  respond(link, responseTopic, correlationData, "late");
  assertEquals(client.state, "connected");
});

test("a signal ends a request with its reason, whatever it waits for", async () => {
  const reason = new Error("enough");
  const server = new FakeServer();
  const { client, link } = await server.connect({ keepAliveSeconds: 0 });
  for (const isGranted of [false, true]) {
    const controller = new AbortController();
    const requesting = client.request("svc", "", { signal: controller.signal });
    requesting.catch(() => {});
    if (isGranted) {
      await grant(link);
      await settle();
    }
    controller.abort(reason);
    assertStrictEquals(await rejectionOf(requesting), reason);
  }
  assertEquals(server.clock.timerCount, 0);
});

for (
  const [reasonCode, cause] of [
    [ReasonCode.noMatchingSubscribers, "nobody subscribes to it"],
    [ReasonCode.notAuthorized, "the server refuses the message"],
  ] as const
) {
  test(`a request with PUBACK 0x${reasonCode.toString(16)} rejects with that`, async () => {
    const { client, link } = await new FakeServer().connect();
    const requesting = client.request("svc", "");
    requesting.catch(() => {});
    await grant(link);
    const { packetIdentifier } = await link.take(3);
    link.acknowledge(4, packetIdentifier, reasonCode);
    const error = await assertRejects(() => requesting, MqttError, cause);
    assertEquals(error.reasonCode, reasonCode);
  });
}

test("a response topic that is refused rejects the request, and the next one tries again", async () => {
  const { client, link } = await new FakeServer().connect();
  const refused = client.request("svc", "");
  refused.catch(() => {});
  await grant(link, ReasonCode.notAuthorized);
  const error = await assertRejects(() => refused, MqttError);
  assertEquals(error.reasonCode, ReasonCode.notAuthorized);
  client.request("svc", "").catch(() => {});
  await grant(link);
  await link.take(3);
  await client.close();
});

test("the request's own properties and QoS go with it", async () => {
  const { client, link } = await new FakeServer().connect();
  client.request("svc", "", { qos: 0, properties: { contentType: "json" } })
    .catch(() => {});
  await grant(link);
  const { qos, properties } = await link.take(3);
  assertEquals([qos, properties.contentType], [0, "json"]);
  await client.close();
});

test("MQTT 3.1.1 has no requests", async () => {
  const { client } = await new FakeServer().connect({ protocolVersion: 4 });
  await assertRejects(() => client.request("svc", ""), MqttError, "3.1.1");
});

/** Grants the subscription to the response topic, which is returned. */
async function grant(link: FakeLink, reasonCode = 1): Promise<string> {
  const { packetIdentifier, subscriptions } = await link.take(8);
  link.reply({
    type: 9,
    packetIdentifier,
    reasonCodes: [reasonCode],
    properties: {},
  });
  return subscriptions[0].topicFilter;
}

/** Takes a request and acknowledges it. */
async function request(link: FakeLink) {
  const { packetIdentifier, properties, qos } = await link.take(3);
  if (qos > 0) link.acknowledge(4, packetIdentifier);
  const { responseTopic, correlationData } = properties;
  return { responseTopic: responseTopic!, correlationData: correlationData! };
}

function respond(
  link: FakeLink,
  topicName: string,
  correlationData: Uint8Array,
  payload: string,
): void {
  link.publish({ topicName, payload, properties: { correlationData } });
}
