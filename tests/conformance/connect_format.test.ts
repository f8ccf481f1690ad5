import { assertEquals } from "../_assert.ts";
import { frame, hex, lengthPrefixed, uint16, uint8 } from "./_bytes.ts";
import { eachCase } from "./_cases.ts";
import { conformance, refusesConnect } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import {
  auth,
  connect,
  type ConnectFields,
  disconnect,
  pingreq,
  publish,
  subscribe,
} from "./_packets.ts";
import { properties, type Property } from "./_properties.ts";

conformance(
  "another packet before CONNECT is not answered [MQTT-3.1.0-1] " +
    "[MQTT-3.14.0-1]",
  async (broker) => {
    await eachCase([
      ["PUBLISH", publish({ topic: "a" })],
      ["SUBSCRIBE", subscribe([["a", 0]])],
      ["PINGREQ", pingreq],
      ["DISCONNECT", disconnect()],
      ["AUTH", auth(0x18, ["authenticationMethod", "m"])],
      ["CONNACK", frame(0x20, hex("00 00 00"))],
      ["a reserved type", frame(0x00)],
    ], async (bytes) => {
      const client = await broker.open();
      await client.send(bytes, connect({ clientIdentifier: "late" }));
      await client.expectClosed();
    });
  },
);

refusesConnect(
  "another Protocol Name is refused [MQTT-3.1.2-1]",
  ["MQTt", "mqtt", "MQT", "MQTTT", "HTTP", ""].map((name) => [
    `"${name}"`,
    frame(0x10, lengthPrefixed(name), hex("05 02 00 00 00 00 01 61")),
  ]),
  [0x84],
);

refusesConnect(
  "a Protocol Version after 5 is refused [MQTT-3.1.2-2]",
  [6, 7, 0x7f, 0xff].map((version) => [
    `${version}`,
    frame(
      0x10,
      lengthPrefixed("MQTT"),
      uint8(version),
      hex("02 00 00 00 00 01 61"),
    ),
  ]),
  [0x84],
);

refusesConnect(
  "a CONNECT with Will Properties out of their place is refused " +
    "[MQTT-3.1.3-1]",
  [[
    "behind the Will Topic",
    frame(
      0x10,
      lengthPrefixed("MQTT"),
      hex("05 06 00 00 00"),
      lengthPrefixed("id"),
      lengthPrefixed("will"),
      properties(["willDelayInterval", 0]),
      lengthPrefixed("payload"),
    ),
  ]],
);

conformance(
  "a CONNECT with every field is read in the order of the standard " +
    "[MQTT-3.1.3-1] [MQTT-3.1.4-5]",
  async (broker) => {
    const observer = await broker.connect();
    await observer.subscribe(broker.topic("will"));
    const client = await broker.connect({
      keepAliveSeconds: 60,
      properties: everyConnectProperty,
      will: {
        topic: broker.topic("will"),
        payload: "gone",
        properties: [["contentType", "text"], ["willDelayInterval", 0]],
      },
      userName: "user",
      password: "secret",
    });
    await client.disconnect(0x04);
    const will = await observer.take();
    assertEquals(will.text, "gone");
    assertEquals(will.properties, [["contentType", "text"]]);
  },
);

const everyConnectProperty: readonly Property[] = [
  ["sessionExpiryInterval", 0],
  ["receiveMaximum", 10],
  ["maximumPacketSize", 1_000],
  ["topicAliasMaximum", 0],
  ["requestResponseInformation", 0],
  ["requestProblemInformation", 1],
  ["userProperty", "name", "value"],
  ["userProperty", "name", "value"],
];

refusesConnect(
  "a CONNECT without Client Identifier is refused [MQTT-3.1.3-3]",
  [["none", frame(0x10, lengthPrefixed("MQTT"), hex("05 02 00 00 00"))]],
);

