import { assert, assertEquals } from "../_assert.ts";
import { ALL_VARIANTS } from "./_all_clients.ts";
import { describeClient } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";

const test = brokerForTests();

/** 500,000 bytes; no part is like another, so a part at the wrong place shows. */
const PAYLOAD = Array.from(
  { length: 62_500 },
  (_, i) => `${i}`.padStart(7) + " ",
).join("");

for (const [client, version] of ALL_VARIANTS) {
  test({
    name: `${
      describeClient(client, version)
    } sends and gets 500 KB at each QoS`,
    needs: [client],
    async run({ port, unique: topicName }) {
      await using subscriber = await client.subscribe({
        port,
        version,
        topicFilters: [topicName],
      });
      const publications = ([0, 1, 2] as const).map((qos) => ({
        topicName,
        payload: PAYLOAD,
        qos,
      }));
      await client.publish({ port, version, publications });
      for (const { qos } of publications) {
        const received = await subscriber.next();
        assertEquals(received.qos, qos);
        // Not assertEquals: it would lay out half a million differences.
        assert(
          received.payload === PAYLOAD,
          `the ${received.payload.length} bytes at QoS ${qos} are not the ` +
            `${PAYLOAD.length} that were sent`,
        );
      }
    },
  });
}
