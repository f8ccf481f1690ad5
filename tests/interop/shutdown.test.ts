import { assertEquals, assertRejects } from "../_assert.ts";
import { ALL_CLIENTS } from "./_all_clients.ts";
import { BrokerProcess } from "./_broker.ts";
import { defineTest } from "./_harness.ts";
import { mqttJs } from "./_mqttjs.ts";
import { MqttJsConnection } from "./_mqttjs_connection.ts";

const SERVER_SHUTTING_DOWN = 0x8b;

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  for (const client of ALL_CLIENTS) {
    defineTest({
      name: `${signal} ends the broker with exit code 0, and ${client.name} ` +
        "5.0 is told why",
      needs: [client],
      async run() {
        await using broker = await BrokerProcess.start();
        await using subscriber = await client.subscribe({
          port: broker.port,
          version: 5,
          topicFilters: ["topic"],
        });
        const [exitCode, reasonCode] = await Promise.all([
          broker.stop(signal),
          subscriber.disconnectedWith(),
        ]);
        assertEquals([exitCode, reasonCode], [0, SERVER_SHUTTING_DOWN]);
      },
    });
  }

  defineTest({
    name: `${signal} ends the connections of MQTT.js 3.1.1 and of a client ` +
      "that has not sent CONNECT",
    needs: [mqttJs],
    async run() {
      await using broker = await BrokerProcess.start();
      const { port } = broker;
      using silent = await Deno.connect({ hostname: "127.0.0.1", port });
      await using older = await MqttJsConnection.open({ port, version: 4 });
      assertEquals(await broker.stop(signal), 0);
      await assertRejects(
        () => older.messages.next("nothing"),
        Error,
        "MQTT.js lost its connection",
      );
      assertEquals(await silent.read(new Uint8Array(1)), null);
    },
  });
}
