import {
  decodeUtf8,
  type PublishView,
  validateTopicNameBytes,
} from "../codec/mod.ts";
import { Delivery, type Message, MessageSlab, NEVER } from "../session/mod.ts";
import {
  type Receiver,
  type Route,
  RouteCache,
  SubscriptionTree,
} from "../topics/mod.ts";
import { isReceiveControlled, mayReceiveRoute } from "./authorize.ts";
import { applyBackPressure } from "./back_pressure.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession, Connection } from "./connection.ts";
import {
  dropExpiredHead,
  sendDelivery,
  sendUnsaved,
  writeToClient,
} from "./deliver.ts";
import { isVerbatimFor } from "./publish_run.ts";
import type { PublishAcknowledgement } from "./publish_acknowledgement.ts";
import { recordDelivery } from "./recording.ts";
import { selectMember, selectPermittedMember } from "./shared_member.ts";
import { DropReason } from "./statistics.ts";

/** Topic Names longer than this are routed through the tree each time. */
const LONGEST_CACHED_TOPIC_BYTES = 1_024;

/** Takes each PUBLISH to the sessions whose subscriptions match its Topic Name. */
export class Router {
  readonly subscriptions: SubscriptionTree<ClientSession>;
  readonly routes: RouteCache<ClientSession>;
  /** Sessions that the last forwarded PUBLISH matched. */
  matchedCount: number;
  /**
   * Those of them whose queue was not full. A message that is expired or too
   * large for a client counts as delivered to it [MQTT-3.1.2-25], and nobody
   * promised to keep one of QoS 0.
   */
  acceptedCount: number;
  /** Deliveries of it that the store was told of. */
  recordedCount: number;
  /** Whether one of these is for a client that is away, and cannot be settled soon. */
  hasAbsentReceiver: boolean;
  readonly #broker: Broker;
  readonly #slab: MessageSlab;
  /** The copy of the PUBLISH that was routed last; made when a receiver needs it. */
  #message: Message | null;

  constructor(broker: Broker) {
    this.subscriptions = new SubscriptionTree();
    this.routes = new RouteCache(this.subscriptions, {
      maximumEntries: broker.limits.maximumRouteCacheEntries,
      maximumTopicBytes: LONGEST_CACHED_TOPIC_BYTES,
      // Unknown to clients, who could else choose topics that collide.
      hashSeed: parseInt(broker.random.text(6), 36),
    });
    this.matchedCount = 0;
    this.acceptedCount = 0;
    this.recordedCount = 0;
    this.hasAbsentReceiver = false;
    this.#broker = broker;
    this.#slab = new MessageSlab();
    this.#message = null;
  }

  /**
   * The receivers of the Topic Name that `publish` carries.
   * @throws {MqttError} If the Topic Name is ill-formed; a name that is in
   * the cache has been checked before.
   */
  route(publish: PublishView): Route<ClientSession> {
    this.#message = null;
    this.recordedCount = 0;
    this.hasAbsentReceiver = false;
    const { topicBytes, topicStart, topicEnd } = publish;
    const route = this.routes.lookup(topicBytes, topicStart, topicEnd);
    if (route !== null) return route;
    validateTopicNameBytes(topicBytes, topicStart, topicEnd);
    return this.routes.insert(
      topicBytes,
      topicStart,
      topicEnd,
      decodeUtf8(topicBytes, topicStart, topicEnd),
    );
  }

