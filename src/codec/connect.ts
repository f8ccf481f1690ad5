import { assertField, assertTopicName } from "./_assert_field.ts";
import { closeLength, openLength } from "./_length_prefix.ts";
import { PacketReader } from "./_packet_reader.ts";
import type { ByteWriter } from "./byte_writer.ts";
import { MqttError, UnsupportedProtocolError } from "./errors.ts";
import { PacketType, type ProtocolVersion, type QoS } from "./packet_type.ts";
import type { ConnectPacket, WillMessage } from "./packets.ts";
import { writeProperties } from "./properties.ts";
import { propertyRules, WILL_PROPERTIES } from "./property_table.ts";
import { validateTopicNameBytes } from "./utf8.ts";

const USER_NAME_FLAG = 0x80;
const PASSWORD_FLAG = 0x40;
const WILL_RETAIN = 0x20;
const WILL_QOS = 0x18;
const WILL_FLAG = 0x04;
const CLEAN_START = 0x02;
const RESERVED = 0x01;

const connectRules = propertyRules(PacketType.connect, "client");
const willRules = propertyRules(WILL_PROPERTIES, "client");

/**
 * Decodes a CONNECT of any version; the packet owns its bytes. An error raised
 * once the version is known carries it in `protocolVersion`.
 * @throws {UnsupportedProtocolError} If Protocol Name and Protocol Version are
 * not of MQTT 3.1, 3.1.1 or 5.0 [MQTT-3.1.2-1] [MQTT-3.1.2-2].
 * @throws {MalformedPacketError} If flags or fields do not fit together
 * [MQTT-3.1.2-3] [MQTT-3.1.2-9] [MQTT-3.1.2-11] [MQTT-3.1.2-12]
 * [MQTT-3.1.2-13] [MQTT-3.1.3-1].
 * @throws {ProtocolError} For a property out of place, or with 0x90 for a Will
 * Topic with a wildcard [MQTT-4.7.0-1].
 */
export function decodeConnect(
  bytes: Uint8Array,
  bodyStart: number,
  frameEnd: number,
): ConnectPacket {
  const reader = new PacketReader(bytes, bodyStart, frameEnd, "CONNECT");
  const protocolVersion = readProtocolVersion(reader);
  try {
    return readConnect(reader, protocolVersion);
  } catch (error) {
    if (error instanceof MqttError) error.protocolVersion = protocolVersion;
    throw error;
  }
}

function readProtocolVersion(reader: PacketReader): ProtocolVersion {
  const name = reader.readString("Protocol Name");
  const version = reader.readUint8("Protocol Version");
  if (name === "MQTT" && (version === 4 || version === 5)) return version;
  if (name === "MQIsdp" && version === 3) return version;
  throw new UnsupportedProtocolError(
    `Cannot accept CONNECT: Protocol Name is "${
      name.slice(0, 16)
    }", Protocol ` +
      `Version ${version}`,
    name === "MQTT" || name === "MQIsdp",
  );
}

function readConnect(
  reader: PacketReader,
  protocolVersion: ProtocolVersion,
): ConnectPacket {
  const flags = reader.readUint8("Connect Flags");
  checkFlags(reader, flags, protocolVersion);
  const keepAliveSeconds = reader.readUint16("Keep Alive");
  const properties = protocolVersion === 5
    ? reader.readProperties(connectRules)
    : {};
  if (
    properties.authenticationData !== undefined &&
    properties.authenticationMethod === undefined
  ) {
    throw reader.protocolError(
      "Authentication Data stands without Authentication Method",
    );
  }
  const clientIdentifier = reader.readString("Client Identifier");
  const willMessage = flags & WILL_FLAG
    ? readWillMessage(reader, flags, protocolVersion)
    : null;
  // MQTT 3.1 allows a flag without its field: the length has precedence.
  const mayOmit = protocolVersion === 3;
  const userName = flags & USER_NAME_FLAG && !(mayOmit && reader.isAtEnd)
    ? reader.readString("User Name")
    : null;
  const password = flags & PASSWORD_FLAG && !(mayOmit && reader.isAtEnd)
    ? reader.readBinary("Password")
    : null;
  reader.expectEnd();
  return {
    type: PacketType.connect,
    protocolVersion,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAliveSeconds,
    clientIdentifier,
    willMessage,
    userName,
    password,
    properties,
  };
}

