import { assertEquals } from "../_assert.ts";
import { ALL_VERSIONS, openAll } from "./_client.ts";
import { brokerForTests } from "./_harness.ts";
import { mqttJs } from "./_mqttjs.ts";
import { MqttJsConnection } from "./_mqttjs_connection.ts";

const test = brokerForTests();

const CLIENT_COUNT = 100;

test({
  name: "100 clients of all versions connect at once, all hear one message " +
    "and each its neighbour",
  needs: [mqttJs],
  async run({ port, unique }) {
    await using stack = new AsyncDisposableStack();
    const clients = await openAll(
      stack,
      Array.from({ length: CLIENT_COUNT }, (_, i) =>
        MqttJsConnection.open({
          port,
          version: ALL_VERSIONS[i % ALL_VERSIONS.length],
          clientId: `${unique}-${i}`,
        })),
    );
    await Promise.all(
      clients.map((client, i) =>
        client.subscribe([`${unique}/all`, `${unique}/${i}`], { qos: 2 })
      ),
    );
    await clients[0].publish({ topicName: `${unique}/all`, payload: "all" });
    const readNext = () =>
      Promise.all(
        clients.map(async ({ messages }) =>
          `${(await messages.next("a message")).payload}`
        ),
      );
    assertEquals(await readNext(), clients.map(() => "all"));

    await Promise.all(clients.map((client, i) =>
      client.publish({
        topicName: `${unique}/${(i + 1) % CLIENT_COUNT}`,
        payload: `from ${i}`,
        qos: 2,
      })
    ));
    assertEquals(
      await readNext(),
      clients.map((_, i) => `from ${(i + CLIENT_COUNT - 1) % CLIENT_COUNT}`),
    );
    await Promise.all(clients.map((client) => client.disconnect()));
  },
});
