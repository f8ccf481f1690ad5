import {
  type FrameScanner,
  PacketType,
  ProtocolError,
  type PublishView,
  readPublish,
  ReasonCode,
} from "../codec/mod.ts";
import type { Route } from "../topics/mod.ts";
import { explainRefusal, mayPublish } from "./authorize.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession, Connection } from "./connection.ts";
import { writeReply } from "./deferred.ts";
import {
  AcknowledgementQueue,
  PublishAcknowledgement,
} from "./publish_acknowledgement.ts";
import { extendRun } from "./publish_run.ts";
import { DropReason } from "./statistics.ts";
import { tellAudience } from "./tell_audience.ts";
import type { Trace } from "./tracer.ts";

const DOLLAR = 0x24;

/**
 * PUBLISH from a client: forwarded to whoever subscribes, retained if it asks
 * for it, and answered by its QoS [MQTT-3.3.4-1]. Like packets that follow it
 * before `end` are handled with it. Returns false when the packet has to wait
 * for an authorization decision.
 * @throws {MqttError} If it is malformed or breaks what CONNACK announced.
 */
export function handlePublish(
  connection: Connection,
  bytes: Uint8Array,
  scanner: FrameScanner,
  end: number,
): boolean {
  const { broker } = connection;
  const publish = broker.publishView;
  readPublish(publish, bytes, scanner, connection.protocolVersion);
  const { qos, packetIdentifier } = publish;
  checkCapabilities(connection, publish);
  const session = connection.session!;
  const isRepeat = qos === 2 && session.hasReceivedQos2(packetIdentifier);
  if (qos > 0 && !isRepeat) checkReceiveMaximum(connection, session);
  const hadTopicName = publish.topicEnd > publish.topicStart;
  if (publish.topicAlias > 0 && !hadTopicName) {
    useTopicAlias(connection, publish);
  }
  const trace = broker.tracer === null ? null : takeTrace(connection, publish);
  const route = broker.router.route(publish);
  if (publish.topicAlias > 0 && hadTopicName) {
    setTopicAlias(connection, publish);
  }
  if (isRepeat) {
    answer(connection, publish, ReasonCode.success);
    trace?.end(ReasonCode.success, 0);
    return true;
  }

  if (trace !== null) trace.step("authorize");
  const isPermitted = publish.topicBytes[publish.topicStart] !== DOLLAR &&
    mayPublish(connection, route);
  if (isPermitted === null) {
    connection.trace = trace;
    return false;
  }
  if (broker.store.isFailing && isStorable(connection, publish, route)) {
    refuseUnstorable(connection, publish, route.topicName);
    trace?.end(ReasonCode.quotaExceeded, 0);
    return true;
  }
  let reasonCode: number;
  let waiting: PublishAcknowledgement | null = null;
  if (!isPermitted) {
    connection.reportRefusal(
      "publish",
      () =>
        `PUBLISH to "${route.topicName}" is not allowed` +
        explainRefusal(connection, "publish", route.topicName),
      route.topicName,
    );
    dropRefused(connection, route.topicName);
    reasonCode = ReasonCode.notAuthorized;
  } else {
    if (trace !== null) trace.step("deliver");
    reasonCode = accept(connection, publish, route);
    if (reasonCode < 0x80) {
      if (publish.isVerbatim) {
        extendRun(connection, publish, route, end);
      }
      const { sampler } = broker;
      sampler.countdown -= publish.frameCount;
      if (sampler.countdown <= 0) takeSample(connection, publish, route);
      broker.router.forward(publish, route, connection, session);
      if (qos > 0) reasonCode = outcome(broker.router);
      if (broker.messageObserver !== null && reasonCode < 0x80) {
        tellAudience(connection, publish, route);
      }
    }
  }
  const { statistics } = broker;
  statistics.messagesReceived[qos] += publish.frameCount;
  statistics.payloadBytesReceived[qos] += publish.payloadSizeBytes;
  // The last one of a run is counted where all packets are.
  statistics.packetsReceived += publish.frameCount - 1;
  if (qos > 0) {
    if (qos === 2 && reasonCode < 0x80) {
      session.addReceivedQos2(packetIdentifier);
      if (session.isRecorded) {
        broker.store.receivedQos2Changed(session, packetIdentifier);
      }
    }
    waiting = answer(connection, publish, reasonCode);
  }
  broker.sampler.stampMs = 0;
  if (trace !== null) finishTrace(trace, { broker, reasonCode, waiting });
  return true;
}

/** The trace of a PUBLISH that has waited, or that of a new one. */
function takeTrace(
  connection: Connection,
  publish: PublishView,
): Trace | null {
  const trace = connection.trace ??
    connection.broker.tracer!.tracePublish(connection, publish);
  connection.trace = null;
  trace?.step("route");
  return trace;
}