function checkFlags(
  reader: PacketReader,
  flags: number,
  protocolVersion: ProtocolVersion,
): void {
  if (flags & RESERVED) {
    throw reader.malformed("reserved bit of the Connect Flags is 1");
  }
  if (!(flags & WILL_FLAG) && flags & (WILL_QOS | WILL_RETAIN)) {
    throw reader.malformed("Will QoS or Will Retain is set without Will Flag");
  }
  if ((flags & WILL_QOS) === WILL_QOS) {
    throw reader.malformed("Will QoS is 3");
  }
  if (
    protocolVersion !== 5 && flags & PASSWORD_FLAG && !(flags & USER_NAME_FLAG)
  ) {
    throw reader.malformed("Password Flag is set without User Name Flag");
  }
}

function readWillMessage(
  reader: PacketReader,
  flags: number,
  protocolVersion: ProtocolVersion,
): WillMessage {
  const properties = protocolVersion === 5
    ? reader.readProperties(willRules)
    : {};
  const fieldStart = reader.position;
  const topicStart = reader.skipBinary("Will Topic");
  validateTopicNameBytes(reader.bytes, topicStart, reader.position);
  reader.position = fieldStart;
  return {
    topicName: reader.readString("Will Topic"),
    payload: reader.readBinary("Will Payload"),
    qos: ((flags & WILL_QOS) >> 3) as QoS,
    isRetained: (flags & WILL_RETAIN) !== 0,
    properties,
  };
}

/**
 * Encodes a CONNECT in the version it names; properties only in 5.0.
 * @throws {RangeError} If a field does not fit its form.
 */
export function writeConnect(out: ByteWriter, packet: ConnectPacket): void {
  const version = packet.protocolVersion;
  if (version !== 5 && packet.password !== null && packet.userName === null) {
    throw new RangeError(
      "Cannot encode CONNECT: before MQTT 5.0 a password needs a user name",
    );
  }
  out.writeUint8(PacketType.connect << 4);
  const start = openLength(out);
  out.writeString(version === 3 ? "MQIsdp" : "MQTT");
  out.writeUint8(version);
  out.writeUint8(connectFlags(packet));
  const { keepAliveSeconds } = packet;
  assertField(PacketType.connect, "Keep Alive", keepAliveSeconds, 0, 0xffff);
  out.writeUint16(keepAliveSeconds);
  if (version === 5) {
    writeProperties(out, packet.properties, PacketType.connect);
  }
  out.writeString(packet.clientIdentifier);
  if (packet.willMessage !== null) {
    writeWillMessage(out, packet.willMessage, version);
  }
  if (packet.userName !== null) out.writeString(packet.userName);
  if (packet.password !== null) out.writeBinary(packet.password);
  closeLength(out, start);
}

function connectFlags(packet: ConnectPacket): number {
  const will = packet.willMessage;
  let flags = packet.cleanStart ? CLEAN_START : 0;
  if (will !== null) {
    assertField(PacketType.connect, "Will QoS", will.qos, 0, 2);
    flags |= WILL_FLAG | (will.qos << 3) | (will.isRetained ? WILL_RETAIN : 0);
  }
  if (packet.userName !== null) flags |= USER_NAME_FLAG;
  if (packet.password !== null) flags |= PASSWORD_FLAG;
  return flags;
}

function writeWillMessage(
  out: ByteWriter,
  will: WillMessage,
  protocolVersion: ProtocolVersion,
): void {
  if (protocolVersion === 5) {
    writeProperties(out, will.properties, WILL_PROPERTIES);
  }
  assertTopicName(PacketType.connect, "Will Topic", will.topicName);
  out.writeString(will.topicName);
  out.writeBinary(will.payload);
}
