import {
  type AuthPacket,
  decodePacket,
  type FrameScanner,
  MalformedPacketError,
  PacketType,
  ProtocolError,
} from "../codec/mod.ts";
import {
  handlePuback,
  handlePubcomp,
  handlePubrec,
  handlePubrel,
} from "./acknowledge.ts";
import { handleAuth } from "./auth.ts";
import { handleConnect } from "./connect.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { handleDisconnect } from "./disconnect.ts";
import { handlePublish } from "./publish.ts";
import { handleSubscribe, handleUnsubscribe } from "./subscribe.ts";

/**
 * Handles the Control Packet that `scanner` found in `bytes`, and perhaps more
 * of them before `end`: `scanner` is left on the last one handled. Returns
 * false when the packet must wait (the connection is held): it stays in the
 * buffer.
 * @throws {MqttError} If the connection has to end for it.
 */
export function dispatchPacket(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
  end: number,
): boolean {
  const type = scanner.firstByte >> 4;
  if (connection.state !== ConnectionState.connected) {
    const isExchanging = connection.login.exchange !== null;
    if (isExchanging && type === PacketType.auth) {
      handleAuth(connection, decodeAuthPacket(bytes, scanner));
      return true;
    }
    if (type !== PacketType.connect || isExchanging) {
      throw new ProtocolError(
        isExchanging
          ? `Cannot accept packet type ${type} before the client is ` +
            "authenticated [MQTT-3.1.2-30]"
          : `Cannot accept packet type ${type} before CONNECT [MQTT-3.1.0-1]`,
      );
    }
    if ((scanner.firstByte & 0x0f) !== 0) {
      throw new MalformedPacketError(
        `Cannot decode CONNECT: fixed header flags are ` +
          `${scanner.firstByte & 0x0f}, must be 0 [MQTT-2.1.3-1]`,
      );
    }
    handleConnect(connection, bytes, scanner);
    return true;
  }
  switch (type) {
    case PacketType.publish:
      return handlePublish(connection, bytes, scanner, end);
    case PacketType.puback:
      handlePuback(connection, bytes, scanner);
      return true;
    case PacketType.pubrec:
      handlePubrec(connection, bytes, scanner);
      return true;
    case PacketType.pubrel:
      handlePubrel(connection, bytes, scanner);
      return true;
    case PacketType.pubcomp:
      handlePubcomp(connection, bytes, scanner);
      return true;
    case PacketType.connect:
      // Not decoded: what else is wrong with it has no Reason Code here.
      throw new ProtocolError("Cannot accept a second CONNECT [MQTT-3.1.0-2]");
  }
  const packet = decodePacket(
    bytes,
    scanner,
    connection.protocolVersion,
    "client",
  );
  switch (packet.type) {
    case PacketType.subscribe:
      return handleSubscribe(connection, packet);
    case PacketType.unsubscribe:
      handleUnsubscribe(connection, packet);
      return true;
    case PacketType.pingreq:
      connection.output.writeUint16(0xd000);
      connection.broker.statistics.repliesSent++;
      connection.touch();
      return true;
    case PacketType.disconnect:
      handleDisconnect(connection, packet);
      return true;
    case PacketType.auth:
      handleAuth(connection, packet);
      return true;
    default:
      throw new ProtocolError(`Cannot accept packet type ${type}`);
  }
}

function decodeAuthPacket(
  bytes: Uint8Array,
  scanner: FrameScanner,
): AuthPacket {
  return decodePacket(bytes, scanner, 5, "client") as AuthPacket;
}
