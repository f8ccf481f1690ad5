import {
  PacketType,
  type PublishSource,
  PublishView,
  writePublish,
} from "../codec/mod.ts";
import {
  Delivery,
  DeliveryState,
  MessageSlab,
  NEVER,
  type Waiting,
} from "../session/mod.ts";
import type { Receiver } from "../topics/mod.ts";
import { mayReceive } from "./authorize.ts";
import type { Broker } from "./broker.ts";
import {
  type ClientSession,
  type Connection,
  ConnectionState,
} from "./connection.ts";
import { writeReply } from "./deferred.ts";
import { isAwaited, recordDelivery, settleDelivery } from "./recording.ts";
import { DropReason } from "./statistics.ts";

/** Topics looked at in one search for a retained message: well under a millisecond. */
const RETAINED_SEARCH_STEPS = 1_000;

/**
 * Sends what waits for the client of `connection`, as far as its Receive
 * Maximum and its unsent output allow: first what an earlier connection left
 * unacknowledged [MQTT-4.4.0-1], then the queue, with retained messages at the
 * place where their subscription was made.
 */
export function pumpDeliveries(connection: Connection): void {
  const session = connection.session!;
  const { window, queue, retainedReplays } = session;
  const softLimitBytes = connection.broker.limits.outputSoftLimitBytes;
  while (
    window.hasResend || queue.length > 0 || retainedReplays.length > 0
  ) {
    const hasPlace = window.hasResend
      ? window.open < connection.sendQuota
      : connection.hasPlaceInFlight;
    if (!hasPlace) return;
    if (connection.pendingBytes > softLimitBytes) {
      connection.isPumpDue = true;
      return;
    }
    const again = window.nextResend();
    if (again !== null) {
      publishDelivery(connection, again);
      continue;
    }
    let next: Delivery | null;
    if (isReplayNext(session)) {
      next = nextRetained(connection, session);
    } else {
      next = queue.peek();
      if (next === null) continue;
      const isPermitted = mayReceive(connection, next.message.topicName);
      if (isPermitted === null) return;
      queue.shift();
      if (!isPermitted) {
        settleDelivery(connection.broker, session, next);
        dropFor(connection.broker, session, DropReason.refused, next);
        continue;
      }
    }
    if (next === null) {
      if (connection.isSearchScheduled || connection.isReceiveAwaited) return;
    } else if (next.message.expiresAtMs <= connection.broker.nowMs) {
      dropExpired(connection.broker, session, next);
    } else {
      sendDelivery(connection, next);
    }
  }
}

/** Drops what has waited for too long at the head of the queue of `session`. */
export function dropExpiredHead(broker: Broker, session: ClientSession): void {
  const { queue } = session;
  let head = queue.peek();
  while (head !== null && head.message.expiresAtMs <= broker.nowMs) {
    queue.shift();
    dropExpired(broker, session, head);
    head = queue.peek();
  }
}

/** Drops a delivery that has waited for too long [MQTT-3.3.2-5]. */
export function dropExpired(
  broker: Broker,
  session: ClientSession,
  delivery: Delivery,
): void {
  settleDelivery(broker, session, delivery);
  dropFor(broker, session, DropReason.expired, delivery);
}

function dropFor(
  broker: Broker,
  { clientIdentifier }: ClientSession,
  reason: number,
  { message }: Delivery,
): void {
  broker.drop(reason, clientIdentifier, message.topicName, 1);
}

/**
 * Sends `delivery` for the first time, giving it a Packet Identifier if it
 * needs one, or drops it if it is too large for the client [MQTT-3.1.2-25].
 * The caller knows that it is not expired: a message that need not wait goes
 * out even if its interval is 0.
 */
export function sendDelivery(connection: Connection, delivery: Delivery): void {
  const { broker } = connection;
  if (delivery.qos > 0) {
    connection.session!.window.add(delivery);
    if (delivery.isRecorded) broker.store.deliveryChanged(delivery);
  }
  publishDelivery(connection, delivery);
}

/**
 * Sends the PUBLISH of a delivery that has its Packet Identifier: at once, or,
 * at QoS 2 to a session that is stored, when the identifier is stored, because
 * only by the identifier the client knows a repeat after a crash.
 */
function publishDelivery(connection: Connection, delivery: Delivery): void {
  const { broker } = connection;
  if (isAwaited(broker, delivery)) {
    broker.store.afterCommit(new DeferredSend(connection, delivery), true);
  } else {
    writeOrDrop(connection, delivery);
  }
}

/** PUBREL for `delivery`: at once, or when it is stored that PUBREC came. */
export function sendPubrel(connection: Connection, delivery: Delivery): void {
  const { broker } = connection;
  if (isAwaited(broker, delivery)) {
    broker.store.afterCommit(new DeferredSend(connection, delivery), true);
  } else {
    writeReply(connection, PacketType.pubrel, delivery.packetIdentifier);
  }
}

/** The next packet of a QoS 2 delivery, sent once the state before it is stored. */
class DeferredSend implements Waiting {
  readonly #connection: Connection;
  readonly #delivery: Delivery;
  readonly #state: number;

  constructor(connection: Connection, delivery: Delivery) {
    this.#connection = connection;
    this.#delivery = delivery;
    this.#state = delivery.state;
  }

  proceed(): void {
    const connection = this.#connection;
    const delivery = this.#delivery;
    if (
      connection.state !== ConnectionState.connected ||
      delivery.state !== this.#state
    ) return;
    if (delivery.state === DeliveryState.released) {
      writeReply(connection, PacketType.pubrel, delivery.packetIdentifier);
    } else {
      writeOrDrop(connection, delivery);
      // If it was dropped, its place in flight is free.
      pumpDeliveries(connection);
    }
  }
}

