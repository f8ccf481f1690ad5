import { assert, assertEquals } from "../_assert.ts";
import { ALL_CLIENTS } from "./_all_clients.ts";
import type { MessageProperties } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";

const test = brokerForTests();

const EXPIRY_SECONDS = 3600;

const PROPERTIES: MessageProperties = {
  payloadFormatIndicator: 1,
  contentType: "text/plain;charset=utf-8",
  responseTopic: "answers/größe",
  correlationData: "request-17",
  userProperties: [["unit", "°C"], ["tag", "first"], ["tag", "second"]],
};

for (const publisher of ALL_CLIENTS) {
  for (const subscriber of ALL_CLIENTS) {
    test({
      name: `Properties from ${publisher.name} reach ${subscriber.name} ` +
        "unchanged, and none of them in 3.1.1 [MQTT-3.3.2-4] " +
        "[MQTT-3.3.2-6] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] " +
        "[MQTT-3.3.2-18] [MQTT-3.3.2-20]",
      needs: [publisher, subscriber],
      async run({ port, unique: topicName }) {
        const topicFilters = [topicName];
        await using newer = await subscriber.subscribe({
          port,
          version: 5,
          topicFilters,
        });
        await using older = await subscriber.subscribe({
          port,
          version: 4,
          topicFilters,
        });
        const properties = {
          ...PROPERTIES,
          messageExpiryIntervalSeconds: EXPIRY_SECONDS,
        };
        const publications = [{ topicName, payload: "20", properties }];
        await publisher.publish({ port, version: 5, publications });

        const {
          messageExpiryIntervalSeconds: secondsLeft = 0,
          ...otherProperties
        } = (await newer.next()).properties;
        assertEquals(otherProperties, PROPERTIES);
        assert(
          secondsLeft > 0 && secondsLeft <= EXPIRY_SECONDS,
          `the Message Expiry Interval is ${secondsLeft}`,
        );
        const received = await older.next();
        assertEquals(received.payload, "20");
        assertEquals(received.properties, {});
      },
    });
  }
}

for (const client of ALL_CLIENTS) {
  test({
    name: `${client.name} gets the Subscription Identifier that it has set ` +
      "[MQTT-3.3.4-3]",
    needs: [client],
    async run({ port, unique: topicName }) {
      await using subscriber = await client.subscribe({
        port,
        version: 5,
        topicFilters: [topicName],
        subscriptionIdentifier: 268_435_455,
      });
      const publications = [{ topicName, payload: "" }];
      await client.publish({ port, version: 5, publications });
      const { subscriptionIdentifiers } = await subscriber.next();
      assertEquals(subscriptionIdentifiers, [268_435_455]);
    },
  });
}
