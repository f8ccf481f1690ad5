import type { Broker, Statistics } from "../../broker/mod.ts";
import type { Totals } from "../monitor/totals.ts";

/** What the topics are made of. */
export interface SysSource {
  readonly broker: Broker;
  readonly totals: Totals;
  readonly heapBytes: number;
  readonly heapMaximumBytes: number;
}

/** A topic below `$SYS/broker/` and its value. */
type SysTopic = readonly [name: string, read: (source: SysSource) => number];

/**
 * Mosquitto's topics, with its meanings; where it counts each message in its
 * store once, copies that wait for several clients count each.
 */
export const SYS_TOPICS: readonly SysTopic[] = [
  ["bytes/received", ({ broker }) => broker.statistics.bytesReceived],
  ["bytes/sent", ({ broker }) => broker.statistics.bytesSent],
  ["clients/active", connected],
  ["clients/connected", connected],
  ["clients/disconnected", disconnected],
  ["clients/expired", ({ broker }) => broker.statistics.sessionsExpired],
  ["clients/inactive", disconnected],
  [
    "clients/maximum",
    ({ broker }) => broker.statistics.clientsConnectedMaximum,
  ],
  ["clients/total", ({ totals }) => totals.sessions],
  ["heap/current", ({ heapBytes }) => heapBytes],
  ["heap/maximum", ({ heapMaximumBytes }) => heapMaximumBytes],
  ["messages/received", ({ broker }) => broker.statistics.packetsReceived],
  ["messages/sent", ({ broker }) => broker.statistics.packetsSent],
  ["messages/stored", storedMessages],
  [
    "publish/bytes/received",
    ({ broker }) => sum(broker.statistics.payloadBytesReceived),
  ],
  [
    "publish/bytes/sent",
    ({ broker }) => sum(broker.statistics.payloadBytesSent),
  ],
  ["publish/messages/dropped", ({ broker }) => sum(broker.statistics.dropped)],
  [
    "publish/messages/received",
    ({ broker }) => broker.statistics.publishReceived,
  ],
  ["publish/messages/sent", ({ broker }) => broker.statistics.publishSent],
  ["retained messages/count", ({ broker }) => broker.retained.count],
  [
    "shared_subscriptions/count",
    ({ broker }) => broker.router.subscriptions.sharedSize,
  ],
  [
    "store/messages/bytes",
    ({ broker, totals }) =>
      broker.retained.sizeBytes + totals.queuedBytes + totals.inflightBytes,
  ],
  ["store/messages/count", storedMessages],
  [
    "subscriptions/count",
    ({ broker: { router: { subscriptions } } }) =>
      subscriptions.size - subscriptions.sharedSize,
  ],
];

/** What has an average load, with its counter: `load/NAME/1min` and so on. */
export const SYS_LOADS: readonly (readonly [
  name: string,
  read: (statistics: Statistics) => number,
])[] = [
  ["bytes/received", ({ bytesReceived }) => bytesReceived],
  ["bytes/sent", ({ bytesSent }) => bytesSent],
  ["connections", ({ connectsReceived }) => connectsReceived],
  ["messages/received", ({ packetsReceived }) => packetsReceived],
  ["messages/sent", ({ packetsSent }) => packetsSent],
  ["publish/dropped", ({ dropped }) => sum(dropped)],
  ["publish/received", ({ publishReceived }) => publishReceived],
  ["publish/sent", ({ publishSent }) => publishSent],
  ["sockets", ({ connectionsAccepted }) => connectionsAccepted],
];

function connected({ broker }: SysSource): number {
  return broker.statistics.clientsConnected;
}

function disconnected({ broker, totals }: SysSource): number {
  return totals.sessions - broker.statistics.clientsConnected;
}

function storedMessages({ broker, totals }: SysSource): number {
  return broker.retained.count + totals.queuedMessages +
    totals.inflightMessages;
}

function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  return total;
}
