import { assertEquals } from "../_assert.ts";
import { ALL_CLIENTS } from "./_all_clients.ts";
import {
  ALL_QOS,
  ALL_VERSIONS,
  type Client,
  openAll,
  type Publication,
  type Subscriber,
} from "./_client.ts";
import { brokerForTests, type Surroundings } from "./_harness.ts";

const test = brokerForTests();

for (const publisher of ALL_CLIENTS) {
  for (const subscriber of ALL_CLIENTS) {
    test({
      name: `${publisher.name} reaches ${subscriber.name} from each version ` +
        "to each, at each QoS to each [MQTT-3.8.4-8]",
      needs: [publisher, subscriber],
      run: (surroundings) => everyQos(surroundings, { publisher, subscriber }),
    });
  }
}

/** A message arrives with the lower of the two QoS: its own and the one asked for. */
async function everyQos(
  { port, unique }: Surroundings,
  { publisher, subscriber }: { publisher: Client; subscriber: Client },
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const pairs = ALL_VERSIONS.flatMap((version) =>
    ALL_QOS.map((qos) => ({ version, qos }))
  );
  const topicFilters = [`${unique}/+`];
  const subscribers = await openAll(
    stack,
    pairs.map((pair) => subscriber.subscribe({ port, topicFilters, ...pair })),
  );
  for (const version of ALL_VERSIONS) {
    const publications = ALL_QOS.map((qos): Publication => ({
      topicName: `${unique}/qos${qos}`,
      payload: `from ${version}`,
      qos,
    }));
    await publisher.publish({ port, version, publications });
    for (const [index, { qos, version: to }] of pairs.entries()) {
      const expected = publications.map((publication) => ({
        topicName: publication.topicName,
        payload: publication.payload,
        qos: Math.min(publication.qos!, qos),
        isRetained: false,
      }));
      assertEquals(
        await takeBrief(subscribers[index], publications.length),
        expected,
        `from version ${version} to version ${to} at QoS ${qos}`,
      );
    }
  }
}

async function takeBrief(subscriber: Subscriber, count: number) {
  const all = [];
  for (let i = 0; i < count; i++) {
    const { topicName, payload, qos, isRetained } = await subscriber.next();
    all.push({ topicName, payload, qos, isRetained });
  }
  return all;
}
