/**
 * `deno bench bench/codec.bench.ts`: what one packet costs. The benches of the
 * hot path handle 1,000 packets an iteration, one after the other in a buffer
 * as a busy connection reads them: divide their time by 1,000.
 */
import {
  AcknowledgementView,
  ByteWriter,
  decodePacket,
  encodePacket,
  encodeUtf8,
  findInvalidUtf8,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  type Properties,
  type ProtocolVersion,
  PublishOptions,
  PublishView,
  readAcknowledgement,
  readPublish,
  writeAcknowledgement,
  writePacket,
  writePublish,
} from "../src/codec/mod.ts";

const PACKETS = 1_000;

const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
const view = new PublishView();
const acknowledgement = new AcknowledgementView();
const out = new ByteWriter();

function publishPacket(
  qos: 0 | 1,
  payloadBytes: number,
  properties: Properties,
): Packet {
  return {
    type: 3,
    topicName: "plant/7/line/3/temperature",
    payload: new Uint8Array(payloadBytes).fill(0x37),
    qos,
    isDuplicate: false,
    isRetained: false,
    packetIdentifier: qos === 0 ? 0 : 0x1234,
    properties,
  };
}

function repeat(packet: Packet, version: ProtocolVersion): Uint8Array {
  const one = encodePacket(packet, version);
  const all = new Uint8Array(one.length * PACKETS);
  for (let index = 0; index < PACKETS; index++) {
    all.set(one, index * one.length);
  }
  return all;
}

function readAll(bytes: Uint8Array, version: ProtocolVersion): void {
  let position = 0;
  while (position < bytes.length) {
    scanner.scan(bytes, position, bytes.length);
    readPublish(view, bytes, scanner, version);
    position = scanner.frameEnd;
  }
}

const properties = {
  contentType: "application/json",
  userProperties: [["trace", "4bf92f3577b34da6"]] as [string, string][],
};

const publishes: [name: string, packet: Packet, version: ProtocolVersion][] = [
  ["QoS 0, 64 bytes, 3.1.1", publishPacket(0, 64, {}), 4],
  ["QoS 0, 64 bytes, 5.0", publishPacket(0, 64, {}), 5],
  ["QoS 1, 64 bytes, 5.0", publishPacket(1, 64, {}), 5],
  ["QoS 1, 64 bytes, 2 properties", publishPacket(1, 64, properties), 5],
  [
    "QoS 1, 64 bytes, alias and expiry",
    publishPacket(1, 64, { topicAlias: 1, messageExpiryInterval: 60 }),
    5,
  ],
];

for (const [name, packet, version] of publishes) {
  const bytes = repeat(packet, version);
  Deno.bench(`scan + readPublish: ${name}`, { group: "read 1,000" }, () => {
    readAll(bytes, version);
  });
}

const acknowledgements = repeat(
  { type: 4, packetIdentifier: 7, reasonCode: 0, properties: {} },
  5,
);
Deno.bench(
  "scan + readAcknowledgement: PUBACK",
  { group: "read 1,000" },
  () => {
    let position = 0;
    while (position < acknowledgements.length) {
      scanner.scan(acknowledgements, position, acknowledgements.length);
      readAcknowledgement(acknowledgement, acknowledgements, scanner, 5);
      position = scanner.frameEnd;
    }
  },
);

const options = new PublishOptions();
for (const payloadBytes of [16, 64, 256, 1024]) {
  const bytes = repeat(publishPacket(0, payloadBytes, {}), 5);
  Deno.bench(
    `writePublish: QoS 1, ${payloadBytes} bytes`,
    { group: "write 1,000" },
    () => {
      scanner.scan(bytes, 0, bytes.length);
      readPublish(view, bytes, scanner, 5);
      options.qos = 1;
      out.length = 0;
      for (let index = 0; index < PACKETS; index++) {
        options.packetIdentifier = index + 1;
        writePublish(out, view, options);
      }
    },
  );
  Deno.bench(
    `writeBytes: frame of ${payloadBytes} bytes and header`,
    { group: "write 1,000" },
    () => {
      scanner.scan(bytes, 0, bytes.length);
      readPublish(view, bytes, scanner, 5);
      out.length = 0;
      for (let index = 0; index < PACKETS; index++) {
        out.writeBytes(view.bytes, view.frameStart, view.frameEnd);
      }
    },
  );
}

