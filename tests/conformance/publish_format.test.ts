import { frame, hex, lengthPrefixed, uint16 } from "./_bytes.ts";
import { type Case, eachCase } from "./_cases.ts";
import { conformance } from "./_conformance.ts";
import { illFormedUtf8, withNull } from "./_ill_formed.ts";
import { publish } from "./_packets.ts";
import type { Property } from "./_properties.ts";

/** Retain Handling 2. */
const NO_RETAINED = 0x20;

/** Tests that each PUBLISH of `cases` ends its connection with one of `reasonCodes`. */
function ends(
  name: string,
  cases: readonly Case<Uint8Array>[],
  reasonCodes: readonly number[],
): void {
  conformance(name, async (broker) => {
    const observer = await broker.connect();
    await observer.subscribe("#", { options: NO_RETAINED });
    await eachCase(cases, async (bytes) => {
      const client = await broker.connect();
      await client.send(bytes);
      await client.expectDisconnect(...reasonCodes);
    });
    await observer.expectSilence();
  });
}

/** A PUBLISH that is fine but for its properties. */
function withProperties(...properties: Property[]): Case<Uint8Array> {
  return [
    properties.map(([name]) => name).join(", "),
    publish({ topic: "a", properties }),
  ];
}

ends(
  "a PUBLISH with QoS 3 ends the connection [MQTT-3.3.1-4]",
  [0x36, 0x37, 0x3e, 0x3f].map((firstByte) => [
    firstByte.toString(16),
    frame(firstByte, lengthPrefixed("a"), uint16(1), hex("00")),
  ]),
  [0x81],
);

ends(
  "a PUBLISH whose Topic Name is missing, cut short or no UTF-8 ends the " +
    "connection [MQTT-3.3.2-1]",
  [
    ["missing", frame(0x30)],
    ["cut short", frame(0x30, hex("00 05 61 62"))],
    ["cut inside its length", frame(0x30, hex("00"))],
    ...[...illFormedUtf8, ...withNull].map(([name, topic]) =>
      [name, publish({ topic })] as const
    ),
  ],
  [0x81],
);

ends(
  "a PUBLISH to a Topic Name with a wildcard ends the connection " +
    "[MQTT-3.3.2-2] [MQTT-4.7.0-1]",
  ["#", "+", "a/#", "a/+/b", "a#", "+b"].map((topic) => [
    topic,
    publish({ topic }),
  ]),
  [0x81, 0x82, 0x90],
);

ends(
  "a PUBLISH without Topic Name or Topic Alias ends the connection " +
    "[MQTT-4.7.3-1]",
  [
    ["QoS 0", publish({ topic: "" })],
    ["QoS 1", publish({ topic: "", qos: 1 })],
  ],
  [0x81, 0x82, 0x90],
);

ends(
  "a PUBLISH with U+0000 in its Topic Name ends the connection " +
    "[MQTT-4.7.3-2]",
  withNull.map(([name, topic]) => [name, publish({ topic })]),
  [0x81],
);

for (
  const [name, title, label] of [
    ["responseTopic", "Response Topic", "[MQTT-3.3.2-13]"],
    ["contentType", "Content Type", "[MQTT-3.3.2-19]"],
  ] as const
) {
  ends(
    `a ${title} that is no UTF-8 ends the connection ${label}`,
    [...illFormedUtf8, ...withNull].map(([fault, text]) => [
      fault,
      publish({ topic: "a", properties: [[name, text]] }),
    ]),
    [0x81],
  );
}

ends(
  "a Response Topic with a wildcard ends the connection [MQTT-3.3.2-14]",
  ["#", "+", "a/#", "a+"].map((topic) =>
    withProperties(["responseTopic", topic])
  ),
  [0x81, 0x82],
);

ends(
  "a Subscription Identifier from a client ends the connection " +
    "[MQTT-3.3.4-6]",
  [
    withProperties(["subscriptionIdentifier", 1]),
    withProperties(["contentType", "t"], ["subscriptionIdentifier", 300]),
  ],
  [0x82],
);

ends(
  "a property twice or out of its range ends the connection " +
    "[MQTT-4.13.1-1]",
  [
    withProperties(
      ["payloadFormatIndicator", 1],
      ["payloadFormatIndicator", 1],
    ),
    withProperties(["messageExpiryInterval", 1], ["messageExpiryInterval", 1]),
    withProperties(["contentType", "a"], ["contentType", "a"]),
    withProperties(["responseTopic", "a"], ["responseTopic", "a"]),
    withProperties(["correlationData", "a"], ["correlationData", "a"]),
    withProperties(["topicAlias", 1], ["topicAlias", 1]),
    withProperties(["payloadFormatIndicator", 2]),
  ],
  [0x82],
);

ends(
  "a property that does not exist, belongs elsewhere or is cut short ends " +
    "the connection [MQTT-4.13.1-1]",
  [
    withProperties(["receiveMaximum", 1]),
    withProperties(["reasonString", "why"]),
    ["unknown", frame(0x30, lengthPrefixed("a"), hex("02 7f 00"))],
    ["cut short", frame(0x30, lengthPrefixed("a"), hex("03 02 00 00 00 00"))],
    ["longer than the packet", frame(0x30, lengthPrefixed("a"), hex("05 01"))],
  ],
  [0x81, 0x82],
);