/** It is over once the acknowledgement goes out, if it waits for the store. */
function finishTrace(
  trace: Trace,
  { broker, reasonCode, waiting }: {
    readonly broker: Broker;
    readonly reasonCode: number;
    readonly waiting: PublishAcknowledgement | null;
  },
): void {
  const { acceptedCount } = broker.router;
  const receiverCount = reasonCode < 0x80 ? acceptedCount : 0;
  if (waiting === null || waiting.isSafe) {
    trace.end(reasonCode, receiverCount);
    return;
  }
  trace.step("store");
  waiting.trace = trace;
  waiting.receiverCount = receiverCount;
}

function takeSample(
  { broker, clientIdentifier }: Connection,
  publish: PublishView,
  { topicName }: Route<ClientSession>,
): void {
  const { frameStart, frameEnd, frameCount } = publish;
  const sizeBytes = (frameEnd - frameStart) / frameCount;
  broker.sampler.take(broker.nowMs, {
    clientIdentifier,
    topicName,
    sizeBytes,
  });
}

/** The PUBLISH of `publisher` goes to nobody. */
function dropRefused(publisher: Connection, topicName: string): void {
  const { broker, clientIdentifier } = publisher;
  broker.drop(DropReason.refused, clientIdentifier, topicName, 1);
}

/** What the publisher is told about how many sessions took its message. */
function outcome(
  counts: { matchedCount: number; acceptedCount: number },
): number {
  if (counts.matchedCount === 0) return ReasonCode.noMatchingSubscribers;
  return counts.acceptedCount === 0
    ? ReasonCode.quotaExceeded
    : ReasonCode.success;
}

/** Applies the bounds of size and depth, and keeps the message if it is retained. */
function accept(
  connection: Connection,
  publish: PublishView,
  { topicName, levelCount }: Route<ClientSession>,
): number {
  const { broker } = connection;
  const { limits } = connection.listener;
  if (levelCount > limits.maximumTopicLevels) {
    connection.reportRefusal(
      "levels",
      () =>
        `PUBLISH to "${topicName}" has ${levelCount} levels, the maximum ` +
        `is ${limits.maximumTopicLevels}`,
    );
    dropRefused(connection, topicName);
    return ReasonCode.topicNameInvalid;
  }
  const payloadBytes = publish.payloadEnd - publish.payloadStart;
  if (
    limits.maximumPayloadBytes > 0 && payloadBytes > limits.maximumPayloadBytes
  ) {
    connection.reportRefusal(
      "payload",
      () =>
        `PUBLISH to "${topicName}" has ${payloadBytes} bytes of payload, ` +
        `the maximum is ${limits.maximumPayloadBytes}`,
    );
    dropRefused(connection, topicName);
    return ReasonCode.quotaExceeded;
  }
  if (!publish.isRetained) return ReasonCode.success;
  if (payloadBytes === 0) {
    broker.retained.delete(topicName);
    return ReasonCode.success;
  }
  if (broker.retained.set(broker.router.copy(publish, topicName))) {
    return ReasonCode.success;
  }
  connection.reportRefusal(
    "retained",
    () => "the store of retained messages is full",
  );
  // The old message would pass for the present one [3.1.1 MQTT-3.3.1-7].
  if (publish.qos === 0) broker.retained.delete(topicName);
  dropRefused(connection, topicName);
  return ReasonCode.quotaExceeded;
}

/**
 * PUBACK or PUBREC, at once or when what it promises is stored; returns the
 * latter. A 3.1.1 client cannot be told of a refusal [3.1.1 MQTT-3.3.5-2].
 */
function answer(
  connection: Connection,
  publish: PublishView,
  reasonCode: number,
): PublishAcknowledgement | null {
  const { broker, acknowledgements } = connection;
  // What nobody had room for may be retained all the same, and 3.1.1 cannot
  // tell the refusal from a promise.
  const isAwaited = broker.store.isAwaited &&
    (reasonCode < 0x80 || publish.isRetained) &&
    mustBeStored(connection, publish);
  const type = publish.qos === 1 ? PacketType.puback : PacketType.pubrec;
  if (
    !isAwaited && (acknowledgements === null || acknowledgements.length === 0)
  ) {
    writeReply(connection, type, publish.packetIdentifier, reasonCode);
    connection.latency.acknowledgement(broker.sampler.stampMs);
    return null;
  }
  const acknowledgement = new PublishAcknowledgement(
    connection,
    type,
    publish.packetIdentifier,
    reasonCode,
  );
  acknowledgement.stampMs = broker.sampler.stampMs;
  connection.acknowledgements ??= new AcknowledgementQueue();
  connection.acknowledgements.push(connection, acknowledgement);
  if (!isAwaited) {
    acknowledgement.proceed();
    return acknowledgement;
  }
  const canBeSettled = canBeSettledFirst(connection, publish);
  broker.store.afterCommit(
    acknowledgement,
    !canBeSettled || broker.router.hasAbsentReceiver,
  );
  if (canBeSettled) broker.router.awaitDeliveries(acknowledgement);
  return acknowledgement;
}