  /** Copies `publish` into a message of its own, once for all its receivers. */
  copy(publish: PublishView, topicName: string): Message {
    if (this.#message !== null) return this.#message;
    const expirySeconds = publish.messageExpiryIntervalSeconds;
    this.#message = this.#slab.copy(publish, {
      topicName,
      qos: publish.qos,
      isRetained: publish.isRetained,
      expiresAtMs: expirySeconds < 0
        ? NEVER
        : this.#broker.nowMs + expirySeconds * 1000,
    });
    // A retained message may be sent to somebody who comes much later.
    if (!publish.isRetained) {
      this.#message.stampMs = this.#broker.sampler.stampMs;
    }
    return this.#message;
  }

  /**
   * Gives `publish` to every receiver of `route` and leaves the counts in
   * `matchedCount` and `acceptedCount`. `publisher` is the connection that
   * waits when a receiver cannot keep up; `author` is the session that No
   * Local speaks of.
   */
  forward(
    publish: PublishView,
    route: Route<ClientSession>,
    publisher: Connection | null,
    author: ClientSession | null,
  ): void {
    this.matchedCount = 0;
    this.acceptedCount = 0;
    const receivers = route.receivers;
    const isControlled = isReceiveControlled(this.#broker);
    for (let i = 0; i < receivers.length; i++) {
      let receiver: Receiver<ClientSession> | null = receivers[i];
      if (receiver.subscriber === author) {
        if (receiver.noLocal) continue;
        if (receiver.ownMessages !== null) receiver = receiver.ownMessages;
      }
      if (isControlled) {
        const isPermitted = mayReceiveRoute(route, i);
        if (isPermitted === false) continue;
        if (isPermitted === null) {
          this.#awaitPermission(publish, route.topicName, receiver);
          continue;
        }
      }
      this.#give(publish, route.topicName, receiver, publisher);
    }
    const groups = route.sharedGroups;
    for (let i = 0; i < groups.length; i++) {
      const receiver = isControlled
        ? selectPermittedMember(groups[i], route.topicName)
        : selectMember(groups[i]);
      if (receiver !== null) {
        this.#give(publish, route.topicName, receiver, publisher);
      }
    }
  }

  /** Whether some receiver of a QoS 1 or 2 message is a session that has to be stored. */
  reachesStoredSession(route: Route<ClientSession>): boolean {
    return route.receivers.some(isStored) ||
      route.sharedGroups.some((group) => group.members.some(isStored));
  }

  /** Has `acknowledgement` proceed when every recorded delivery of the last PUBLISH is settled. */
  awaitDeliveries(acknowledgement: PublishAcknowledgement): void {
    const message = this.#message;
    if (message === null || message.openDeliveries === 0) {
      acknowledgement.proceed();
      return;
    }
    message.acknowledgement = acknowledgement;
    acknowledgement.message = message;
  }

  /** Queues the message: the pump goes on when the Authorizer has answered. */
  #awaitPermission(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
  ): void {
    this.matchedCount++;
    const session = receiver.subscriber;
    const qos = Math.min(publish.qos, receiver.qos);
    const delivery = this.#delivery(publish, topicName, receiver, qos);
    if (!this.#hasRoom(session, delivery.message)) return;
    this.acceptedCount++;
    if (qos > 0 && session.isRecorded) {
      this.recordedCount++;
      recordDelivery(this.#broker, session, delivery);
    }
    this.#queue(session, delivery);
  }

  #give(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
    publisher: Connection | null,
  ): void {
    this.matchedCount++;
    const qos = publish.qos < receiver.qos ? publish.qos : receiver.qos;
    const isGiven = qos === 0
      ? this.#giveQos0(publish, topicName, receiver, publisher)
      : this.#giveQos12(publish, topicName, receiver, publisher, qos);
    if (isGiven) this.acceptedCount++;
  }

  #giveQos0(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
    publisher: Connection | null,
  ): boolean {
    const broker = this.#broker;
    const { connection, queue, retainedReplays } = receiver.subscriber;
    if (connection === null) {
      return this.#keepQos0(publish, topicName, receiver);
    }
    // What waits goes first [MQTT-4.6.0-5].
    if (
      queue.qos0Count > 0 ||
      (retainedReplays.length > 0 &&
        broker.retained.get(topicName) !== undefined)
    ) {
      return this.#queueQos0(publish, topicName, receiver);
    }
    const pendingBytes = connection.pendingBytes;
    if (pendingBytes > broker.limits.outputSoftLimitBytes) {
      if (
        connection.isSlow || pendingBytes > broker.limits.outputHardLimitBytes
      ) {
        broker.drop(
          DropReason.slowConsumer,
          receiver.subscriber.clientIdentifier,
          topicName,
          publish.frameCount,
        );
        return true;
      }
      applyBackPressure(connection, publisher);
    }
    if (publish.isVerbatim && isVerbatimFor(publish, receiver, connection)) {
      connection.output.writeBytes(
        publish.bytes,
        publish.frameStart,
        publish.frameEnd,
      );
      const { statistics } = broker;
      statistics.messagesSent[0] += publish.frameCount;
      statistics.payloadBytesSent[0] += publish.payloadSizeBytes;
      connection.messagesSent += publish.frameCount;
      connection.latency.delivery(broker.sampler.stampMs);
      connection.touch();
      return true;
    }
    const options = broker.publishOptions;
    options.qos = 0;
    options.isDuplicate = false;
    options.packetIdentifier = 0;
    options.messageExpiryIntervalSeconds = publish.messageExpiryIntervalSeconds;
    const isWritten = writeToClient(connection, publish, {
      topicName,
      isRetained: publish.isRetained && receiver.retainAsPublished,
      subscriptionIdentifiers: receiver.subscriptionIdentifiers,
    });
    if (isWritten) {
      connection.latency.delivery(broker.sampler.stampMs);
    } else {
      const { clientIdentifier } = connection;
      broker.drop(DropReason.packetTooLarge, clientIdentifier, topicName, 1);
    }
    return true;
  }

  /** A QoS 0 message for a client that is away: queued if the configuration says so. */
  #keepQos0(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
  ): boolean {
    if (!this.#broker.limits.queueQos0Messages) {
      // Nobody promised to keep it, so the publisher is not told of a failure.
      const { clientIdentifier } = receiver.subscriber;
      const { frameCount } = publish;
      this.#broker.drop(
        DropReason.offlineQos0,
        clientIdentifier,
        topicName,
        frameCount,
      );
      return true;
    }
    return this.#queueQos0(publish, topicName, receiver);
  }

  #queueQos0(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
  ): boolean {
    const session = receiver.subscriber;
    const delivery = this.#delivery(publish, topicName, receiver, 0);
    if (!this.#hasRoom(session, delivery.message)) return false;
    delivery.message.detach();
    this.#queue(session, delivery);
    return true;
  }

  #giveQos12(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
    publisher: Connection | null,
    qos: number,
  ): boolean {
    const broker = this.#broker;
    const { limits } = broker;
    const session = receiver.subscriber;
    const { connection, window, queue, retainedReplays } = session;
    const isCrowded = connection !== null &&
      connection.pendingBytes > limits.outputSoftLimitBytes;
    const isSent = connection !== null && !isCrowded && queue.length === 0 &&
      retainedReplays.length === 0 && connection.hasPlaceInFlight &&
      !window.hasResend;
    if (isSent && !session.isPersistent && !session.isRecorded) {
      sendUnsaved(connection, publish, { receiver, topicName, qos });
      return true;
    }
    const delivery = this.#delivery(publish, topicName, receiver, qos);
    if (!isSent && !this.#hasRoom(session, delivery.message)) return false;
    if (session.isRecorded) {
      this.recordedCount++;
      if (connection === null) this.hasAbsentReceiver = true;
      recordDelivery(broker, session, delivery);
    }
    if (isSent) {
      sendDelivery(connection, delivery);
      return true;
    }
    this.#queue(session, delivery);
    if (connection === null) {
      delivery.message.detach();
      return true;
    }
    if (isCrowded) connection.isPumpDue = true;
    if (
      queue.length * 2 > limits.maximumQueuedMessages ||
      queue.sizeBytes * 2 > limits.maximumQueuedBytes
    ) {
      applyBackPressure(connection, publisher);
    }
    return true;
  }

  #queue(session: ClientSession, delivery: Delivery): void {
    session.queue.push(delivery);
    this.#broker.queueExpiry.noteQueued(session, delivery.message);
  }

  #delivery(
    publish: PublishView,
    topicName: string,
    receiver: Receiver<ClientSession>,
    qos: number,
  ): Delivery {
    return new Delivery(
      this.copy(publish, topicName),
      qos,
      publish.isRetained && receiver.retainAsPublished,
      receiver.subscriptionIdentifiers,
    );
  }

  /** Whether the queue of `session` takes `message`; if not, the drop is counted. */
  #hasRoom(session: ClientSession, message: Message): boolean {
    if (this.#fits(session, message)) return true;
    dropExpiredHead(this.#broker, session);
    if (this.#fits(session, message)) return true;
    const { clientIdentifier } = session;
    const { topicName } = message;
    this.#broker.drop(DropReason.queueFull, clientIdentifier, topicName, 1);
    return false;
  }

  #fits({ queue }: ClientSession, message: Message): boolean {
    const { limits } = this.#broker;
    return queue.length < limits.maximumQueuedMessages &&
      queue.sizeBytes + message.sizeBytes <= limits.maximumQueuedBytes;
  }
}

function isStored({ qos, subscriber }: Receiver<ClientSession>): boolean {
  return qos > 0 && subscriber.isRecorded;
}
