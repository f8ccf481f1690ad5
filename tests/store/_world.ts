import type { ClientSession, Store, StoreOwner } from "../../src/broker/mod.ts";
import { PacketType, type PublishPacket } from "../../src/codec/mod.ts";
import {
  Delivery,
  DeliveryState,
  Message,
  type MessageHead,
  NEVER,
  Session,
  SESSION_NEVER_EXPIRES,
  type Waiting,
  type Will,
} from "../../src/session/mod.ts";
import {
  Subscription,
  type SubscriptionOptions,
} from "../../src/topics/mod.ts";
import { FakeClock } from "../broker/_fakes.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a message is beside its topic and its payload. */
export interface MessageFields extends Partial<Omit<MessageHead, "topicName">> {
  /** Encoded properties, as they follow the Topic Name. */
  readonly properties?: Uint8Array;
}

/** A message that owns its bytes. */
export function makeMessage(
  topicName: string,
  payload: string | Uint8Array,
  { properties = new Uint8Array(0), ...head }: MessageFields = {},
): Message {
  const topic = encoder.encode(topicName);
  const content = typeof payload === "string"
    ? encoder.encode(payload)
    : payload;
  const propertiesEnd = topic.length + properties.length;
  const bytes = new Uint8Array(propertiesEnd + content.length);
  bytes.set(topic);
  bytes.set(properties, topic.length);
  bytes.set(content, propertiesEnd);
  return new Message(bytes, 0, {
    topicBytes: bytes,
    topicStart: 0,
    topicEnd: topic.length,
    propertiesBytes: bytes,
    propertiesStart: topic.length,
    propertiesEnd,
    payloadBytes: bytes,
    payloadStart: propertiesEnd,
    payloadEnd: bytes.length,
  }, { topicName, qos: 1, isRetained: false, expiresAtMs: NEVER, ...head });
}

/** A Will with nothing special about it. */
export function makeWill(
  topicName: string,
  fields: Partial<PublishPacket> = {},
  delaySeconds = 0,
): Will {
  return {
    publish: {
      type: PacketType.publish,
      topicName,
      payload: encoder.encode("gone"),
      qos: 0,
      isDuplicate: false,
      isRetained: false,
      packetIdentifier: 0,
      properties: {},
      ...fields,
    },
    delaySeconds,
  };
}

/**
 * The state that a broker has and a store keeps, changed by hand: each method
 * does what the broker does, and tells the store of it as the broker does.
 */
export class World implements StoreOwner {
  readonly clock = new FakeClock();
  readonly sessions = new Map<string, ClientSession>();
  readonly retained = new Map<string, Message>();
  /** Set by whoever opens the store. */
  store!: Store;

  restoreSession(session: ClientSession): void {
    this.sessions.set(session.clientIdentifier, session);
  }

  restoreRetained(message: Message): void {
    this.retained.set(message.topicName, message);
  }

  proceed(waiting: readonly Waiting[]): void {
    for (const each of waiting) each.proceed();
  }

  session(clientIdentifier: string): ClientSession {
    return this.sessions.get(clientIdentifier)!;
  }

  /** A QoS 2 message of the client comes in, or its PUBREL. */
  receiveQos2(session: ClientSession, packetIdentifier: number): void {
    session.addReceivedQos2(packetIdentifier);
    this.store.receivedQos2Changed(session, packetIdentifier);
  }

  releaseQos2(session: ClientSession, packetIdentifier: number): void {
    session.removeReceivedQos2(packetIdentifier);
    this.store.receivedQos2Changed(session, packetIdentifier);
  }

  /** Makes a session that never expires unless `change` says otherwise. */
  openSession(
    clientIdentifier: string,
    change: Partial<
      Pick<
        ClientSession,
        | "expiryIntervalSeconds"
        | "expiresAtMs"
        | "owner"
        | "will"
        | "willDueAtMs"
      >
    > = {},
  ): ClientSession {
    const session: ClientSession = new Session(clientIdentifier);
    session.expiryIntervalSeconds = SESSION_NEVER_EXPIRES;
    Object.assign(session, change);
    this.sessions.set(clientIdentifier, session);
    this.store.sessionChanged(session);
    return session;
  }

  endSession(clientIdentifier: string): void {
    const session = this.session(clientIdentifier);
    for (const delivery of deliveriesOf(session)) {
      this.settle(session, delivery);
    }
    session.queue.clear();
    this.sessions.delete(clientIdentifier);
    this.store.sessionEnded(session);
  }

