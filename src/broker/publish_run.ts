import type { FrameScanner, PublishView } from "../codec/mod.ts";
import type { Receiver, Route } from "../topics/mod.ts";
import { isReceiveControlled, mayReceiveRoute } from "./authorize.ts";
import type { ClientSession, Connection } from "./connection.ts";

/**
 * Takes into `publish` the frames that follow it before `end` and differ from
 * it in the payload only. Bursts to one topic are what loads a broker: a run of
 * them costs each receiver one copy, where frame by frame it was one decoding,
 * one route look-up and one copy each (three times the rate 1→1, five times
 * 1→10, 64-byte payloads).
 *
 * `publish` must be verbatim; `scanner` is left on the last frame taken.
 */
export function extendRun(
  connection: Connection,
  publish: PublishView,
  route: Route<ClientSession>,
  end: number,
): void {
  const { scanner } = connection.broker;
  const { bytes, topicStart, payloadStart } = publish;
  const headLength = payloadStart - topicStart + 2;
  // Kept out of `publish` until the end: this loop is what loads a broker.
  let next = publish.frameEnd;
  let { frameCount, payloadSizeBytes } = publish;
  // Asked of every receiver, so only once a like frame does follow.
  let limitBytes = -1;
  while (next < end && bytes[next] === 0x30) {
    const { bodyStart, frameEnd, frameStart } = scanner;
    const isTaken = isWhole(scanner, bytes, next, end) &&
      scanner.frameEnd - scanner.bodyStart >= headLength &&
      hasEqualHead(bytes, topicStart - 2, scanner.bodyStart, headLength);
    if (isTaken && limitBytes < 0) {
      limitBytes = runLimitBytes(connection, publish, route);
    }
    if (!isTaken || scanner.frameEnd - next > limitBytes) {
      scanner.frameStart = frameStart;
      scanner.bodyStart = bodyStart;
      scanner.frameEnd = frameEnd;
      break;
    }
    next = scanner.frameEnd;
    frameCount++;
    payloadSizeBytes += next - scanner.bodyStart - headLength;
  }
  publish.frameEnd = next;
  publish.frameCount = frameCount;
  publish.payloadSizeBytes = payloadSizeBytes;
}

/**
 * Whether a whole frame begins at `start`. One that is malformed ends the run:
 * its fault is found when its turn comes, and what is before it is forwarded.
 */
function isWhole(
  scanner: FrameScanner,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  try {
    return scanner.scan(bytes, start, end);
  } catch {
    return false;
  }
}

/** Compares Topic Name and Property Length (which is 0) of two frames. */
function hasEqualHead(
  bytes: Uint8Array,
  a: number,
  b: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    if (bytes[a + i] !== bytes[b + i]) return false;
  }
  return true;
}

/**
 * The largest frame that could follow `publish` to exactly the same
 * receivers byte for byte; 0 if some receiver takes it in another form.
 * No such frame has more payload than the configuration allows.
 */
function runLimitBytes(
  { broker, listener }: Connection,
  publish: PublishView,
  route: Route<ClientSession>,
): number {
  if (route.sharedGroups.length > 0 || hasProperties(publish)) return 0;
  let limitBytes = Infinity;
  const { maximumPayloadBytes } = listener.limits;
  if (maximumPayloadBytes > 0) {
    // Before the Topic Name stand four bytes at least.
    limitBytes = 4 + publish.payloadStart - publish.topicStart +
      maximumPayloadBytes;
  }
  const { receivers } = route;
  const isControlled = isReceiveControlled(broker);
  for (let i = 0; i < receivers.length; i++) {
    if (isControlled) {
      const isPermitted = mayReceiveRoute(route, i);
      if (isPermitted === false) continue;
      if (isPermitted === null) return 0;
    }
    const { connection, queue, retainedReplays } = receivers[i].subscriber;
    if (
      connection === null || queue.qos0Count > 0 ||
      retainedReplays.length > 0 ||
      !isVerbatimFor(publish, receivers[i], connection)
    ) return 0;
    if (connection.maximumPacketSizeBytes < limitBytes) {
      limitBytes = connection.maximumPacketSizeBytes;
    }
  }
  return limitBytes;
}

/** Whether `connection` takes the frames of a verbatim `publish` as they stand. */
export function isVerbatimFor(
  publish: PublishView,
  receiver: Receiver<ClientSession>,
  connection: Connection,
): boolean {
  return connection.outboundAliases === null &&
    receiver.subscriptionIdentifiers.length === 0 &&
    (publish.protocolVersion === 5) === (connection.protocolVersion === 5) &&
    publish.payloadEnd - publish.frameStart <=
      connection.maximumPacketSizeBytes;
}

function hasProperties(publish: PublishView): boolean {
  return publish.propertiesEnd > publish.propertiesStart;
}
