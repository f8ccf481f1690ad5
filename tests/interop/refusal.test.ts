import { assert, assertEquals } from "../_assert.ts";
import { ALL_VARIANTS } from "./_all_clients.ts";
import { describeClient, openAll } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";
import { mqttJs } from "./_mqttjs.ts";
import { MqttJsConnection } from "./_mqttjs_connection.ts";

const test = brokerForTests({ RQTT_LIMITS_MAX_CLIENT_ID_BYTES: "30" });

for (const [client, version] of ALL_VARIANTS) {
  const name = describeClient(client, version);
  test({
    name: `${name} is told that its Client Identifier is not valid ` +
      "[MQTT-3.1.3-8] [MQTT-3.2.2-7]",
    needs: [client],
    async run({ port }) {
      const clientIdentifier = "x".repeat(31);
      const code = await client.connectInVain({
        port,
        version,
        clientIdentifier,
      });
      assertEquals(code, version === 5 ? 0x85 : 2);
    },
  });

  // 3.1 has no empty Client Identifier.
  if (version === 3) continue;
  test({
    name: `${name} connects twice with an empty Client Identifier, as two ` +
      "clients [MQTT-3.1.3-6] [MQTT-3.2.2-16]",
    needs: [client],
    async run({ port, unique: topicName }) {
      await using stack = new AsyncDisposableStack();
      const topicFilters = [topicName];
      const subscribers = await openAll(stack, [
        client.subscribe({ port, version, topicFilters }),
        client.subscribe({ port, version, topicFilters }),
      ]);
      const publications = [{ topicName, payload: "both" }];
      await client.publish({ port, version, publications });
      for (const subscriber of subscribers) {
        assertEquals((await subscriber.next()).payload, "both");
      }
    },
  });
}

test({
  name: "MQTT.js 5.0 learns the Client Identifier assigned to it " +
    "[MQTT-3.1.3-7]",
  needs: [mqttJs],
  async run({ port }) {
    const options = { port, version: 5, clientId: "" } as const;
    await using connection = await MqttJsConnection.open(options);
    const { assignedClientIdentifier } = connection.connack?.properties ?? {};
    assert(assignedClientIdentifier, "the CONNACK has none");
  },
});
