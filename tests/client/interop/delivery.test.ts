import {
  type Client,
  connect as connectInBrowser,
} from "../../../src/client/browser.ts";
import type { MessageStream } from "../../../src/client/mod.ts";
import { assertEquals } from "../../_assert.ts";
import { brokersForTests } from "./_harness.ts";
import { SCHEMES } from "./_target.ts";

const test = brokersForTests();

const SMALL = [0, 1, 1_025] as const;

for (const scheme of SCHEMES) {
  for (const protocolVersion of [3, 4, 5] as const) {
    test(
      `${scheme} version ${protocolVersion} carries each QoS, small and large`,
      async ({ connect, target, unique }) => {
        await using client = await connect(scheme, {
          protocolVersion,
          // In 3.1 there has to be one.
          clientIdentifier: unique,
        });
        const large = target.readsWebSocketsSlowly && scheme.startsWith("ws")
          ? [5_000]
          : [70_000, 400_000];
        await everyQos(client, unique, [...SMALL, ...large]);
      },
    );
  }
}

for (const scheme of ["ws", "wss"] as const) {
  test(`${scheme} carries a message of 70,000 bytes in both directions`, async ({ connect, unique }) => {
    await using client = await connect(scheme);
    using messages = client.messages();
    await client.subscribe(unique, { qos: 1 });
    const payload = pattern(70_000);
    await client.publish(unique, payload, { qos: 1 });
    assertEquals((await next(messages)).payload, payload);
  });
}

test("the WebSocket of the platform carries each QoS, small and large", async ({ broker, target, unique }) => {
  await using client = await connectInBrowser(broker.url("ws"));
  const large = target.readsWebSocketsSlowly ? [5_000] : [70_000];
  await everyQos(client, unique, [...SMALL, ...large]);
});

async function everyQos(
  client: Client,
  unique: string,
  sizesBytes: readonly number[],
): Promise<void> {
  using messages = client.messages(`${unique}/+`);
  const { reasonCodes } = await client.subscribe(`${unique}/+`, { qos: 2 });
  assertEquals(reasonCodes, [2]);
  for (const sizeBytes of sizesBytes) {
    for (const qos of [0, 1, 2] as const) {
      const payload = pattern(sizeBytes);
      const { reasonCode } = await client.publish(`${unique}/${qos}`, payload, {
        qos,
      });
      assertEquals(reasonCode, 0);
      const message = await next(messages);
      assertEquals(message.topicName, `${unique}/${qos}`);
      assertEquals(message.qos, qos);
      assertEquals(message.payload, payload);
    }
  }
}

test("1,000 messages at once arrive in their order", async ({ connect, unique }) => {
  await using client = await connect("mqtt");
  for (const qos of [1, 2] as const) {
    using messages = client.messages(`${unique}/${qos}`);
    await client.subscribe(`${unique}/${qos}`, { qos });
    const publishing = Array.from(
      { length: 1_000 },
      (_, index) => client.publish(`${unique}/${qos}`, String(index), { qos }),
    );
    for (let index = 0; index < 1_000; index++) {
      assertEquals((await next(messages)).text(), String(index));
    }
    await Promise.all(publishing);
  }
});

test("properties arrive as they were sent", async ({ connect, unique }) => {
  await using client = await connect("mqtt");
  using messages = client.messages();
  await client.subscribe(unique, { subscriptionIdentifier: 77 });
  const properties = {
    payloadFormatIndicator: 1,
    contentType: "text/plain",
    responseTopic: "answers",
    correlationData: Uint8Array.of(0, 1, 255),
    userProperties: [["a", "1"], ["a", "ü"]] as [string, string][],
  };
  await client.publish(unique, "x", { properties });
  assertEquals((await next(messages)).properties, {
    ...properties,
    subscriptionIdentifiers: [77],
  });
});

test("retained messages and Topic Aliases work in both directions", async ({ connect, unique }) => {
  await using publisher = await connect("mqtt", {
    outboundTopicAliasMaximum: 5,
  });
  for (const payload of ["1", "2", "3"]) {
    await publisher.publish(`${unique}/kept`, payload, {
      qos: 1,
      isRetained: true,
    });
  }
  await using subscriber = await connect("mqtt", { topicAliasMaximum: 5 });
  using messages = subscriber.messages();
  await subscriber.subscribe(`${unique}/#`);
  const first = await next(messages);
  assertEquals([first.text(), first.isRetained], ["3", true]);
  for (const payload of ["4", "5", "6"]) {
    await publisher.publish(`${unique}/live`, payload);
    const message = await next(messages);
    assertEquals(message.topicName, `${unique}/live`);
    assertEquals([message.text(), message.isRetained], [payload, false]);
  }
});

test("a request is answered by another client", async ({ connect, unique }) => {
  await using service = await connect("mqtt");
  await using client = await connect("ws");
  using requests = service.messages();
  await service.subscribe(unique, { qos: 1 });
  const serving = (async () => {
    for await (const { properties, text, payload } of requests) {
      assertEquals(typeof text, "function");
      const { responseTopic, correlationData } = properties;
      await service.publish(responseTopic!, payload.toReversed(), {
        qos: 1,
        properties: { correlationData },
      });
    }
  })();
  const requesting = ["abc", "xyz"].map((text) => client.request(unique, text));
  const responses = await Promise.all(requesting);
  assertEquals(responses.map((response) => response.text()), ["cba", "zyx"]);
  requests.return();
  await serving;
});

async function next(messages: MessageStream) {
  const { value, done } = await messages.next();
  if (done) throw new Error("Waited for a message: the stream has ended");
  return value;
}

/** Bytes that differ from their neighbours. */
function pattern(sizeBytes: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => index * 7 % 251);
}
