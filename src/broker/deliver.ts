import {
  PacketType,
  type PublishSource,
  ReasonCode,
  writeAcknowledgement,
  writePublish,
} from "../codec/mod.ts";
import {
  Delivery,
  DeliveryState,
  type Message,
  NEVER,
} from "../session/mod.ts";
import type { ClientSession, Connection } from "./connection.ts";
import { DropReason } from "./statistics.ts";

/**
 * Sends what waits for the client of `connection`, as far as its Receive
 * Maximum and its unsent output allow: first what an earlier connection left
 * unacknowledged [MQTT-4.4.0-1], then the queue, then retained messages.
 */
export function pumpDeliveries(connection: Connection): void {
  const session = connection.session!;
  const { window, queue, retainedReplays } = session;
  const softLimitBytes = connection.broker.limits.outputSoftLimitBytes;
  while (
    window.hasResend || queue.length > 0 || retainedReplays.length > 0
  ) {
    if (window.open >= connection.sendQuota) return;
    if (connection.pendingBytes > softLimitBytes) {
      connection.isPumpDue = true;
      return;
    }
    const again = window.nextResend();
    if (again !== null) {
      resend(connection, again);
      continue;
    }
    const next = queue.shift() ?? nextRetained(connection, session);
    if (next !== null) sendDelivery(connection, next);
  }
}

/**
 * Sends `delivery` for the first time, giving it a Packet Identifier if it
 * needs one. Returns false if it was dropped: expired [MQTT-3.3.2-5] or too
 * large for the client [MQTT-3.1.2-25].
 */
export function sendDelivery(
  connection: Connection,
  delivery: Delivery,
): boolean {
  const { statistics, nowMs } = connection.broker;
  const { message } = delivery;
  if (message.expiresAtMs <= nowMs) {
    delivery.state = DeliveryState.settled;
    statistics.dropped[DropReason.expired]++;
    return false;
  }
  const { window } = connection.session!;
  if (delivery.qos > 0) window.add(delivery);
  if (writeDelivery(connection, delivery, false)) return true;
  if (delivery.qos > 0) window.settle(delivery);
  statistics.dropped[DropReason.packetTooLarge]++;
  return false;
}

/** What a PUBLISH to one client needs beside the message itself. */
interface PublishToClient {
  readonly topicName: string;
  readonly isRetained: boolean;
  readonly subscriptionIdentifiers: readonly number[];
}

/**
 * Writes a PUBLISH into the connection's output. QoS, DUP, Packet Identifier
 * and expiry are taken from `broker.publishOptions`, which the caller has set;
 * version, sizes and Topic Alias are set here. False if it is too large.
 */
export function writeToClient(
  connection: Connection,
  source: PublishSource,
  target: PublishToClient,
): boolean {
  const { broker, outboundAliases } = connection;
  const options = broker.publishOptions;
  options.protocolVersion = connection.protocolVersion;
  options.maximumPacketSizeBytes = connection.maximumPacketSizeBytes;
  options.isRetained = target.isRetained;
  options.subscriptionIdentifiers = target.subscriptionIdentifiers;
  options.topicAlias = 0;
  options.omitTopicName = false;
  let isNewAlias = false;
  if (outboundAliases !== null) {
    const alias = outboundAliases.get(target.topicName);
    if (alias !== undefined) {
      options.topicAlias = alias;
      options.omitTopicName = true;
    } else if (outboundAliases.size < connection.outboundAliasMaximum) {
      options.topicAlias = outboundAliases.size + 1;
      isNewAlias = true;
    }
  }
  if (writePublish(connection.output, source, options) === 0) return false;
  if (isNewAlias) outboundAliases!.set(target.topicName, options.topicAlias);
  broker.statistics.publishSent++;
  connection.touch();
  return true;
}

function writeDelivery(
  connection: Connection,
  delivery: Delivery,
  isDuplicate: boolean,
): boolean {
  const { message } = delivery;
  const { broker } = connection;
  const options = broker.publishOptions;
  options.qos = delivery.qos;
  options.isDuplicate = isDuplicate;
  options.packetIdentifier = delivery.packetIdentifier;
  options.messageExpiryIntervalSeconds = message.expiresAtMs === NEVER
    ? -1
    : message.remainingExpirySeconds(broker.nowMs);
  deliveryTarget.topicName = message.topicName;
  deliveryTarget.isRetained = delivery.isRetained;
  deliveryTarget.subscriptionIdentifiers = delivery.subscriptionIdentifiers;
  return writeToClient(connection, message, deliveryTarget);
}

/** Reused, so that sending a delivery allocates nothing. */
const deliveryTarget = {
  topicName: "",
  isRetained: false,
  subscriptionIdentifiers: [] as readonly number[],
};

/** Sends again what the client has not acknowledged: PUBREL, or PUBLISH with DUP 1 [MQTT-3.3.1-1]. */
function resend(connection: Connection, delivery: Delivery): void {
  if (delivery.state === DeliveryState.released) {
    writeAcknowledgement(
      connection.output,
      PacketType.pubrel,
      delivery.packetIdentifier,
      ReasonCode.success,
      connection.protocolVersion,
    );
    connection.touch();
    return;
  }
  if (writeDelivery(connection, delivery, true)) return;
  connection.session!.window.settle(delivery);
  connection.broker.statistics.dropped[DropReason.packetTooLarge]++;
}

/** The next retained message due to `session`, as a delivery, or `null`. */
function nextRetained(
  connection: Connection,
  session: ClientSession,
): Delivery | null {
  const replays = session.retainedReplays;
  while (replays.length > 0) {
    const replay = replays[0];
    const next = replay.messages.next();
    if (next.done) {
      replays.shift();
      continue;
    }
    const message: Message = next.value;
    if (message.expiresAtMs <= connection.broker.nowMs) continue;
    return new Delivery(
      message,
      Math.min(message.qos, replay.qos),
      true,
      replay.subscriptionIdentifiers,
    );
  }
  return null;
}
