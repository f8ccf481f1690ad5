import { assertEquals } from "../_assert.ts";
import { ALL_VARIANTS } from "./_all_clients.ts";
import { describeClient, type MessageProperties } from "./_client.ts";
import { brokerForTests, type Surroundings } from "./_harness.ts";
import { mosquitto, runMosquittoPub } from "./_mosquitto.ts";
import { connectionArguments } from "./_mosquitto_arguments.ts";
import { mqttJs } from "./_mqttjs.ts";

const test = brokerForTests();

const WILL_PROPERTIES: MessageProperties = {
  contentType: "text/plain",
  userProperties: [["cause", "killed"]],
};

for (const [client, version] of ALL_VARIANTS) {
  const name = describeClient(client, version);

  /** The client with a will, and somebody who would see it. */
  const setUp = async (
    { port, unique }: Surroundings,
    stack: AsyncDisposableStack,
  ) => {
    const observer = stack.use(
      await mqttJs.subscribe({ port, version: 5, topicFilters: [unique] }),
    );
    const subscriber = stack.use(
      await client.subscribe({
        port,
        version,
        topicFilters: ["never"],
        will: {
          topicName: unique,
          payload: "the last words",
          qos: 1,
          ...(version === 5 && { properties: WILL_PROPERTIES }),
        },
      }),
    );
    return { observer, subscriber };
  };

  test({
    name: `${name} is killed, and its will is published [MQTT-3.1.2-8]`,
    needs: [client],
    async run(surroundings) {
      await using stack = new AsyncDisposableStack();
      const { observer, subscriber } = await setUp(surroundings, stack);
      await subscriber.kill();
      const { payload, qos, isRetained, properties } = await observer.next();
      assertEquals({ payload, qos, isRetained }, {
        payload: "the last words",
        qos: 1,
        isRetained: false,
      });
      assertEquals(properties, version === 5 ? WILL_PROPERTIES : {});
    },
  });

  // Its DISCONNECT asks for the will; mosquitto_pub, below, does not.
  if (client === mosquitto && version === 5) continue;
  test({
    name: `${name} disconnects, and its will is dropped [MQTT-3.14.4-3]`,
    needs: [client],
    async run(surroundings) {
      await using stack = new AsyncDisposableStack();
      const { observer, subscriber } = await setUp(surroundings, stack);
      await subscriber.disconnect();
      const { port, unique: topicName } = surroundings;
      const publications = [{ topicName, payload: "next" }];
      await mqttJs.publish({ port, version: 5, publications });
      assertEquals((await observer.next()).payload, "next");
    },
  });
}

test({
  name: "mosquitto_pub 5.0 disconnects, and its will is dropped " +
    "[MQTT-3.14.4-3]",
  needs: [mosquitto],
  async run({ port, unique }) {
    await using observer = await mqttJs.subscribe({
      port,
      version: 5,
      topicFilters: [unique],
    });
    const args = [
      ...connectionArguments({ port, version: 5 }),
      ...["-t", unique, "-m", "published"],
      ...["--will-topic", unique, "--will-payload", "the last words"],
    ];
    assertEquals((await runMosquittoPub(args, "")).code, 0);
    const publications = [{ topicName: unique, payload: "next" }];
    await mqttJs.publish({ port, version: 5, publications });
    assertEquals((await observer.next()).payload, "published");
    assertEquals((await observer.next()).payload, "next");
  },
});

test({
  name: "mosquitto_sub 5.0 disconnects with 0x04, and its will is published " +
    "[MQTT-3.14.4-3]",
  needs: [mosquitto],
  async run({ port, unique }) {
    await using observer = await mqttJs.subscribe({
      port,
      version: 5,
      topicFilters: [unique],
    });
    await using subscriber = await mosquitto.subscribe({
      port,
      version: 5,
      topicFilters: ["never"],
      will: { topicName: unique, payload: "the last words" },
    });
    await subscriber.disconnect();
    assertEquals((await observer.next()).payload, "the last words");
  },
});
