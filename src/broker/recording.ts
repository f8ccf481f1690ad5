import { type Delivery, DeliveryState } from "../session/mod.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession } from "./connection.ts";

/** Tells the store of a new delivery to a session that outlives its connection. */
export function recordDelivery(
  broker: Broker,
  session: ClientSession,
  delivery: Delivery,
): void {
  delivery.isRecorded = true;
  delivery.message.openDeliveries++;
  broker.store.deliveryAdded(session, delivery);
}

/**
 * `delivery` is done with: acknowledged, refused by the client, expired or
 * dropped. Its Packet Identifier is free, and if it was the last delivery that
 * its publisher waits for, the publisher gets its acknowledgement.
 */
export function settleDelivery(
  broker: Broker,
  session: ClientSession,
  delivery: Delivery,
): void {
  if (delivery.packetIdentifier > 0) session.window.settle(delivery);
  delivery.state = DeliveryState.settled;
  if (!delivery.isRecorded) return;
  broker.store.deliverySettled(delivery);
  const { message } = delivery;
  message.openDeliveries--;
  if (message.openDeliveries === 0 && message.acknowledgement !== null) {
    message.acknowledgement.proceed();
  }
}

/** Whether what happens to `delivery` has to be stored before the client is told. */
export function isAwaited(broker: Broker, delivery: Delivery): boolean {
  return delivery.isRecorded && delivery.qos === 2 && broker.store.isAwaited;
}
