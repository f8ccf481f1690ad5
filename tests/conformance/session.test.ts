import { assert, assertEquals, assertNotEquals } from "../_assert.ts";
import { conformance } from "./_conformance.ts";
import { connect, publish } from "./_packets.ts";

/** Longer than any test lets pass, unless it is about just that. */
const LONG_SECONDS = 1_000;

conformance(
  "Clean Start 1 drops the stored session [MQTT-3.1.2-4] [MQTT-3.1.4-4] " +
    "[MQTT-3.2.2-2]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("clean");
    const publisher = await broker.connect();
    const [old] = await broker.resume(identifier);
    await old.subscribe(topic, { options: 1 });
    await publisher.deliver({ topic, qos: 1, payload: "in flight" });
    await old.expect("PUBLISH");
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1, payload: "queued" });
    const [fresh, connack] = await broker.resume(identifier, {
      cleanStart: true,
    });
    assertEquals([connack.sessionPresent, connack.reasonCode], [false, 0]);
    await publisher.deliver({ topic, qos: 1, payload: "unsubscribed" });
    await fresh.expectSilence();
    await fresh.disconnect();
    const [again, second] = await broker.resume(identifier);
    assertEquals(second.sessionPresent, true);
    await again.expectSilence();
  },
);

conformance(
  "Clean Start 0 goes on with the stored session [MQTT-3.1.2-5] " +
    "[MQTT-3.1.2-23] [MQTT-3.1.4-4] [MQTT-3.2.2-3] [MQTT-4.5.0-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("resumed");
    const publisher = await broker.connect();
    const [old] = await broker.resume(identifier);
    await old.subscribe(topic, { options: 2 });
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1, payload: "one" });
    await publisher.deliver({ topic, qos: 2, payload: "two" });
    const [client, connack] = await broker.resume(identifier);
    assertEquals([connack.sessionPresent, connack.reasonCode], [true, 0]);
    for (const [payload, qos] of [["one", 1], ["two", 2]]) {
      const message = await client.take();
      assertEquals([message.text, message.qos], [payload, qos]);
      assertEquals(message.isDuplicate, false);
    }
    await publisher.deliver({ topic, payload: "live" });
    assertEquals((await client.take()).text, "live");
  },
);

conformance(
  "Clean Start 0 without a stored session begins one [MQTT-3.1.2-6] " +
    "[MQTT-3.2.2-3]",
  async (broker) => {
    const [client, connack] = await broker.resume(broker.identifier());
    assertEquals([connack.sessionPresent, connack.reasonCode], [false, 0]);
    const topic = broker.topic("begun");
    await client.subscribe(topic);
    await client.publish({ topic });
    await client.take();
  },
);

conformance(
  "Session Present is 1 as long as the session is kept [MQTT-3.2.2-3] " +
    "[MQTT-3.2.2-2]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    for (const [cleanStart, isPresent] of [[1, 0], [0, 1], [0, 1], [1, 0]]) {
      const [client, connack] = await broker.resume(clientIdentifier, {
        cleanStart: cleanStart === 1,
      });
      assertEquals(connack.sessionPresent, isPresent === 1);
      await client.disconnect();
    }
  },
);

conformance(
  "a session without Session Expiry Interval ends with its connection " +
    "[MQTT-3.1.2-23] [MQTT-4.1.0-2]",
  async (broker) => {
    for (const properties of [[], [["sessionExpiryInterval", 0] as const]]) {
      const clientIdentifier = broker.identifier();
      const client = await broker.connect({ clientIdentifier, properties });
      await client.disconnect();
      const [, connack] = await broker.resume(clientIdentifier);
      assertEquals(connack.sessionPresent, false);
    }
  },
);

conformance(
  "a session ends when its Session Expiry Interval has run out " +
    "[MQTT-4.1.0-2] [MQTT-3.1.2-23]",
  async (broker) => {
    const short = broker.identifier();
    const long = broker.identifier();
    for (const [clientIdentifier, seconds] of [[short, 1], [long, 60]]) {
      const client = await broker.connect({
        clientIdentifier: clientIdentifier as string,
        properties: [["sessionExpiryInterval", seconds as number]],
      });
      await client.disconnect();
    }
    await broker.elapse(3);
    const [, ended] = await broker.resume(short);
    assertEquals(ended.sessionPresent, false);
    const [, kept] = await broker.resume(long);
    assertEquals(kept.sessionPresent, true);
  },
);

conformance(
  "a reconnect starts the Session Expiry Interval anew [MQTT-4.1.0-2]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const properties = [["sessionExpiryInterval", 2]] as const;
    for (let round = 0; round < 3; round++) {
      const [client, connack] = await broker.connectWithConnack({
        clientIdentifier,
        cleanStart: false,
        properties,
      });
      assertEquals(connack.sessionPresent, round > 0);
      await client.disconnect();
      await broker.elapse(1.2);
    }
  },
);

