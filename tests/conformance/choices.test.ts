/** Holds RQTT to CHOICES.md: which packets it takes, and how it refuses others. */
import { assertEquals, assertMatch } from "../_assert.ts";
import { frame, hex, lengthPrefixed, uint16 } from "./_bytes.ts";
import { choice } from "./_conformance.ts";
import { acknowledge, connect, subscribe } from "./_packets.ts";
import { RawWebSocket } from "./_websocket.ts";

choice("a padded length is malformed [MQTT-1.5.5-1]", async (broker) => {
  for (
    const bytes of [
      hex("c0 80 00"),
      frame(0x30, lengthPrefixed("a"), hex("80 00")),
      frame(
        0x82,
        uint16(1),
        hex("03 0b 81 00"),
        lengthPrefixed("a"),
        hex("00"),
      ),
    ]
  ) {
    const client = await broker.connect();
    await client.send(bytes);
    await client.expectDisconnect(0x81);
  }
});

choice(
  "control characters and non-characters are accepted [MQTT-1.5.4-2]",
  async (broker) => {
    const topic = broker.topic("\u{1}\u{1f}\u{7f}\u{9f}\u{ffff}\u{10ffff}");
    const client = await broker.connect();
    await client.subscribe(topic);
    await client.publish({ topic });
    assertEquals((await client.take()).topic, topic);
  },
);

choice(
  "a faulty 5.0 CONNECT is answered, with the reason [MQTT-3.1.4-1]",
  async (broker) => {
    const client = await broker.open();
    await client.send(connect({ clientIdentifier: "faulty", flags: 0x03 }));
    const connack = await client.expect("CONNACK");
    assertEquals(connack.reasonCode, 0x81);
    assertMatch(String(connack.value("reasonString")), /reserved bit/);
    await client.expectClosed();
  },
);

choice(
  "what is not MQTT at all is not answered [MQTT-3.1.2-1]",
  async (broker) => {
    for (const bytes of [hex("10 08 00 04 48 54 54 50 05 02"), hex("16 03")]) {
      const client = await broker.open();
      await client.send(bytes, new Uint8Array(200));
      await client.expectClosed();
    }
  },
);

choice(
  "a version after 5 is answered in the form of 5.0 [MQTT-3.1.2-2]",
  async (broker) => {
    const client = await broker.open();
    await client.send(
      frame(0x10, lengthPrefixed("MQTT"), hex("06 02 00 00 00 00 01 61")),
    );
    assertEquals((await client.expect("CONNACK")).reasonCode, 0x84);
    await client.expectClosed();
  },
);

choice(
  "MQTT 3.1 is served, other versions of its name are answered with 0x01 " +
    "[3.1.1 MQTT-3.1.2-1]",
  async (broker) => {
    for (const [level, code] of [[3, 0], [4, 1]]) {
      const client = await broker.open(4);
      await client.send(
        frame(
          0x10,
          lengthPrefixed("MQIsdp"),
          Uint8Array.of(level),
          hex("02 00 00"),
          lengthPrefixed(broker.identifier()),
        ),
      );
      assertEquals((await client.expect("CONNACK")).reasonCode, code);
      if (code === 0) await client.ping();
    }
  },
);

choice(
  "a connection that never sends CONNECT is closed after 10 s " +
    "[MQTT-3.1.0-1]",
  async (broker) => {
    const silent = await broker.open();
    const slow = await broker.open();
    await slow.send(hex("10 20 00"));
    const barrier = await broker.connect();
    await broker.elapse(9);
    await barrier.ping();
    await broker.elapse(1.5);
    await silent.expectClosed();
    await slow.expectClosed();
  },
  { isInProcess: true },
);

choice(
  "a session longer than the cap is cut to it, and the client told " +
    "[MQTT-3.1.2-23]",
  async (broker) => {
    const [, connack] = await broker.connectWithConnack({
      properties: [["sessionExpiryInterval", 0xffff_ffff]],
    });
    assertEquals(connack.value("sessionExpiryInterval"), 60);
  },
  { limits: { sessionExpiryCapSeconds: 60 } },
);

choice(
  "a client without identifier may have a session that stays " +
    "[MQTT-3.1.3-6]",
  async (broker) => {
    const [, connack] = await broker.resume("");
    const identifier = String(connack.value("assignedClientIdentifier"));
    assertMatch(identifier, /^auto-[0-9a-z]{20}$/);
  },
);

choice("DUP at QoS 0 is malformed [MQTT-3.3.1-2]", async (broker) => {
  const client = await broker.connect();
  await client.publish({ topic: "a", isDuplicate: true });
  await client.expectDisconnect(0x81);
});

choice(
  "an identifier in use is taken for another exchange [MQTT-2.2.1-3]",
  async (broker) => {
    const client = await broker.connect();
    const packetIdentifier = 5;
    await client.publish({ topic: "a", qos: 2, packetIdentifier });
    await client.expect("PUBREC");
    await client.send(subscribe([["b", 0]], { packetIdentifier }));
    assertEquals((await client.expect("SUBACK")).reasonCodes, [0]);
    await client.deliver({ topic: "c", qos: 1, packetIdentifier });
  },
);

