import { decodeAcknowledgement } from "./acknowledgement.ts";
import { decodeAuth } from "./auth.ts";
import { decodeConnack } from "./connack.ts";
import { decodeConnect } from "./connect.ts";
import { decodeDisconnect } from "./disconnect.ts";
import { MalformedPacketError, ProtocolError } from "./errors.ts";
import type { FrameScanner } from "./frame_scanner.ts";
import {
  packetName,
  PacketType,
  type ProtocolVersion,
  type Sender,
} from "./packet_type.ts";
import type { Packet } from "./packets.ts";
import { decodePingreq, decodePingresp } from "./ping.ts";
import { decodePublish } from "./publish.ts";
import { decodeSuback } from "./suback.ts";
import { decodeSubscribe } from "./subscribe.ts";
import { decodeUnsuback } from "./unsuback.ts";
import { decodeUnsubscribe } from "./unsubscribe.ts";

const clientOnly = 1 << PacketType.connect | 1 << PacketType.subscribe |
  1 << PacketType.unsubscribe | 1 << PacketType.pingreq;
const serverOnly = 1 << PacketType.connack | 1 << PacketType.suback |
  1 << PacketType.unsuback | 1 << PacketType.pingresp;
/** Types whose fixed header flags are 0010. */
const flagged = 1 << PacketType.pubrel | 1 << PacketType.subscribe |
  1 << PacketType.unsubscribe;

/**
 * Decodes the Control Packet that `scanner` stands on, of any type, into a
 * packet that owns its bytes. `protocolVersion` does not matter to a CONNECT,
 * which says its own.
 * @throws {MalformedPacketError} If the type or the fixed header flags are
 * reserved [MQTT-2.1.3-1], or as the decoder of the type does.
 * @throws {ProtocolError} If `sender` may never send this type, or as the
 * decoder of the type does.
 */
export function decodePacket(
  bytes: Uint8Array,
  scanner: FrameScanner,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): Packet {
  const { firstByte, bodyStart, frameEnd } = scanner;
  const type = firstByte >> 4;
  checkType(type, protocolVersion, sender);
  if (type !== PacketType.publish) {
    checkFlags(type, firstByte & 0x0f, protocolVersion);
  }
  switch (type) {
    case PacketType.connect:
      return decodeConnect(bytes, bodyStart, frameEnd);
    case PacketType.connack:
      return decodeConnack(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.publish:
      return decodePublish(bytes, scanner, protocolVersion, sender);
    case PacketType.puback:
    case PacketType.pubrec:
    case PacketType.pubrel:
    case PacketType.pubcomp:
      return decodeAcknowledgement(bytes, scanner, protocolVersion);
    case PacketType.subscribe:
      return decodeSubscribe(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.suback:
      return decodeSuback(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.unsubscribe:
      return decodeUnsubscribe(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.unsuback:
      return decodeUnsuback(bytes, bodyStart, frameEnd, protocolVersion);
    case PacketType.pingreq:
      return decodePingreq(bytes, bodyStart, frameEnd);
    case PacketType.pingresp:
      return decodePingresp(bytes, bodyStart, frameEnd);
    case PacketType.disconnect:
      return decodeDisconnect(
        bytes,
        bodyStart,
        frameEnd,
        protocolVersion,
        sender,
      );
    default:
      return decodeAuth(bytes, bodyStart, frameEnd, sender);
  }
}

function checkType(
  type: number,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): void {
  if (type === 0 || (type === PacketType.auth && protocolVersion !== 5)) {
    throw new MalformedPacketError(
      `Cannot decode packet: type ${type} is reserved`,
    );
  }
  const denied = sender === "client" ? serverOnly : clientOnly;
  const isDenied = (denied & (1 << type)) !== 0 ||
    (type === PacketType.disconnect && protocolVersion !== 5 &&
      sender === "server");
  if (isDenied) {
    throw new ProtocolError(
      `Cannot accept ${packetName(type)}: a ${sender} must not send it`,
    );
  }
}

function checkFlags(
  type: number,
  flags: number,
  protocolVersion: ProtocolVersion,
): void {
  const isFlagged = (flagged & (1 << type)) !== 0;
  // MQTT 3.1 sets DUP on packets of QoS 1 that are sent again.
  if (isFlagged && protocolVersion === 3) flags &= ~0x08;
  const expected = isFlagged ? 2 : 0;
  if (flags !== expected) {
    throw new MalformedPacketError(
      `Cannot decode ${packetName(type)}: fixed header flags are ${flags}, ` +
        `must be ${expected}`,
    );
  }
}
