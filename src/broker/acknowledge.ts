import {
  type FrameScanner,
  PacketType,
  readAcknowledgement,
  ReasonCode,
  writeAcknowledgement,
} from "../codec/mod.ts";
import { DeliveryState } from "../session/mod.ts";
import { relieveBackPressure } from "./back_pressure.ts";
import type { Connection } from "./connection.ts";
import { pumpDeliveries } from "./deliver.ts";

/** PUBACK: the client has taken over a QoS 1 message, or refused it [MQTT-4.4.0-2]. */
export function handlePuback(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const view = connection.broker.acknowledgement;
  readAcknowledgement(view, bytes, scanner, connection.protocolVersion);
  const window = connection.session!.window;
  const delivery = window.get(view.packetIdentifier);
  if (delivery === null || delivery.qos !== 1) return;
  window.settle(delivery);
  pumpDeliveries(connection);
  relieveBackPressure(connection);
}

/** PUBREC: PUBREL is due, unless the client refused the message [MQTT-4.3.3-4]. */
export function handlePubrec(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const view = connection.broker.acknowledgement;
  const version = connection.protocolVersion;
  readAcknowledgement(view, bytes, scanner, version);
  const window = connection.session!.window;
  const delivery = window.get(view.packetIdentifier);
  const isKnown = delivery !== null && delivery.qos === 2;
  if (isKnown && view.reasonCode >= 0x80) {
    window.settle(delivery);
    pumpDeliveries(connection);
    relieveBackPressure(connection);
    return;
  }
  if (isKnown) delivery.state = DeliveryState.released;
  writeAcknowledgement(
    connection.output,
    PacketType.pubrel,
    view.packetIdentifier,
    isKnown ? ReasonCode.success : ReasonCode.packetIdentifierNotFound,
    version,
  );
  connection.touch();
}

/** PUBREL: the client will not repeat the message; its identifier is free again [MQTT-4.3.3-11]. */
export function handlePubrel(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const view = connection.broker.acknowledgement;
  const version = connection.protocolVersion;
  readAcknowledgement(view, bytes, scanner, version);
  const isKnown = connection.session!.removeReceivedQos2(view.packetIdentifier);
  writeAcknowledgement(
    connection.output,
    PacketType.pubcomp,
    view.packetIdentifier,
    isKnown ? ReasonCode.success : ReasonCode.packetIdentifierNotFound,
    version,
  );
  connection.touch();
}

/** PUBCOMP: the QoS 2 delivery is complete [MQTT-4.3.3-5]. */
export function handlePubcomp(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const view = connection.broker.acknowledgement;
  readAcknowledgement(view, bytes, scanner, connection.protocolVersion);
  const window = connection.session!.window;
  const delivery = window.get(view.packetIdentifier);
  if (delivery === null || delivery.state !== DeliveryState.released) return;
  window.settle(delivery);
  pumpDeliveries(connection);
  relieveBackPressure(connection);
}