for (
  const [field, label, fields] of [
    [
      "Client Identifier",
      "[MQTT-3.1.3-4]",
      (text: Uint8Array) => ({ clientIdentifier: text }),
    ],
    [
      "Will Topic",
      "[MQTT-3.1.3-11]",
      (text: Uint8Array) => ({ will: { topic: text } }),
    ],
    [
      "User Name",
      "[MQTT-3.1.3-12]",
      (text: Uint8Array) => ({ userName: text }),
    ],
    [
      "Content Type of the Will",
      "[MQTT-3.3.2-19]",
      (text: Uint8Array) => ({
        will: {
          topic: "will",
          properties: [["contentType", text]],
        } satisfies ConnectFields["will"],
      }),
    ],
  ] as const
) {
  refusesConnect(
    `a CONNECT whose ${field} is no UTF-8 is refused ${label}`,
    [...illFormedUtf8, ...withNull].map(([name, text]) => [
      name,
      connect({ clientIdentifier: "text", ...fields(text) }),
    ]),
  );
}

refusesConnect(
  "a Will Topic with a wildcard or without characters is refused " +
    "[MQTT-4.7.0-1] [MQTT-4.7.3-1]",
  ["a/#", "+", "a+b", ""].map((topic) => [
    `"${topic}"`,
    connect({ clientIdentifier: "will", will: { topic } }),
  ]),
  [0x81, 0x82, 0x90],
);

conformance(
  "a CONNECT that is cut short anywhere is refused [MQTT-3.1.4-1]",
  async (broker) => {
    const whole = connect({
      clientIdentifier: broker.identifier(),
      properties: everyConnectProperty,
      will: { topic: "w", properties: [["willDelayInterval", 1]] },
      userName: "user",
      password: "secret",
    });
    const body = whole.subarray(2);
    assertEquals(whole[1], body.length);
    for (let length = 0; length < body.length; length++) {
      const client = await broker.open();
      await client.send(frame(0x10, body.subarray(0, length)));
      await client.expectRefused(0x81, 0x82);
    }
  },
);

refusesConnect(
  "a CONNECT with bytes behind its last field is refused [MQTT-3.1.4-1]",
  [[
    "one byte",
    frame(
      0x10,
      lengthPrefixed("MQTT"),
      hex("05 02 00 00 00"),
      lengthPrefixed("rest"),
      hex("00"),
    ),
  ]],
);

refusesConnect(
  "a CONNECT with a property that does not exist or belongs elsewhere is " +
    "refused [MQTT-3.1.4-1] [MQTT-4.13.1-1]",
  [
    ["0x00", hex("02 00 00")],
    ["0x7f", hex("02 7f 00")],
    ["Topic Alias", properties(["topicAlias", 1])],
    ["Server Keep Alive", properties(["serverKeepAlive", 1])],
    ["Reason String", properties(["reasonString", "why"])],
    ["a property cut short", hex("03 11 00 00")],
  ].map(([name, section]) => [
    name as string,
    connectWithSection(section as Uint8Array),
  ]),
  [0x81, 0x82],
);

refusesConnect(
  "a CONNECT with a property twice or out of its range is refused " +
    "[MQTT-3.1.4-1] [MQTT-4.13.1-1]",
  ([
    [["sessionExpiryInterval", 1], ["sessionExpiryInterval", 1]],
    [["receiveMaximum", 1], ["receiveMaximum", 1]],
    [["maximumPacketSize", 100], ["maximumPacketSize", 100]],
    [["topicAliasMaximum", 0], ["topicAliasMaximum", 0]],
    [["requestProblemInformation", 1], ["requestProblemInformation", 1]],
    [["requestResponseInformation", 1], ["requestResponseInformation", 1]],
    [["authenticationMethod", "m"], ["authenticationMethod", "m"]],
    [["authenticationData", "data without a method"]],
    [["receiveMaximum", 0]],
    [["maximumPacketSize", 0]],
    [["requestProblemInformation", 2]],
    [["requestResponseInformation", 2]],
  ] satisfies Property[][]).map((list) => [
    list.map(([name]) => name).join(", "),
    connectWithSection(properties(...list)),
  ]),
  [0x82],
);

function connectWithSection(section: Uint8Array): Uint8Array {
  return frame(
    0x10,
    lengthPrefixed("MQTT"),
    hex("05 02"),
    uint16(0),
    section,
    lengthPrefixed("section"),
  );
}