conformance(
  "a Session Expiry Interval of 0xFFFFFFFF never runs out [MQTT-3.1.2-23]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const [client, connack] = await broker.connectWithConnack({
      clientIdentifier,
      properties: [["sessionExpiryInterval", 0xffff_ffff]],
    });
    assertEquals(connack.value("sessionExpiryInterval"), undefined);
    await client.disconnect();
    await broker.elapse(0xffff_ffff * 2);
    const [, resumed] = await broker.resume(clientIdentifier);
    assertEquals(resumed.sessionPresent, true);
  },
  { limits: { sessionExpiryCapSeconds: 0xffff_ffff }, isInProcess: true },
);

conformance(
  "DISCONNECT may change the Session Expiry Interval [MQTT-4.1.0-2] " +
    "[MQTT-3.14.2-2]",
  async (broker) => {
    const identifier = broker.identifier();
    const [client] = await broker.resume(identifier);
    await client.disconnect(0, ["sessionExpiryInterval", 0]);
    const [second, ended] = await broker.resume(identifier);
    assertEquals(ended.sessionPresent, false);
    await second.disconnect(0, ["sessionExpiryInterval", 1]);
    await broker.elapse(3);
    const [, expired] = await broker.resume(identifier);
    assertEquals(expired.sessionPresent, false);
  },
);

conformance(
  "a session stays while its connection is open [MQTT-4.1.0-1]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const topic = broker.topic("open");
    const client = await broker.connect({
      clientIdentifier,
      properties: [["sessionExpiryInterval", 1]],
    });
    await client.subscribe(topic);
    await broker.elapse(3);
    await client.publish({ topic, payload: "still here" });
    assertEquals((await client.take()).text, "still here");
    await client.disconnect();
    const [, connack] = await broker.resume(clientIdentifier);
    assertEquals(connack.sessionPresent, true);
  },
);

conformance(
  "each Client Identifier has a session of its own [MQTT-3.1.3-2]",
  async (broker) => {
    const identifier = broker.identifier();
    const [client] = await broker.resume(identifier);
    await client.disconnect();
    for (const other of [`${identifier}0`, identifier.toUpperCase()]) {
      const [, connack] = await broker.resume(other);
      assertEquals(connack.sessionPresent, false);
    }
    const [, connack] = await broker.resume(identifier);
    assertEquals(connack.sessionPresent, true);
  },
);

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

conformance(
  "what follows a refused CONNECT is not processed [MQTT-3.1.4-6] " +
    "[MQTT-3.2.2-7]",
  async (broker) => {
    const observer = await broker.connect();
    const topic = broker.topic("refused");
    await observer.subscribe(topic);
    const client = await broker.open();
    await client.send(
      connect({ clientIdentifier: broker.identifier(), flags: 0x03 }),
      publish({ topic }),
    );
    await client.expectRefused(0x81);
    await observer.expectSilence();
  },
);

conformance(
  "what follows an accepted CONNECT in one segment is processed " +
    "[MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT-3.2.0-2]",
  async (broker) => {
    const client = await broker.open();
    const clientIdentifier = broker.identifier();
    await client.send(
      connect({ clientIdentifier }),
      publish({ topic: broker.topic("piped"), qos: 1, packetIdentifier: 9 }),
    );
    assertEquals((await client.expect("CONNACK")).reasonCode, 0);
    assertEquals((await client.expect("PUBACK")).packetIdentifier, 9);
    await client.expectSilence();
  },
);

conformance(
  "CONNACK comes first, and once [MQTT-3.2.0-1] [MQTT-3.2.0-2] " +
    "[MQTT-3.2.2-1]",
  async (broker) => {
    const identifier = broker.identifier();
    const topic = broker.topic("first");
    const publisher = await broker.connect();
    const [old] = await broker.resume(identifier);
    await old.subscribe(topic, { options: 1 });
    await old.disconnect();
    await publisher.deliver({ topic, qos: 1 });
    // Expects CONNACK before the message that waits.
    const [client, connack] = await broker.resume(identifier);
    assertEquals(connack.sessionPresent, true);
    await client.take();
    await client.expectSilence();
    await client.send(connect({ clientIdentifier: identifier }));
    await client.expectDisconnect(0x82);
  },
);

conformance(
  "a refusal says that no session is present [MQTT-3.2.2-6]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const [old] = await broker.resume(clientIdentifier);
    await old.disconnect();
    const client = await broker.open();
    await client.sendConnect({
      clientIdentifier,
      cleanStart: false,
      properties: [
        ["sessionExpiryInterval", LONG_SECONDS],
        ["authenticationMethod", "no such method"],
      ],
    });
    const connack = await client.expect("CONNACK");
    assertNotEquals(connack.reasonCode, 0);
    assertEquals(connack.sessionPresent, false);
    await client.expectClosed();
  },
);
