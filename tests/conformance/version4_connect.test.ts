import { assert, assertEquals } from "../_assert.ts";
import type { AuthenticationResult, Authorizer } from "../../src/broker/mod.ts";
import { frame, hex, lengthPrefixed, uint16, uint8 } from "./_bytes.ts";
import { type Case, eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import { connect, type ConnectFields, publish } from "./_packets.ts";

const version = 4;

/** Tests that each CONNECT of `cases` is closed without CONNACK. */
function closes(name: string, cases: readonly Case<Uint8Array>[]): void {
  conformance(name, async (broker) => {
    await eachCase(cases, async (bytes) => {
      const client = await broker.open(version);
      await client.send(bytes);
      await client.expectClosed();
    });
  });
}

/** CONNECT with Connect Flags that need not fit its fields. */
function withFlags(
  flags: number,
  fields: ConnectFields = {},
): Case<Uint8Array> {
  return [
    `Connect Flags 0x${flags.toString(16)}`,
    connect({ version, clientIdentifier: "flags", ...fields, flags }),
  ];
}

for (
  const [fault, texts, label] of [
    ["ill-formed UTF-8", illFormedUtf8, "[3.1.1 MQTT-1.5.3-1]"],
    ["U+0000", withNull, "[3.1.1 MQTT-1.5.3-2]"],
  ] as const
) {
  closes(
    `a CONNECT with ${fault} is closed without CONNACK ${label}`,
    texts.flatMap(([name, text]) =>
      ([
        { clientIdentifier: text },
        { clientIdentifier: "text", will: { topic: text } },
        { clientIdentifier: "text", userName: text },
      ] satisfies ConnectFields[]).map((fields) =>
        [name, connect({ version, ...fields })] as const
      )
    ),
  );
}

closes(
  "a CONNECT with reserved fixed-header flags is closed " +
    "[3.1.1 MQTT-2.2.2-2]",
  [1, 2, 4, 8].map((flags) => {
    const bytes = connect({ version, clientIdentifier: "flags" });
    bytes[0] |= flags;
    return [`${flags}`, bytes];
  }),
);

closes(
  "a CONNECT under another name is not served [3.1.1 MQTT-3.1.2-1]",
  ["MQTt", "mqtt", "MQT", "HTTP", ""].map((name) => [
    `"${name}"`,
    frame(0x10, lengthPrefixed(name), hex("04 02 00 00 00 01 61")),
  ]),
);

conformance(
  "a Protocol Level before 4 is answered with 0x01 [3.1.1 MQTT-3.1.2-2] " +
    "[3.1.1 MQTT-3.2.2-5] [3.1.1 MQTT-3.2.2-4]",
  async (broker) => {
    for (const level of [0, 1, 2, 3]) {
      const client = await broker.open(version);
      await client.send(
        frame(
          0x10,
          lengthPrefixed("MQTT"),
          uint8(level),
          hex("02 00 00 00 01 61"),
        ),
      );
      assertEquals((await client.expect("CONNACK")).bytes, hex("20 02 00 01"));
      await client.expectClosed();
    }
  },
);

closes(
  "a CONNECT with the reserved Connect Flag is closed " +
    "[3.1.1 MQTT-3.1.2-3]",
  [withFlags(0x01), withFlags(0x03)],
);

closes(
  "a CONNECT without the Will that its flags announce is closed " +
    "[3.1.1 MQTT-3.1.2-9]",
  [withFlags(0x06), withFlags(0x0e)],
);

closes(
  "a CONNECT with parts of a Will without Will Flag is closed " +
    "[3.1.1 MQTT-3.1.2-11]",
  [
    withFlags(0x0a),
    withFlags(0x12),
    withFlags(0x22),
    withFlags(0x02, { will: { topic: "will" } }),
  ],
);

closes(
  "a CONNECT with Will QoS 3 is closed [3.1.1 MQTT-3.1.2-14]",
  [withFlags(0x1e, { will: { topic: "will" } })],
);

closes(
  "a CONNECT with a Password without User Name is closed " +
    "[3.1.1 MQTT-3.1.2-22]",
  [withFlags(0x42, { password: "secret" })],
);

conformance(
  "a CONNECT that is cut short anywhere is closed without CONNACK " +
    "[3.1.1 MQTT-3.1.4-1] [3.1.1 MQTT-3.1.3-1] [3.1.1 MQTT-4.8.0-1]",
  async (broker) => {
    const whole = connect({
      version,
      clientIdentifier: broker.identifier(),
      will: { topic: "w", payload: "p" },
      userName: "user",
      password: "secret",
    });
    const body = whole.subarray(2);
    for (let length = 0; length < body.length; length++) {
      const client = await broker.open(version);
      await client.send(frame(0x10, body.subarray(0, length)));
      await client.expectClosed();
    }
    const longer = await broker.open(version);
    await longer.send(frame(0x10, body, hex("00")));
    await longer.expectClosed();
  },
);

conformance(
  "a CONNECT with every field is read in the order of the standard " +
    "[3.1.1 MQTT-3.1.3-1] [3.1.1 MQTT-3.2.0-1]",
  async (broker) => {
    const topic = broker.topic("will");
    const observer = await broker.connect({ version });
    await observer.subscribe(topic);
    const [client, connack] = await broker.connectWithConnack({
      version,
      keepAliveSeconds: 60,
      will: { topic, payload: "gone" },
      userName: "user",
      password: "secret",
    });
    assertEquals(connack.bytes, hex("20 02 00 00"));
    client.close();
    assertEquals((await observer.take()).text, "gone");
  },
);

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

/** Answers each client with the Reason Code that is its user name. */
class RefusingAuthorizer implements Authorizer {
  authenticate(
    { connect }: { connect: { userName: string | null } },
  ): AuthenticationResult {
    return { reasonCode: Number(connect.userName) };
  }

  lookup(): boolean {
    return true;
  }

  decide(): Promise<void> {
    return Promise.resolve();
  }
}

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
