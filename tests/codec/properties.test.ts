import {
  decodeForwardedProperties,
  encodeForwardedProperties,
  encodePacket,
  MqttError,
  type Packet,
  PacketType,
  type Properties,
  type Sender,
} from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import { bytesOf, decodeWhole, frameOf } from "./_packet_rows.ts";

/** Where properties stand: a packet, or the Will inside CONNECT. */
interface Place {
  name: string;
  firstByte: number;
  senders: readonly Sender[];
  /** What surrounds the properties section. */
  before: string;
  after: string;
  /** Properties without which the packet would not be valid. */
  needs?: string;
}

const both = ["client", "server"] as const;
const client = ["client"] as const;
const server = ["server"] as const;

const connectStart = "0004 'MQTT' 05";
const places: Place[] = [
  place("connect", 0x10, client, `${connectStart} 02 0000`, "0000"),
  place(
    "will",
    0x10,
    client,
    `${connectStart} 06 0000 00 0000`,
    "0001 't' 0000",
  ),
  place("connack", 0x20, server, "00 00", ""),
  place("publish", 0x30, both, "0001 't'", ""),
  place("puback", 0x40, both, "0001 00", ""),
  place("pubrec", 0x50, both, "0001 00", ""),
  place("pubrel", 0x62, both, "0001 00", ""),
  place("pubcomp", 0x70, both, "0001 00", ""),
  place("subscribe", 0x82, client, "0001", "0001 't' 00"),
  place("suback", 0x90, server, "0001", "00"),
  place("unsubscribe", 0xa2, client, "0001", "0001 't'"),
  place("unsuback", 0xb0, server, "0001", "00"),
  place("disconnect", 0xe0, both, "00", ""),
  { ...place("auth", 0xf0, both, "18", ""), needs: "15 0001 'M'" },
];

function place(
  name: string,
  firstByte: number,
  senders: readonly Sender[],
  before: string,
  after: string,
): Place {
  return { name, firstByte, senders, before, after };
}

/** One property as the table in section 2.2.2.2 of the standard has it. */
interface PropertyRow {
  id: string;
  name: keyof Properties;
  /** A value as bytes and as it is decoded. */
  hex: string;
  value: Properties[keyof Properties];
  places: string;
  /** Values as bytes, each with the Reason Code that refuses it. */
  refused?: [hex: string, reasonCode: number][];
}

const cutString: [string, number][] = [["0002 61", 0x81], ["00", 0x81]];
const badStrings: [string, number][] = [
  ...cutString,
  ["0001 00", 0x81],
  ["0002 C0AF", 0x81],
];
const notBoolean: [string, number][] = [["02", 0x82], ["FF", 0x82], ["", 0x81]];
const zero16: [string, number][] = [["0000", 0x82], ["01", 0x81]];
const cut32: [string, number][] = [["000000", 0x81]];

