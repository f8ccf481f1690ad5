import { conformance } from "./_conformance.ts";

conformance("PINGREQ is answered [MQTT-3.12.4-1]", async (broker) => {
  const client = await broker.connect();
  await client.ping();
  await client.ping();
});
