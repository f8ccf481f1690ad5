import {
  type AcknowledgementType,
  encodePacket,
  type Packet,
  PacketType,
  type Properties,
  type ProtocolVersion,
  type QoS,
  type WillMessage,
} from "../../src/codec/mod.ts";
import {
  connectPacket,
  publishPacket,
  type SeededRandom,
  subscribePacket,
} from "../broker/_harness.ts";

const LONGEST_STREAM = 16;
const VERSIONS: readonly ProtocolVersion[] = [5, 5, 5, 5, 4, 3];
const CLIENT_IDENTIFIERS = ["c0", "c1", "c2", "", "é/#+$", "\u{10ffff}"];
const TOPIC_NAMES = ["a", "a/b", "a/b/c", "é/1", "/", "//", "$SYS/x", "b"];
const TOPIC_FILTERS = [
  "#",
  "+",
  "a/+",
  "a/#",
  "+/b",
  "é/#",
  "$share/g/a/#",
  "$share/g/+",
  "$share/h/#",
  "$SYS/#",
  "/",
  "+/+/#",
];
const PAYLOADS = ["", "x", "0123456789", "y".repeat(200), "z".repeat(5_000)];
const SECONDS = [0, 1, 2, 100, 0x7fff_ffff, 0xffff_ffff];

/** One of `values`. */
export function pick<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.integer(values.length)];
}

/** True once in `count` times. */
export function oneIn(random: SeededRandom, count: number): boolean {
  return random.integer(count) === 0;
}

/** What a client that keeps to the rules, or nearly so, sends: frame by frame. */
export function makeStream(random: SeededRandom): Uint8Array[] {
  const version = pick(random, VERSIONS);
  const frames = [encodePacket(makeConnect(random, version), version)];
  const count = random.integer(LONGEST_STREAM);
  for (let i = 0; i < count; i++) {
    frames.push(encodePacket(makePacket(random, version), version));
  }
  return frames;
}

function makeConnect(random: SeededRandom, version: ProtocolVersion): Packet {
  const properties: Properties = {};
  if (oneIn(random, 2)) properties.sessionExpiryInterval = seconds(random);
  if (oneIn(random, 3)) properties.receiveMaximum = 1 + random.integer(3);
  if (oneIn(random, 4)) {
    properties.maximumPacketSize = pick(random, [2, 20, 60, 1_000]);
  }
  if (oneIn(random, 3)) properties.topicAliasMaximum = random.integer(4);
  if (oneIn(random, 4)) properties.requestProblemInformation = 0;
  if (oneIn(random, 8)) properties.authenticationMethod = "SCRAM-SHA-256";
  return connectPacket(pick(random, CLIENT_IDENTIFIERS), {
    protocolVersion: version,
    cleanStart: oneIn(random, 2),
    keepAliveSeconds: pick(random, [0, 1, 60, 65_535]),
    userName: oneIn(random, 3) ? "user" : null,
    properties,
    ...(oneIn(random, 2) ? { willMessage: makeWill(random) } : {}),
  });
}

function makeWill(random: SeededRandom): Partial<WillMessage> {
  const properties: Properties = {};
  if (oneIn(random, 2)) properties.willDelayInterval = seconds(random);
  if (oneIn(random, 3)) properties.messageExpiryInterval = seconds(random);
  return {
    topicName: pick(random, TOPIC_NAMES),
    qos: random.integer(3) as QoS,
    isRetained: oneIn(random, 2),
    properties,
  };
}

function makePacket(random: SeededRandom, version: ProtocolVersion): Packet {
  const packetIdentifier = 1 + random.integer(4);
  switch (random.integer(12)) {
    case 0:
    case 1: {
      const filters = Array.from({ length: 1 + random.integer(3) }, () => ({
        topicFilter: pick(random, TOPIC_FILTERS),
        qos: random.integer(3) as QoS,
        retainAsPublished: oneIn(random, 2),
        retainHandling: random.integer(3) as 0 | 1 | 2,
      }));
      return subscribePacket(
        packetIdentifier,
        filters,
        oneIn(random, 2)
          ? { subscriptionIdentifiers: [1 + random.integer(300)] }
          : {},
      );
    }
    case 2:
      return {
        type: PacketType.unsubscribe,
        packetIdentifier,
        topicFilters: [pick(random, TOPIC_FILTERS)],
        properties: {},
      };
    case 3:
      return { type: PacketType.pingreq };
    case 4:
      return {
        type: PacketType.disconnect,
        reasonCode: oneIn(random, 2) ? 0 : 4,
        properties: oneIn(random, 3)
          ? { sessionExpiryInterval: seconds(random) }
          : {},
      };
    case 5:
    case 6:
    case 7:
      return {
        type: 4 + random.integer(4) as AcknowledgementType,
        packetIdentifier,
        reasonCode: 0,
        properties: {},
      };
    default:
      return makePublish(random, packetIdentifier, version);
  }
}

function makePublish(
  random: SeededRandom,
  packetIdentifier: number,
  version: ProtocolVersion,
): Packet {
  const qos = random.integer(3) as QoS;
  const properties: Properties = {};
  if (oneIn(random, 3)) properties.messageExpiryInterval = seconds(random);
  if (oneIn(random, 3)) properties.topicAlias = 1 + random.integer(11);
  if (oneIn(random, 4)) properties.contentType = "text/plain";
  if (oneIn(random, 4)) {
    properties.userProperties = [["name", "value"], ["name", ""]];
  }
  const isAliased = version === 5 && properties.topicAlias !== undefined &&
    oneIn(random, 2);
  return publishPacket(
    isAliased ? "" : pick(random, TOPIC_NAMES),
    pick(random, PAYLOADS),
    {
      qos,
      packetIdentifier: qos === 0 ? 0 : packetIdentifier,
      isRetained: oneIn(random, 3),
      properties,
    },
  );
}

function seconds(random: SeededRandom): number {
  return pick(random, SECONDS);
}
