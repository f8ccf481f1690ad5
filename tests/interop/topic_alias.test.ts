import { assertEquals } from "../_assert.ts";
import { brokerForTests } from "./_harness.ts";
import { mosquitto, runMosquittoPub } from "./_mosquitto.ts";
import { connectionArguments } from "./_mosquitto_arguments.ts";
import { mqttJs } from "./_mqttjs.ts";
import { MqttJsConnection } from "./_mqttjs_connection.ts";
import { paho, PahoProcess } from "./_paho.ts";

const test = brokerForTests();

/** Subscribes, has `publish` send three messages, and compares their topics. */
async function expectThreeTimes(
  { port, topicName }: { port: number; topicName: string },
  publish: () => Promise<void>,
): Promise<void> {
  await using subscriber = await mqttJs.subscribe({
    port,
    version: 5,
    topicFilters: [topicName],
  });
  await publish();
  for (let i = 0; i < 3; i++) {
    assertEquals((await subscriber.next()).topicName, topicName);
  }
}

test({
  name: "mosquitto_pub sends a topic once and its alias after that " +
    "[MQTT-3.3.2-12]",
  needs: [mosquitto],
  run: ({ port, unique: topicName }) =>
    expectThreeTimes({ port, topicName }, async () => {
      const { code, lines } = await runMosquittoPub([
        ...connectionArguments({ port, version: 5 }),
        ...["-t", topicName, "-m", "", "-q", "1", "--repeat", "3"],
        ...["-D", "publish", "topic-alias", "1"],
      ], "");
      assertEquals(code, 0);
      const topics = lines.flatMap((line) =>
        /sending PUBLISH \(.*'(.*)'/.exec(line)?.[1] ?? []
      );
      assertEquals(topics, [topicName, "(null)", "(null)"]);
    }),
});

test({
  name: "MQTT.js assigns topic aliases by itself [MQTT-3.3.2-12]",
  needs: [mqttJs],
  run: ({ port, unique: topicName }) =>
    expectThreeTimes({ port, topicName }, async () => {
      await using connection = await MqttJsConnection.open({
        port,
        version: 5,
        autoAssignTopicAlias: true,
      });
      const topics: string[] = [];
      connection.client.on("packetsend", (packet) => {
        if (packet.cmd === "publish") topics.push(packet.topic);
      });
      for (let i = 0; i < 3; i++) {
        await connection.publish({ topicName, payload: "", qos: 1 });
      }
      assertEquals(topics, [topicName, "", ""]);
      await connection.disconnect();
    }),
});

test({
  name: "Paho points the same alias at another topic [MQTT-3.3.2-12]",
  needs: [paho],
  async run({ port, unique }) {
    await using subscriber = await mqttJs.subscribe({
      port,
      version: 5,
      topicFilters: [`${unique}/+`],
    });
    await using publisher = await PahoProcess.connect({ port, version: 5 });
    for (const topicName of [`${unique}/first`, "", `${unique}/second`, ""]) {
      const properties = { topicAlias: 10 };
      await publisher.publish({ topicName, payload: "", qos: 1, properties });
    }
    for (const expected of ["first", "first", "second", "second"]) {
      const { topicName } = await subscriber.next();
      assertEquals(topicName, `${unique}/${expected}`);
    }
    await publisher.disconnect();
  },
});

test({
  name: "MQTT.js resolves the topic aliases of the broker, as many as it " +
    "allows [MQTT-3.3.2-11]",
  needs: [mqttJs],
  async run({ port, unique }) {
    await using subscriber = await MqttJsConnection.open({
      port,
      version: 5,
      properties: { topicAliasMaximum: 2 },
    });
    const aliases: (number | undefined)[] = [];
    subscriber.client.on("packetreceive", (packet) => {
      if (packet.cmd === "publish") {
        aliases.push(packet.properties?.topicAlias);
      }
    });
    await subscriber.subscribe([`${unique}/+`], { qos: 0 });
    const topicNames = ["a", "b", "c", "a", "b", "c"].map((level) =>
      `${unique}/${level}`
    );
    const publications = topicNames.map((topicName) => ({
      topicName,
      payload: "",
    }));
    await mqttJs.publish({ port, version: 5, publications });
    for (const expected of topicNames) {
      const { topic } = await subscriber.messages.next("a message");
      assertEquals(topic, expected);
    }
    assertEquals(aliases, [1, 2, undefined, 1, 2, undefined]);
  },
});
