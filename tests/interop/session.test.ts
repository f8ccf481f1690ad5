import { assert, assertEquals } from "../_assert.ts";
import { ALL_VARIANTS } from "./_all_clients.ts";
import {
  describeClient,
  type Publication,
  type Subscriber,
} from "./_client.ts";
import { brokerForTests } from "./_harness.ts";
import { mqttJs } from "./_mqttjs.ts";
import { MqttJsConnection } from "./_mqttjs_connection.ts";

const test = brokerForTests();

for (const [client, version] of ALL_VARIANTS) {
  test({
    name: `${describeClient(client, version)} comes back to its session and ` +
      "gets what was queued, in order [MQTT-3.1.2-5] [MQTT-4.6.0-6]",
    needs: [client],
    async run({ port, unique }) {
      const open = (isPersistent: boolean) =>
        client.subscribe({
          port,
          version,
          topicFilters: [unique],
          clientIdentifier: `${client.name}-${unique}`,
          isPersistent,
        });
      const publish = (publications: readonly Publication[]) =>
        mqttJs.publish({ port, version: 5, publications });
      // Not by turns: clients show a QoS 2 message only at its PUBREL.
      const queued = Array.from({ length: 10 }, (_, i): Publication => ({
        topicName: unique,
        payload: `${i}`,
        qos: i < 5 ? 1 : 2,
      }));
      const notQueued: Publication = { topicName: unique, payload: "QoS 0" };
      for (const way of ["disconnect", "kill"] as const) {
        const subscriber = await open(true);
        await subscriber[way]();
        await publish([notQueued, ...queued]);
        await using again = await open(true);
        assertEquals(
          await takePayloads(again, queued.length),
          queued.map(({ payload }) => payload),
          `after ${way}`,
        );
      }
      await publish(queued);
      await using cleaned = await open(false);
      await publish([{ topicName: unique, payload: "next" }]);
      assertEquals(await takePayloads(cleaned, 1), ["next"]);
    },
  });
}

async function takePayloads(
  subscriber: Subscriber,
  count: number,
): Promise<string[]> {
  const payloads: string[] = [];
  while (payloads.length < count) {
    payloads.push((await subscriber.next()).payload);
  }
  return payloads;
}

for (const version of [4, 5] as const) {
  const name = describeClient(mqttJs, version);

  test({
    name: `${name} is told that its session is present, and has not to ` +
      "subscribe again [MQTT-3.2.2-3]",
    needs: [mqttJs],
    async run({ port, unique }) {
      const options = {
        port,
        version,
        clientId: unique,
        clean: false,
        ...(version === 5 && { properties: { sessionExpiryInterval: 3600 } }),
      };
      {
        await using first = await MqttJsConnection.open(options);
        assertEquals(first.connack?.sessionPresent, false);
        await first.subscribe([unique], { qos: 1 });
        await first.disconnect();
      }
      await using second = await MqttJsConnection.open(options);
      assertEquals(second.connack?.sessionPresent, true);
      await second.publish({ topicName: unique, payload: "again" });
      const { payload } = await second.messages.next("the message");
      assertEquals(`${payload}`, "again");
    },
  });

  test({
    name: `${name} gets what it has not acknowledged again, with DUP 1 ` +
      "[MQTT-3.3.1-1] [MQTT-4.4.0-1]",
    needs: [mqttJs],
    async run({ port, unique }) {
      const options = {
        port,
        version,
        clientId: unique,
        clean: false,
        ...(version === 5 && { properties: { sessionExpiryInterval: 3600 } }),
      };
      const message = { topicName: unique, payload: "again", qos: 1 } as const;
      {
        await using first = await MqttJsConnection.open(options);
        // PUBACK goes out when the callback is called, which is never.
        first.client.handleMessage = () => {};
        await first.subscribe([unique], { qos: 1 });
        await mqttJs.publish({ port, version, publications: [message] });
        const { dup } = await first.messages.next("the first delivery");
        assert(!dup, "the first delivery has DUP 1");
      }
      await using second = await MqttJsConnection.open(options);
      const { dup, payload } = await second.messages.next("the second one");
      assertEquals({ dup, payload: `${payload}` }, {
        dup: true,
        payload: "again",
      });
    },
  });
}

test({
  name: "MQTT.js 5.0 is told that its session was taken over [MQTT-3.1.4-3]",
  needs: [mqttJs],
  async run({ port, unique }) {
    const options = { port, version: 5, clientId: unique } as const;
    await using first = await MqttJsConnection.open(options);
    await using _second = await MqttJsConnection.open(options);
    assertEquals(await first.disconnects.next("DISCONNECT"), 0x8e);
  },
});
