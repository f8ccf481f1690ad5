import { assertEquals } from "../_assert.ts";
import { ALL_VARIANTS } from "./_all_clients.ts";
import { describeClient, type Publication } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";
import { mosquitto } from "./_mosquitto.ts";
import { mqttJs } from "./_mqttjs.ts";
import { paho } from "./_paho.ts";

const test = brokerForTests();

/** What each client shows of "not authorized" for QoS 1 and 2, and of success. */
const REASON_CODES = new Map([
  [mosquitto, [0x87, undefined, 0]],
  [mqttJs, [0x87, 0x87, 0]],
  [paho, [undefined, undefined, undefined]],
]);

for (const [client, version] of ALL_VARIANTS) {
  const name = describeClient(client, version);

  test({
    name: `${name} subscribes with wildcards and gets what matches ` +
      "[MQTT-3.3.2-3]",
    needs: [client],
    async run({ port, unique }) {
      await using subscriber = await client.subscribe({
        port,
        version,
        topicFilters: [`${unique}/+/temperature`, `${unique}/cellar/#`],
      });
      const topicNames = [
        `${unique}/kitchen/temperature`,
        `${unique}/kitchen/humidity`,
        `${unique}/temperature`,
        `${unique}//temperature`,
        `${unique}/cellar/left/shelf`,
        `${unique}/cellar`,
        `${unique}/cellars/left`,
        `${unique}/kitchen/Temperature`,
        `${unique}/cellar/`,
      ];
      const publications = topicNames.map((topicName): Publication => ({
        topicName,
        payload: "",
      }));
      await mqttJs.publish({ port, version: 5, publications });
      for (
        const expected of [
          `${unique}/kitchen/temperature`,
          `${unique}//temperature`,
          `${unique}/cellar/left/shelf`,
          `${unique}/cellar`,
          `${unique}/cellar/`,
        ]
      ) assertEquals((await subscriber.next()).topicName, expected);
    },
  });

  test({
    name: `${name} uses topics in every script, compared as they were sent ` +
      "[MQTT-4.7.3-4]",
    needs: [client],
    async run({ port, unique }) {
      await using subscriber = await client.subscribe({
        port,
        version,
        topicFilters: [`${unique}/温度/+/größe/#`, `${unique}/🔥`],
      });
      const publications = [
        { topicName: `${unique}/温度/🌡️/größe`, payload: "二十度 ☀️" },
        { topicName: `${unique}/温度/Кухня/größe/مطبخ`, payload: "𝄞" },
        { topicName: `${unique}/🔥`, payload: "🔥🔥" },
      ];
      const decomposed = {
        topicName: `${unique}/温度/x/größe`.normalize("NFD"),
        payload: "never",
      };
      await client.publish({
        port,
        version,
        publications: [decomposed, ...publications],
      });
      for (const expected of publications) {
        const { topicName, payload } = await subscriber.next();
        assertEquals({ topicName, payload }, expected);
      }
    },
  });

  test({
    name: `${name} cannot publish to topics that begin with $`,
    needs: [client],
    async run({ port, unique }) {
      await using subscriber = await client.subscribe({
        port,
        version,
        topicFilters: [`$SYS/${unique}`, `$${unique}`, `${unique}`],
      });
      const reasonCodes = await client.publish({
        port,
        version,
        publications: [
          { topicName: `$SYS/${unique}`, payload: "refused", qos: 1 },
          { topicName: `$${unique}`, payload: "refused", qos: 2 },
          { topicName: unique, payload: "next", qos: 1 },
        ],
      });
      assertEquals((await subscriber.next()).payload, "next");
      if (version === 5) assertEquals(reasonCodes, REASON_CODES.get(client));
    },
  });
}