/** Whether `publish` is one that the store would have to keep. */
function isStorable(
  connection: Connection,
  publish: PublishView,
  route: Route<ClientSession>,
): boolean {
  return (publish.qos > 0 && publish.isRetained) ||
    (publish.qos === 2 && connection.session!.isRecorded) ||
    (publish.qos > 0 &&
      connection.broker.router.reachesStoredSession(route));
}

/**
 * The store is failing: the publisher keeps the message. A 3.1.1 client cannot
 * be told, and sends again on its next connection only, so this one ends
 * [3.1.1 MQTT-4.8.0-2].
 */
function refuseUnstorable(
  connection: Connection,
  publish: PublishView,
  topicName: string,
): void {
  connection.reportRefusal(
    "store",
    () =>
      `PUBLISH to "${topicName}" cannot be stored: writing to the store fails`,
  );
  dropRefused(connection, topicName);
  if (!connection.isVersion5) {
    connection.end(ReasonCode.quotaExceeded, "PUBLISH cannot be stored");
    return;
  }
  // Not behind the acknowledgements that wait for the store.
  writeReply(
    connection,
    publish.qos === 1 ? PacketType.puback : PacketType.pubrec,
    publish.packetIdentifier,
    ReasonCode.quotaExceeded,
  );
}

/** Whether a crash must not undo what `publish` has changed. */
function mustBeStored(connection: Connection, publish: PublishView): boolean {
  return connection.broker.router.recordedCount > 0 || publish.isRetained ||
    (publish.qos === 2 && connection.session!.isRecorded);
}

/** Whether deliveries are all that has to be stored: then it is enough that they are done. */
function canBeSettledFirst(
  connection: Connection,
  publish: PublishView,
): boolean {
  return !publish.isRetained &&
    (publish.qos === 1 || !connection.session!.isRecorded);
}

function checkCapabilities(connection: Connection, publish: PublishView): void {
  const { offered } = connection;
  if (publish.qos > offered.maximumQos) {
    throw new ProtocolError(
      `Cannot accept PUBLISH: QoS is ${publish.qos}, the Maximum QoS is ` +
        `${offered.maximumQos} [MQTT-3.2.2-11]`,
      ReasonCode.qosNotSupported,
    );
  }
  if (publish.isRetained && !offered.retainAvailable) {
    throw new ProtocolError(
      "Cannot accept PUBLISH: RETAIN is set, but not available [MQTT-3.2.2-14]",
      ReasonCode.retainNotSupported,
    );
  }
}

function checkReceiveMaximum(
  connection: Connection,
  session: ClientSession,
): void {
  const { receiveMaximum } = connection.offered;
  const { acknowledgements, inheritedQos2Count } = connection;
  const openCount = session.receivedQos2Count - inheritedQos2Count +
    (acknowledgements === null ? 0 : acknowledgements.pubackCount);
  if (!connection.isVersion5 || openCount < receiveMaximum) return;
  throw new ProtocolError(
    `Cannot accept PUBLISH: ${receiveMaximum} are unacknowledged already, ` +
      "as many as Receive Maximum allows [MQTT-3.3.4-7]",
    ReasonCode.receiveMaximumExceeded,
  );
}

/** Points `publish` at the Topic Name that its Topic Alias stands for. */
function useTopicAlias(connection: Connection, publish: PublishView): void {
  checkTopicAlias(connection, publish.topicAlias);
  const topicBytes = connection.inboundAliases?.[publish.topicAlias] ?? null;
  if (topicBytes === null) {
    throw new ProtocolError(
      `Cannot accept PUBLISH: Topic Alias ${publish.topicAlias} is not set ` +
        "[MQTT-3.3.2-7]",
    );
  }
  publish.topicBytes = topicBytes;
  publish.topicStart = 0;
  publish.topicEnd = topicBytes.length;
}

/** Remembers the Topic Name of `publish` under its Topic Alias [MQTT-3.3.2-12]. */
function setTopicAlias(connection: Connection, publish: PublishView): void {
  checkTopicAlias(connection, publish.topicAlias);
  const { topicAliasMaximum } = connection.offered;
  connection.inboundAliases ??= new Array(topicAliasMaximum + 1).fill(null);
  connection.inboundAliases[publish.topicAlias] = publish.topicBytes
    .slice(publish.topicStart, publish.topicEnd);
}

function checkTopicAlias(connection: Connection, topicAlias: number): void {
  const { topicAliasMaximum } = connection.offered;
  if (topicAlias <= topicAliasMaximum) return;
  throw new ProtocolError(
    `Cannot accept PUBLISH: Topic Alias is ${topicAlias}, the Topic Alias ` +
      `Maximum is ${topicAliasMaximum} [MQTT-3.3.2-9]`,
    ReasonCode.topicAliasInvalid,
  );
}
