import { assert, assertEquals } from "../_assert.ts";
import { RefusingAuthorizer } from "./_authorizers.ts";
import { frame, hex, lengthPrefixed, uint16 } from "./_bytes.ts";
import { conformance } from "./_conformance.ts";
import { connect, publish } from "./_packets.ts";

const version = 4;

conformance(
  "a second CONNECT closes the connection without a packet " +
    "[3.1.1 MQTT-3.1.0-2]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const clientIdentifier = broker.identifier();
    const client = await broker.connect({
      version,
      clientIdentifier,
      will: { topic, payload: "will" },
    });
    await client.send(connect({ version, clientIdentifier }));
    await client.expectClosed();
    assertEquals((await observer.take()).text, "will");
  },
);

conformance(
  "clients without identifier each get one of their own " +
    "[3.1.1 MQTT-3.1.3-6]",
  async (broker) => {
    const clients = [];
    for (let count = 0; count < 3; count++) {
      const [client, connack] = await broker.connectWithConnack({
        version,
        clientIdentifier: "",
      });
      assertEquals(connack.bytes, hex("20 02 00 00"));
      clients.push(client);
    }
    for (const client of clients) await client.ping();
  },
);

conformance(
  "a client without identifier cannot have a session that stays " +
    "[3.1.1 MQTT-3.1.3-7] [3.1.1 MQTT-3.1.3-8] [3.1.1 MQTT-3.2.2-5]",
  async (broker) => {
    const client = await broker.open(version);
    await client.sendConnect({ clientIdentifier: "", cleanStart: false });
    assertEquals((await client.expect("CONNACK")).bytes, hex("20 02 00 02"));
    await client.expectClosed();
  },
);

conformance(
  "a Client Identifier that is not accepted is answered with 0x02 " +
    "[3.1.1 MQTT-3.1.3-9]",
  async (broker) => {
    for (const clientIdentifier of ["", "x".repeat(24)]) {
      const client = await broker.open(version);
      await client.sendConnect({ clientIdentifier });
      assertEquals((await client.expect("CONNACK")).bytes, hex("20 02 00 02"));
      await client.expectClosed();
    }
  },
  {
    limits: {
      allowZeroLengthClientIdentifier: false,
      maximumClientIdentifierBytes: 23,
    },
  },
);

conformance(
  "a second client with the same identifier closes the first one without a " +
    "packet [3.1.1 MQTT-3.1.4-2]",
  async (broker) => {
    const clientIdentifier = broker.identifier();
    const first = await broker.connect({ version, clientIdentifier });
    const second = await broker.connect({ version, clientIdentifier });
    await first.expectClosed();
    await second.ping();
    // Each is told in the words of its own version.
    const third = await broker.connect({ clientIdentifier });
    await second.expectClosed();
    await broker.connect({ version, clientIdentifier });
    await third.expectDisconnect(0x8e);
  },
);

conformance(
  "what follows a refused CONNECT is not processed [3.1.1 MQTT-3.1.4-5]",
  async (broker) => {
    const topic = broker.topic("refused");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const client = await broker.open(version);
    await client.send(
      connect({ version, clientIdentifier: "", cleanStart: false }),
      publish({ version, topic }),
    );
    assertEquals((await client.expect("CONNACK")).reasonCode, 2);
    await client.expectClosed();
    await observer.expectSilence();
  },
);
conformance(
  "a client that is not let in gets the return code that fits, or none " +
    "[3.1.1 MQTT-3.2.2-4] [3.1.1 MQTT-3.2.2-5] [3.1.1 MQTT-3.2.2-6]",
  async (broker) => {
    for (
      const [reasonCode, returnCode] of [
        [0x86, 4],
        [0x87, 5],
        [0x8a, 5],
        [0x88, 3],
        [0x89, 3],
        [0x85, 2],
        [0x83, null],
        [0x90, null],
      ] as const
    ) {
      const client = await broker.open(version);
      await client.sendConnect({
        clientIdentifier: broker.identifier(),
        cleanStart: false,
        userName: `${reasonCode}`,
      });
      if (returnCode !== null) {
        const connack = await client.expect("CONNACK");
        assertEquals(connack.reasonCode, returnCode);
        assert(!connack.sessionPresent);
      }
      await client.expectClosed();
    }
  },
  { authorizer: new RefusingAuthorizer() },
);

conformance(
  "a Will that the server does not offer is closed without CONNACK " +
    "[3.1.1 MQTT-3.2.2-6]",
  async (broker) => {
    for (const [qos, isRetained] of [[2, false], [0, true]] as const) {
      const client = await broker.open(version);
      await client.sendConnect({
        clientIdentifier: broker.identifier(),
        will: { topic: "will", qos, isRetained },
      });
      await client.expectClosed();
    }
  },
  { limits: { maximumQos: 1, retainAvailable: false } },
);

conformance(
  "a client that is silent for 1.5 times its Keep Alive is closed without a " +
    "packet [3.1.1 MQTT-3.1.2-24]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const silent = await broker.connect({
      version,
      keepAliveSeconds: 1,
      will: { topic, payload: "will" },
    });
    const active = await broker.connect({ version, keepAliveSeconds: 1 });
    await broker.elapse(1.3);
    await active.ping();
    await broker.elapse(0.3);
    await active.ping();
    await silent.expectClosed();
    assertEquals((await observer.take()).text, "will");
  },
);

conformance(
  "a CONNECT is enough to be served over TCP [3.1.1 MQTT-7.1.1-1] " +
    "[3.1.1 MQTT-7.0.0-2]",
  async (broker) => {
    const client = await broker.open(version);
    await client.send(
      frame(
        0x10,
        lengthPrefixed("MQTT"),
        hex("04 02"),
        uint16(0),
        lengthPrefixed(broker.identifier()),
      ),
    );
    assertEquals((await client.expect("CONNACK")).bytes, hex("20 02 00 00"));
    const topic = broker.topic("plain");
    await client.subscribe(topic, { options: 2 });
    const payload = new Uint8Array(200_000).map((_, index) => index * 31);
    for (const qos of [0, 1, 2]) {
      const other = await broker.connect({ version });
      await other.deliver({ topic, qos, payload });
      assertEquals((await client.take()).payload, payload);
    }
  },
);