Deno.bench("writeAcknowledgement: PUBACK", { group: "write 1,000" }, () => {
  out.length = 0;
  for (let index = 0; index < PACKETS; index++) {
    writeAcknowledgement(out, 4, index + 1, 0, 5);
  }
});

const texts = [
  ["ASCII, 32 bytes", "plant/7/line/3/temperature/inlet"],
  ["mixed, 32 bytes", "Werk/7/Straße/3/Wärme/Öl/größer"],
  ["ASCII, 1 KiB", "x".repeat(1024)],
];
for (const [name, text] of texts) {
  const bytes = encodeUtf8(text);
  Deno.bench(`findInvalidUtf8: ${name}`, { group: "UTF-8" }, () => {
    findInvalidUtf8(bytes, 0, bytes.length);
  });
}

const packets: [name: string, packet: Packet, sender: "client" | "server"][] = [
  ["CONNECT", {
    type: 1,
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 60,
    clientIdentifier: "sensor-000042",
    willMessage: {
      topicName: "plant/7/state",
      payload: new Uint8Array(8),
      qos: 1,
      isRetained: true,
      properties: { willDelayInterval: 30 },
    },
    userName: "sensor",
    password: new Uint8Array(16),
    properties: { sessionExpiryInterval: 3600, receiveMaximum: 20 },
  }, "client"],
  ["CONNACK", {
    type: 2,
    sessionPresent: true,
    reasonCode: 0,
    properties: { receiveMaximum: 100, topicAliasMaximum: 10 },
  }, "server"],
  ["PUBLISH", publishPacket(1, 64, properties), "client"],
  [
    "PUBACK",
    { type: 4, packetIdentifier: 1, reasonCode: 0x10, properties: {} },
    "client",
  ],
  ["SUBSCRIBE", {
    type: 8,
    packetIdentifier: 1,
    subscriptions: [{
      topicFilter: "plant/+/line/#",
      qos: 1,
      noLocal: false,
      retainAsPublished: true,
      retainHandling: 0,
    }],
    properties: { subscriptionIdentifiers: [17] },
  }, "client"],
  [
    "SUBACK",
    { type: 9, packetIdentifier: 1, reasonCodes: [1], properties: {} },
    "server",
  ],
  ["UNSUBSCRIBE", {
    type: 10,
    packetIdentifier: 1,
    topicFilters: ["plant/+/line/#"],
    properties: {},
  }, "client"],
  [
    "UNSUBACK",
    { type: 11, packetIdentifier: 1, reasonCodes: [0], properties: {} },
    "server",
  ],
  ["PINGREQ", { type: 12 }, "client"],
  [
    "DISCONNECT",
    {
      type: 14,
      reasonCode: 0x8b,
      properties: { reasonString: "maintenance" },
    },
    "server",
  ],
  [
    "AUTH",
    {
      type: 15,
      reasonCode: 0x18,
      properties: { authenticationMethod: "SCRAM-SHA-256" },
    },
    "client",
  ],
];
for (const [name, packet, sender] of packets) {
  const bytes = encodePacket(packet, 5);
  Deno.bench(`decodePacket: ${name}`, { group: "decode" }, () => {
    scanner.scan(bytes, 0, bytes.length);
    decodePacket(bytes, scanner, 5, sender);
  });
  Deno.bench(`writePacket: ${name}`, { group: "encode" }, () => {
    out.length = 0;
    writePacket(out, packet, 5);
  });
}