const rows: PropertyRow[] = [
  row("01", "payloadFormatIndicator", "01", 1, "publish will", notBoolean),
  row(
    "02",
    "messageExpiryInterval",
    "FFFFFFFF",
    0xffff_ffff,
    "publish will",
    cut32,
  ),
  row("03", "contentType", "0001 'c'", "c", "publish will", badStrings),
  row("08", "responseTopic", "0003 'r/t'", "r/t", "publish will", [
    ...badStrings,
    ["0000", 0x82],
    ["0001 '#'", 0x82],
    ["0003 'a/+'", 0x82],
  ]),
  row(
    "09",
    "correlationData",
    "0002 00FF",
    bytesOf("00FF"),
    "publish will",
    cutString,
  ),
  row("0B", "subscriptionIdentifiers", "8001", [128], "publish subscribe", [
    ["00", 0x82],
    ["8000", 0x81],
    ["FFFFFFFF7F", 0x81],
    ["80", 0x81],
  ]),
  row(
    "11",
    "sessionExpiryInterval",
    "80000000",
    0x8000_0000,
    "connect connack disconnect",
    cut32,
  ),
  row("12", "assignedClientIdentifier", "0001 'i'", "i", "connack", badStrings),
  row("13", "serverKeepAlive", "0000", 0, "connack", [["00", 0x81]]),
  row(
    "15",
    "authenticationMethod",
    "0001 'm'",
    "m",
    "connect connack auth",
    badStrings,
  ),
  row(
    "16",
    "authenticationData",
    "0000",
    new Uint8Array(0),
    "connect connack auth",
    cutString,
  ),
  row("17", "requestProblemInformation", "00", 0, "connect", notBoolean),
  row("18", "willDelayInterval", "00000005", 5, "will", cut32),
  row("19", "requestResponseInformation", "01", 1, "connect", notBoolean),
  row("1A", "responseInformation", "0001 'r'", "r", "connack", badStrings),
  row(
    "1C",
    "serverReference",
    "0001 's'",
    "s",
    "connack disconnect",
    badStrings,
  ),
  row(
    "1F",
    "reasonString",
    "0000",
    "",
    "connack puback pubrec pubrel pubcomp suback unsuback disconnect auth",
    badStrings,
  ),
  row("21", "receiveMaximum", "FFFF", 65535, "connect connack", zero16),
  row("22", "topicAliasMaximum", "0000", 0, "connect connack", [["00", 0x81]]),
  row("23", "topicAlias", "0001", 1, "publish", [["0000", 0x94], ["01", 0x81]]),
  row("24", "maximumQos", "00", 0, "connack", notBoolean),
  row("25", "retainAvailable", "01", 1, "connack", notBoolean),
  row(
    "26",
    "userProperties",
    "0001 'k' 0000",
    [["k", ""]],
    places.map((place) => place.name).join(" "),
    [
      ["0001 'k'", 0x81],
      ["0001 FF 0000", 0x81],
      ["0000 0001 00", 0x81],
      ["0001 'k' 0002 'v'", 0x81],
    ],
  ),
  row("27", "maximumPacketSize", "00000001", 1, "connect connack", [
    ["00000000", 0x82],
    ...cut32,
  ]),
  row("28", "wildcardSubscriptionAvailable", "01", 1, "connack", notBoolean),
  row("29", "subscriptionIdentifierAvailable", "00", 0, "connack", notBoolean),
  row("2A", "sharedSubscriptionAvailable", "01", 1, "connack", notBoolean),
];

function row(
  id: string,
  name: keyof Properties,
  hex: string,
  value: Properties[keyof Properties],
  places: string,
  refused: [hex: string, reasonCode: number][],
): PropertyRow {
  return { id, name, hex, value, places, refused };
}

/** Which party the standard denies a property that the packet may hold. */
const denied: Record<string, Sender> = {
  "0B publish": "client",
  "11 disconnect": "server",
  "1C disconnect": "client",
};

function mayHold(place: Place, { id, places }: PropertyRow): boolean {
  return places.split(" ").includes(place.name) &&
    denied[`${id} ${place.name}`] === undefined;
}

/** What must stand beside the property for the packet to be valid. */
function neighbours(place: Place, id: string): string {
  if (id === "15") return "";
  if (id === "16" && place.name === "connect") return "15 0001 'M'";
  return place.needs ?? "";
}

function frameWith(place: Place, properties: string): Uint8Array {
  const section = bytesOf(properties);
  const length = section.length.toString(16).padStart(2, "0");
  const { firstByte, before, after } = place;
  return frameOf(
    firstByte,
    bytesOf(`${before} ${length} ${properties} ${after}`),
  );
}

function propertiesOf(packet: Packet, place: Place): Properties {
  if (packet.type === PacketType.connect && place.name === "will") {
    return packet.willMessage!.properties;
  }
  return "properties" in packet ? packet.properties : {};
}

function refusalOf(place: Place, properties: string, sender: Sender): number {
  const frame = frameWith(place, properties);
  const run = () => decodeWhole(frame, 5, sender);
  return assertThrows(run, MqttError, "Cannot decode", place.name).reasonCode;
}