  /** `key` as in SUBSCRIBE, `$share/` included. */
  subscribe(
    session: ClientSession,
    key: string,
    options: SubscriptionOptions = {},
  ): void {
    const [, shareName = null, topicFilter = key] =
      /^\$share\/([^/]*)\/(.*)$/.exec(key) ?? [];
    const subscription = new Subscription(session, topicFilter, {
      shareName,
      ...options,
    });
    const old = session.subscriptions.get(key) ?? null;
    this.store.subscriptionAdded(key, subscription, old);
    session.subscriptions.set(key, subscription);
  }

  unsubscribe(session: ClientSession, key: string): void {
    this.store.subscriptionRemoved(session.subscriptions.get(key)!);
    session.subscriptions.delete(key);
  }

  /** Queues `message` for each of `sessions`. */
  queue(
    message: Message,
    sessions: readonly ClientSession[],
    { qos = 1, isRetained = false, subscriptionIdentifiers = [] as number[] } =
      {},
  ): Delivery[] {
    return sessions.map((session) => {
      const delivery = new Delivery(
        message,
        qos,
        isRetained,
        subscriptionIdentifiers,
      );
      delivery.isRecorded = true;
      message.openDeliveries++;
      session.queue.push(delivery);
      this.store.deliveryAdded(session, delivery);
      return delivery;
    });
  }

  /** Takes the next delivery out of the queue and into flight. */
  send(session: ClientSession): Delivery | null {
    const delivery = session.queue.shift();
    if (delivery === null) return null;
    session.window.add(delivery);
    this.store.deliveryChanged(delivery);
    return delivery;
  }

  /** PUBREC came for a QoS 2 delivery. */
  receive(delivery: Delivery): void {
    delivery.state = DeliveryState.released;
    this.store.deliveryChanged(delivery);
  }

  /** PUBACK or PUBCOMP came, or the delivery was dropped. */
  settle(session: ClientSession, delivery: Delivery): void {
    if (delivery.packetIdentifier > 0) session.window.settle(delivery);
    delivery.state = DeliveryState.settled;
    delivery.message.openDeliveries--;
    this.store.deliverySettled(delivery);
  }

  retain(topicName: string, message: Message | null): void {
    if (message === null) this.retained.delete(topicName);
    else this.retained.set(topicName, message);
    this.store.retainedChanged(topicName, message);
  }

  /** All of it that a store has to keep, as plain values that can be compared. */
  describe() {
    return {
      sessions: Object.fromEntries(
        [...this.sessions].sort(([a], [b]) => a < b ? -1 : 1).map((
          [clientIdentifier, session],
        ) => [clientIdentifier, describeSession(session)]),
      ),
      retained: Object.fromEntries(
        [...this.retained].sort(([a], [b]) => a < b ? -1 : 1).map((
          [topicName, message],
        ) => [topicName, describeMessage(message)]),
      ),
    };
  }
}

/** What is under way to the client of `session`, oldest first. */
export function deliveriesOf(session: ClientSession): Delivery[] {
  const deliveries = session.window.inOrder();
  session.queue.forEach((delivery) => deliveries.push(delivery));
  return deliveries;
}

export function payloadOf({ payloadBytes, ...message }: Message): string {
  return decoder.decode(
    payloadBytes.subarray(message.payloadStart, message.payloadEnd),
  );
}

function describeSession(session: ClientSession) {
  const subscriptions = [...session.subscriptions].map(([key, each]) => [key, {
    topicFilter: each.topicFilter,
    shareName: each.shareName,
    qos: each.qos,
    noLocal: each.noLocal,
    retainAsPublished: each.retainAsPublished,
    retainHandling: each.retainHandling,
    subscriptionIdentifier: each.subscriptionIdentifier,
    isOwn: each.subscriber === session,
  }]);
  return {
    owner: session.owner,
    expiryIntervalSeconds: session.expiryIntervalSeconds,
    expiresAtMs: session.expiresAtMs,
    willDueAtMs: session.willDueAtMs,
    will: session.will,
    receivedQos2: [...session.receivedQos2()].sort((a, b) => a - b),
    subscriptions: Object.fromEntries(subscriptions.sort()),
    deliveries: deliveriesOf(session).map((delivery) => ({
      packetIdentifier: delivery.packetIdentifier,
      state: delivery.state,
      qos: delivery.qos,
      isRetained: delivery.isRetained,
      subscriptionIdentifiers: delivery.subscriptionIdentifiers,
      isRecorded: delivery.isRecorded,
      openDeliveries: delivery.message.openDeliveries,
      message: describeMessage(delivery.message),
    })),
  };
}

function describeMessage(message: Message) {
  return {
    topicName: message.topicName,
    payload: payloadOf(message),
    properties: [
      ...message.propertiesBytes.subarray(
        message.propertiesStart,
        message.propertiesEnd,
      ),
    ],
    qos: message.qos,
    isRetained: message.isRetained,
    expiresAtMs: message.expiresAtMs,
  };
}