function writeOrDrop(connection: Connection, delivery: Delivery): void {
  const isDuplicate = delivery.wasSent;
  delivery.wasSent = true;
  if (writeDelivery(connection, delivery, isDuplicate)) return;
  const { broker } = connection;
  const session = connection.session!;
  dropFor(broker, session, DropReason.packetTooLarge, delivery);
  if (!isDuplicate || delivery.qos < 2) {
    settleDelivery(broker, session, delivery);
    return;
  }
  // The client may have it from before, and would take the next message with
  // this Packet Identifier for its repeat; after PUBREL it does not.
  session.window.release(delivery);
  if (delivery.isRecorded) broker.store.deliveryChanged(delivery);
  sendPubrel(connection, delivery);
}

/**
 * Sends `publish` at QoS 1 or 2 without copying it: to a session that ends
 * with its connection nothing is ever sent again.
 */
export function sendUnsaved(
  connection: Connection,
  publish: PublishView,
  { receiver, topicName, qos }: {
    receiver: Receiver<ClientSession>;
    topicName: string;
    qos: number;
  },
): void {
  const { broker } = connection;
  const { window } = connection.session!;
  const isRetained = publish.isRetained && receiver.retainAsPublished;
  const delivery = new Delivery(UNSAVED, qos, isRetained, NO_IDENTIFIERS);
  window.add(delivery);
  const options = broker.publishOptions;
  options.qos = qos;
  options.isDuplicate = false;
  options.packetIdentifier = delivery.packetIdentifier;
  options.messageExpiryIntervalSeconds = publish.messageExpiryIntervalSeconds;
  deliveryTarget.topicName = topicName;
  deliveryTarget.isRetained = isRetained;
  deliveryTarget.subscriptionIdentifiers = receiver.subscriptionIdentifiers;
  if (writeToClient(connection, publish, deliveryTarget)) {
    connection.latency.delivery(broker.sampler.stampMs);
    return;
  }
  window.settle(delivery);
  const { clientIdentifier } = connection;
  broker.drop(DropReason.packetTooLarge, clientIdentifier, topicName, 1);
}

const NO_IDENTIFIERS: readonly number[] = [];

/** Stands for the message of a delivery that is never sent again. */
const UNSAVED = new MessageSlab().copy(new PublishView(), {
  topicName: "",
  qos: 0,
  isRetained: false,
  expiresAtMs: NEVER,
});

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
  if (writePublish(connection.output, source, options) === 0) {
    if (options.topicAlias === 0) return false;
    // The alias itself takes three bytes, which may be those too many.
    options.topicAlias = 0;
    options.omitTopicName = false;
    isNewAlias = false;
    if (writePublish(connection.output, source, options) === 0) return false;
  }
  if (isNewAlias) outboundAliases!.set(target.topicName, options.topicAlias);
  const { statistics } = broker;
  statistics.messagesSent[options.qos]++;
  statistics.payloadBytesSent[options.qos] += source.payloadEnd -
    source.payloadStart;
  connection.messagesSent++;
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
  // A repeat was delivered before; for one that waited for its receiver to
  // come back, the broker is not to blame.
  if (!isDuplicate && message.stampMs >= connection.acceptedAtMs) {
    connection.latency.delivery(message.stampMs);
  }
  return writeToClient(connection, message, deliveryTarget);
}

/** Reused, so that sending a delivery allocates nothing. */
const deliveryTarget = {
  topicName: "",
  isRetained: false,
  subscriptionIdentifiers: [] as readonly number[],
};

/** Whether retained messages are due before what is left in the queue. */
function isReplayNext({ queue, retainedReplays }: ClientSession): boolean {
  return retainedReplays.length > 0 &&
    queue.pushedCount - queue.length >= retainedReplays[0].queuedBeforeCount;
}

/**
 * The next retained message of the first subscription that waits for some, as
 * a delivery, or `null`: there is none, or none was found in a bounded search,
 * which then goes on later.
 */
function nextRetained(
  connection: Connection,
  session: ClientSession,
): Delivery | null {
  // A search is under way: another SUBSCRIBE must not hurry it.
  if (connection.isSearchScheduled) return null;
  const { broker } = connection;
  const replays = session.retainedReplays;
  const replay = replays[0];
  for (;;) {
    const message = replay.undecided ??
      replay.messages.advance(RETAINED_SEARCH_STEPS);
    if (message === undefined) {
      if (replay.messages.isDone) replays.shift();
      else continueSoon(connection);
      return null;
    }
    replay.undecided = undefined;
    if (message.expiresAtMs <= broker.nowMs) continue;
    const isPermitted = mayReceive(connection, message.topicName);
    if (isPermitted === null) {
      replay.undecided = message;
      return null;
    }
    if (!isPermitted) continue;
    const qos = Math.min(message.qos, replay.qos);
    const { subscriptionIdentifiers } = replay;
    const delivery = new Delivery(message, qos, true, subscriptionIdentifiers);
    if (qos > 0 && session.isRecorded) {
      recordDelivery(broker, session, delivery);
    }
    return delivery;
  }
}

/**
 * Goes on with the search when the packets that wait meanwhile have been
 * handled. A timer that is due now would fire before the alarm's turn ends.
 */
function continueSoon(connection: Connection): void {
  if (connection.isSearchScheduled) return;
  connection.isSearchScheduled = true;
  const { timers, nowMs } = connection.broker;
  timers.schedule(nowMs + 1, () => {
    connection.isSearchScheduled = false;
    if (connection.state === ConnectionState.connected) {
      pumpDeliveries(connection);
    }
  });
}
