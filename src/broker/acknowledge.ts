import {
  type FrameScanner,
  PacketType,
  readAcknowledgement,
  ReasonCode,
} from "../codec/mod.ts";
import { type Delivery, DeliveryState } from "../session/mod.ts";
import { relieveBackPressure } from "./back_pressure.ts";
import { type Connection, ConnectionState } from "./connection.ts";
import { confirm, writeReply } from "./deferred.ts";
import { pumpDeliveries, sendPubrel } from "./deliver.ts";
import { settleDelivery } from "./recording.ts";

/** PUBACK: the client has taken over a QoS 1 message, or refused it [MQTT-4.4.0-2]. */
export function handlePuback(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const view = connection.broker.acknowledgement;
  readAcknowledgement(view, bytes, scanner, connection.protocolVersion);
  const delivery = findDelivery(connection, view.packetIdentifier);
  if (delivery === null || delivery.qos !== 1) return;
  finish(connection, delivery);
}

/** PUBREC: PUBREL is due, unless the client refused the message [MQTT-4.3.3-4]. */
export function handlePubrec(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const { broker } = connection;
  const view = broker.acknowledgement;
  readAcknowledgement(view, bytes, scanner, connection.protocolVersion);
  const { packetIdentifier, reasonCode } = view;
  const delivery = connection.session!.window.get(packetIdentifier);
  if (delivery === null || delivery.qos !== 2) {
    writeReply(
      connection,
      PacketType.pubrel,
      packetIdentifier,
      ReasonCode.packetIdentifierNotFound,
    );
  } else if (reasonCode >= 0x80) {
    finish(connection, delivery);
  } else {
    connection.session!.window.release(delivery);
    if (delivery.isRecorded) broker.store.deliveryChanged(delivery);
    sendPubrel(connection, delivery);
  }
}

/** PUBREL: the client will not repeat the message; its identifier is free again [MQTT-4.3.3-11]. */
export function handlePubrel(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const { broker } = connection;
  const view = broker.acknowledgement;
  readAcknowledgement(view, bytes, scanner, connection.protocolVersion);
  const { packetIdentifier } = view;
  const session = connection.session!;
  const isKnown = session.removeReceivedQos2(packetIdentifier);
  if (connection.inheritedQos2Count > session.receivedQos2Count) {
    connection.inheritedQos2Count = session.receivedQos2Count;
  }
  const reasonCode = isKnown
    ? ReasonCode.success
    : ReasonCode.packetIdentifierNotFound;
  if (!session.isRecorded) {
    writeReply(connection, PacketType.pubcomp, packetIdentifier, reasonCode);
    return;
  }
  // A stored identifier that came back after a crash would have the next
  // message that uses it taken for a repeat, and lost. An unknown one may be
  // one whose removal is still on its way to the store.
  if (isKnown) broker.store.receivedQos2Changed(session, packetIdentifier);
  confirm(connection, {
    type: PacketType.pubcomp,
    packetIdentifier,
    reasonCode,
    properties: {},
  });
}

/** PUBCOMP: the QoS 2 delivery is complete [MQTT-4.3.3-5]. */
export function handlePubcomp(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
): void {
  const view = connection.broker.acknowledgement;
  readAcknowledgement(view, bytes, scanner, connection.protocolVersion);
  const delivery = findDelivery(connection, view.packetIdentifier);
  if (delivery === null || delivery.state !== DeliveryState.released) return;
  finish(connection, delivery);
}

/** Sends what waited for places that the client has freed. */
export function useFreedPlaces(connection: Connection): void {
  connection.hasFreedPlaces = false;
  if (connection.state !== ConnectionState.connected) return;
  pumpDeliveries(connection);
  relieveBackPressure(connection);
}

/**
 * The delivery with this Packet Identifier. A client that acknowledges what it
 * does not have yet may mean one that waits for a place freed by the packet
 * before: what comes of it must not depend on what was read together.
 */
function findDelivery(
  connection: Connection,
  packetIdentifier: number,
): Delivery | null {
  const { window } = connection.session!;
  const delivery = window.get(packetIdentifier);
  if (delivery !== null || !connection.hasFreedPlaces) return delivery;
  useFreedPlaces(connection);
  return window.get(packetIdentifier);
}

/**
 * Settles `delivery`. What waited for its place in flight is sent before the
 * next packet that has an answer, or after the batch: one pump for all the
 * acknowledgements that came together.
 */
function finish(connection: Connection, delivery: Delivery): void {
  settleDelivery(connection.broker, connection.session!, delivery);
  connection.hasFreedPlaces = true;
}
