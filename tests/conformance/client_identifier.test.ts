import { assert, assertEquals } from "../_assert.ts";
import { conformance } from "./_conformance.ts";
import { connect } from "./_packets.ts";

conformance(
  "Client Identifiers of 1 to 23 letters and digits are accepted " +
    "[MQTT-3.1.3-5]",
  async (broker) => {
    for (
      const clientIdentifier of [
        "0",
        "z",
        "Z",
        "0123456789abcdefghijklm",
        "nopqrstuvwxyzABCDEFGHIJ",
        "KLMNOPQRSTUVWXYZ9876543",
      ]
    ) {
      await broker.connect({ clientIdentifier });
    }
  },
);

conformance(
  "a client without identifier is given one of its own [MQTT-3.1.3-6] " +
    "[MQTT-3.1.3-7] [MQTT-3.2.2-16]",
  async (broker) => {
    const assigned = new Set<string>();
    for (let count = 1; count <= 3; count++) {
      const [client, connack] = await broker.resume("");
      const identifier = connack.value("assignedClientIdentifier") as string;
      assert(identifier.length > 0);
      assertEquals(connack.sessionPresent, false);
      assigned.add(identifier);
      assertEquals(assigned.size, count);
      await client.subscribe(broker.topic("assigned"));
      await client.disconnect();
      const [, resumed] = await broker.resume(identifier);
      assertEquals(resumed.sessionPresent, true);
      assertEquals(resumed.value("assignedClientIdentifier"), undefined);
    }
  },
);

conformance(
  "a Client Identifier that is not accepted is refused [MQTT-3.1.3-8] " +
    "[MQTT-3.1.4-2]",
  async (broker) => {
    for (const clientIdentifier of ["", "x".repeat(24)]) {
      const client = await broker.open();
      await client.sendConnect({ clientIdentifier });
      await client.expectRefused(0x85);
    }
    await broker.connect({ clientIdentifier: "x".repeat(23) });
  },
  {
    limits: {
      allowZeroLengthClientIdentifier: false,
      maximumClientIdentifierBytes: 23,
    },
  },
);

conformance(
  "a second client with the same identifier ends the first one " +
    "[MQTT-3.1.4-3]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("taken over");
    const [first] = await broker.resume(identifier);
    await first.subscribe(topic);
    const [second, connack] = await broker.resume(identifier);
    await first.expectDisconnect(0x8e);
    assertEquals(connack.sessionPresent, true);
    await second.publish({ topic });
    await second.take();
    const [third, clean] = await broker.resume(identifier, {
      cleanStart: true,
    });
    await second.expectDisconnect(0x8e);
    assertEquals(clean.sessionPresent, false);
    await third.expectSilence();
  },
);

conformance(
  "a refused CONNECT with the same identifier ends nobody [MQTT-3.1.4-3] " +
    "[MQTT-3.1.4-1]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const client = await broker.connect({ clientIdentifier });
    const other = await broker.open();
    await other.send(connect({ clientIdentifier, flags: 0x03 }));
    await other.expectRefused(0x81);
    await client.ping();
  },
);