choice(
  "a Topic Name with a wildcard gets 0x90, one without characters 0x82 " +
    "[MQTT-3.3.2-2] [MQTT-4.7.3-1]",
  async (broker) => {
    for (const [topic, code] of [["a/#", 0x90], ["", 0x82]] as const) {
      const client = await broker.connect();
      await client.publish({ topic });
      await client.expectDisconnect(code);
    }
  },
);

choice(
  "an ill-formed Topic Filter ends the connection with 0x82 " +
    "[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.8.2-1] " +
    "[MQTT-4.8.2-2]",
  async (broker) => {
    for (const filter of ["a#", "a+", "", "$share//a", "$share/a"]) {
      const client = await broker.connect();
      await client.send(subscribe([["fine", 0], [filter, 0]]));
      await client.expectDisconnect(0x82);
    }
  },
);

choice(
  "topics that begin with $ are the broker's own [MQTT-4.7.2-1]",
  async (broker) => {
    const client = await broker.connect();
    await client.subscribe("$SYS/#", { options: 0x20 });
    for (const topic of ["$SYS/clients", "$other"]) {
      assertEquals((await client.deliver({ topic, qos: 1 })).reasonCode, 0x87);
      assertEquals((await client.deliver({ topic, qos: 2 })).reasonCode, 0x87);
      await client.publish({ topic });
    }
    await client.expectSilence();
    const refused = await broker.open();
    await refused.send(
      connect({ clientIdentifier: "will", will: { topic: "$SYS/will" } }),
    );
    assertEquals((await refused.expect("CONNACK")).reasonCode, 0x90);
  },
);

choice(
  "an unknown Authentication Method gets 0x8C [MQTT-4.12.0-1]",
  async (broker) => {
    const client = await broker.open();
    await client.sendConnect({
      clientIdentifier: broker.identifier(),
      properties: [["authenticationMethod", "no such method"]],
    });
    assertEquals((await client.expect("CONNACK")).reasonCode, 0x8c);
    await client.expectClosed();
  },
);

choice(
  "a client that was silent for too long is told so [MQTT-3.1.2-22]",
  async (broker) => {
    const client = await broker.connect({ keepAliveSeconds: 1 });
    await broker.elapse(1.6);
    await client.expectDisconnect(0x8d);
  },
);

choice(
  "an undefined Reason Code is a Protocol Error [MQTT-3.4.2-1]",
  async (broker) => {
    const client = await broker.connect();
    await client.send(acknowledge("puback", 1, Uint8Array.of(0x01)));
    await client.expectDisconnect(0x82);
  },
);

for (const version of [5, 4] as const) {
  choice(
    `a Client Identifier with the session of another user is refused, ${
      version === 5 ? "[MQTT-3.1.3-8]" : "in 3.1.1 too [3.1.1 MQTT-3.1.3-9]"
    }, and nothing becomes of it`,
    async (broker) => {
      const identifier = broker.identifier();
      const [owner] = await broker.resume(identifier, { userName: "owner" });
      for (const cleanStart of [false, true]) {
        for (const user of [{ userName: "other" }, {}]) {
          const client = await broker.open(version);
          await client.sendConnect({
            clientIdentifier: identifier,
            cleanStart,
            will: { topic: broker.topic("will") },
            ...user,
          });
          await client.expectRefused(version === 5 ? 0x85 : 2);
        }
      }
      await owner.ping();
      const [, connack] = await broker.resume(identifier, {
        userName: "owner",
      });
      assertEquals(connack.sessionPresent, true);
    },
  );
}

choice(
  "a filter over the levels or the number is refused in SUBACK " +
    "[MQTT-3.9.3-2]",
  async (broker) => {
    const client = await broker.connect();
    const suback = await client.subscribe([
      ["a/b/c/d", 0],
      ["a/b/c", 1],
      ["b", 1],
      ["c", 1],
    ]);
    assertEquals(suback.reasonCodes, [0x8f, 1, 1, 0x97]);
    await client.publish({ topic: "b" });
    await client.take();
  },
  { limits: { maximumTopicLevels: 3, maximumSubscriptionsPerClient: 2 } },
);

choice(
  "a WebSocket without a subprotocol of MQTT is refused, that of MQTT 3.1 is " +
    "selected if it is the only one [MQTT-6.0.0-3] [MQTT-6.0.0-4]",
  async (broker) => {
    for (
      const [subprotocols, status, subprotocol] of [
        [[], 400, null],
        [["chat"], 400, null],
        [["mqttv3.1"], 101, "mqttv3.1"],
      ] as const
    ) {
      const [webSocket, handshake] = await RawWebSocket.open(broker.address, {
        subprotocols,
      });
      webSocket.close();
      assertEquals(handshake, { status, subprotocol });
    }
  },
  { transport: "ws" },
);