Deno.test({
  name: "the rows are the 27 properties of the standard",
  permissions: "none",
  fn: () => assertEquals(new Set(rows.map((row) => row.id)).size, 27),
});

for (const row of rows) {
  Deno.test({
    name: `${row.name} stands where the standard allows it, and comes back`,
    permissions: "none",
    fn() {
      for (const place of places) {
        for (const sender of place.senders) {
          const holds = row.places.split(" ").includes(place.name);
          const isDenied = denied[`${row.id} ${place.name}`] === sender;
          const beside = neighbours(place, row.id);
          const properties = `${beside} ${row.id} ${row.hex}`;
          if (!holds || isDenied) {
            const expected = holds ? 0x82 : 0x81;
            assertEquals(refusalOf(place, properties, sender), expected);
            continue;
          }
          const frame = frameWith(place, properties);
          const packet = decodeWhole(frame, 5, sender);
          assertEquals(propertiesOf(packet, place)[row.name], row.value);
          assertEquals(encodePacket(packet, 5), frame, place.name);
        }
      }
    },
  });

  Deno.test({
    name: `${row.name} is refused with the Reason Code of its fault`,
    permissions: "none",
    fn() {
      for (const place of places) {
        if (!mayHold(place, row)) continue;
        const [sender] = place.senders;
        const beside = neighbours(place, row.id);
        for (const [hex, reasonCode] of row.refused ?? []) {
          const properties = `${beside} ${row.id} ${hex}`;
          assertEquals(refusalOf(place, properties, sender), reasonCode);
        }
      }
    },
  });
}

Deno.test({
  name: "only User Property, and Subscription Identifier in PUBLISH, may " +
    "stand twice",
  permissions: "none",
  fn() {
    for (const row of rows) {
      for (const place of places) {
        const [sender] = row.id === "0B"
          ? place.senders.slice(-1)
          : place.senders;
        const holds = row.places.split(" ").includes(place.name) &&
          denied[`${row.id} ${place.name}`] !== sender;
        if (!holds) continue;
        const one = `${row.id} ${row.hex}`;
        const properties = `${neighbours(place, row.id)} ${one} ${one}`;
        const mayRepeat = row.id === "26" ||
          (row.id === "0B" && place.name === "publish");
        if (mayRepeat) {
          const packet = decodeWhole(frameWith(place, properties), 5, sender);
          const [first, second] = propertiesOf(packet, place)[
            row.name
          ] as unknown[];
          assertEquals(first, second);
        } else {
          assertEquals(refusalOf(place, properties, sender), 0x82, row.name);
        }
      }
    }
  },
});

Deno.test({
  name: "a Property Identifier that the standard does not define is malformed",
  permissions: "none",
  fn() {
    const known = new Set(rows.map((row) => row.id));
    for (let identifier = 0; identifier < 256; identifier++) {
      const id = identifier.toString(16).padStart(2, "0").toUpperCase();
      if (known.has(id)) continue;
      for (const place of places) {
        const properties = `${place.needs ?? ""} ${id} 00`;
        assertEquals(refusalOf(place, properties, place.senders[0]), 0x81);
      }
    }
  },
});

Deno.test({
  name: "the properties that a server forwards leave out the hop's own",
  permissions: "none",
  fn() {
    const kept: Properties = {
      payloadFormatIndicator: 1,
      contentType: "text/plain",
      responseTopic: "r",
      correlationData: bytesOf("01"),
      userProperties: [["a", "1"], ["a", "1"], ["b", "2"]],
    };
    const bytes = encodeForwardedProperties({
      willDelayInterval: 5,
      topicAlias: 3,
      ...kept,
      messageExpiryInterval: 9,
      subscriptionIdentifiers: [1],
    });
    assertEquals(decodeForwardedProperties(bytes, 0, bytes.length), kept);
    assertThrows(
      () => encodeForwardedProperties({ receiveMaximum: 1 }),
      RangeError,
    );
  },
});
