import { assertEquals } from "../_assert.ts";
import { ALL_VARIANTS } from "./_all_clients.ts";
import { describeClient, type Publication } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";

const test = brokerForTests();

for (const [client, version] of ALL_VARIANTS) {
  test({
    name: `${describeClient(client, version)} sets a retained message, gets ` +
      "it and clears it [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-8]",
    needs: [client],
    async run({ port, unique }) {
      const publish = (publication: Publication) =>
        client.publish({ port, version, publications: [publication] });
      const topicName = `${unique}/retained`;
      const set = { topicName, payload: "set", qos: 1, isRetained: true };
      await publish({ ...set, qos: 1 });
      await publish({ topicName, payload: "passing by", qos: 1 });
      {
        await using subscriber = await client.subscribe({
          port,
          version,
          topicFilters: [`${unique}/#`],
        });
        const { payload, qos, isRetained } = await subscriber.next();
        assertEquals({ topicName, payload, qos, isRetained }, set);
      }
      await publish({ topicName, payload: "", qos: 1, isRetained: true });
      await using subscriber = await client.subscribe({
        port,
        version,
        topicFilters: [`${unique}/#`],
      });
      await publish({ topicName: `${unique}/next`, payload: "next" });
      assertEquals((await subscriber.next()).payload, "next");
    },
  });
}
