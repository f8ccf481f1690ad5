import { frame, hex, lengthPrefixed } from "./_bytes.ts";
import { type Case } from "./_cases.ts";
import { conformance, refusesConnect } from "./_conformance.ts";
import { connect, type ConnectFields } from "./_packets.ts";

/** CONNECT with Connect Flags that need not fit its fields. */
function withFlags(
  flags: number,
  fields: ConnectFields = {},
): Case<Uint8Array> {
  return [
    `Connect Flags 0x${flags.toString(16)}`,
    connect({ clientIdentifier: "flags", ...fields, flags }),
  ];
}

refusesConnect(
  "a CONNECT with the reserved Connect Flag is refused [MQTT-3.1.2-3]",
  [withFlags(0x01), withFlags(0x03)],
);

refusesConnect(
  "a CONNECT without the Will that its flags announce is refused " +
    "[MQTT-3.1.2-9]",
  [
    withFlags(0x06),
    [
      "without Will Payload",
      frame(
        0x10,
        lengthPrefixed("MQTT"),
        hex("05 06 00 00 00 00 01 61 00"),
        lengthPrefixed("will"),
      ),
    ],
  ],
);

refusesConnect(
  "a CONNECT with a Will QoS without Will is refused [MQTT-3.1.2-11]",
  [withFlags(0x0a), withFlags(0x12), withFlags(0x1a)],
  [0x81, 0x82],
);

refusesConnect(
  "a CONNECT with Will QoS 3 is refused [MQTT-3.1.2-12]",
  [withFlags(0x1e, { will: { topic: "will" } })],
);

refusesConnect(
  "a CONNECT with Will Retain without Will is refused [MQTT-3.1.2-13]",
  [withFlags(0x22)],
  [0x81, 0x82],
);

refusesConnect(
  "a CONNECT with a User Name that its flags do not announce is refused " +
    "[MQTT-3.1.2-16]",
  [withFlags(0x02, { userName: "user" })],
);

refusesConnect(
  "a CONNECT without the User Name that its flags announce is refused " +
    "[MQTT-3.1.2-17]",
  [withFlags(0x82), withFlags(0xc2, { password: "secret" })],
);

refusesConnect(
  "a CONNECT with a Password that its flags do not announce is refused " +
    "[MQTT-3.1.2-18]",
  [
    withFlags(0x02, { password: "secret" }),
    withFlags(0x82, { userName: "user", password: "secret" }),
  ],
);

refusesConnect(
  "a CONNECT without the Password that its flags announce is refused " +
    "[MQTT-3.1.2-19]",
  [withFlags(0x42), withFlags(0xc2, { userName: "user" })],
);

conformance(
  "User Name and Password may each stand alone [MQTT-3.1.2-16] " +
    "[MQTT-3.1.2-17] [MQTT-3.1.2-18] [MQTT-3.1.2-19]",
  async (broker) => {
    await broker.connect({ userName: "user" });
    await broker.connect({ password: "secret" });
    await broker.connect({ userName: "user", password: hex("00 ff 00") });
    await broker.connect({ userName: "", password: "" });
  },
);

conformance(
  "a Will QoS of 0, 1 and 2 is accepted [MQTT-3.1.2-12]",
  async (broker) => {
    for (const qos of [0, 1, 2]) {
      await broker.connect({ will: { topic: broker.topic("will"), qos } });
    }
  },
);
