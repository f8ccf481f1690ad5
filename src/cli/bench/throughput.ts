import { Fleet } from "./fleet.ts";
import type { LoadOptions } from "./options.ts";
import { CpuMeter, type CpuUse } from "./process.ts";
import { Subscriber } from "./subscriber.ts";

const pollMs = 2;

/** What one run at full speed measured. */
export interface ThroughputResult extends CpuUse {
  mode: "throughput";
  /** Messages sent, warm-up included. */
  sent: number;
  /** Deliveries (or acknowledgements without subscribers) after warm-up. */
  counted: number;
  countedSeconds: number;
  perSecond: number;
  /** Deliveries of the whole run that never came. */
  lost: number;
  duplicates: number;
  refused: number;
}

/**
 * Sends as fast as the bounds allow and counts what arrives, from the end of
 * the warm-up to the last delivery; without subscribers, acknowledgements.
 */
export async function runThroughput(
  options: LoadOptions,
): Promise<ThroughputResult> {
  const fleet = await Fleet.open(options, {
    budgetOf: (topicIndex) => shareOf(options, topicIndex),
    makeSubscriber: (session, topic) => new Subscriber(session, topic),
  });
  try {
    return await Promise.race([measure(options, fleet), fleet.failure]);
  } finally {
    await fleet.close();
  }
}

async function measure(
  options: LoadOptions,
  fleet: Fleet,
): Promise<ThroughputResult> {
  const cpu = new CpuMeter(options.processId);
  if (options.warmupSeconds > 0) {
    for (const topic of fleet.topics) topic.wake();
    await sleep(options.warmupSeconds * 1000);
  }
  await cpu.start();
  const startMs = performance.now();
  const countedBefore = count(options, fleet);
  for (const topic of fleet.topics) topic.wake();
  if (options.messageCount === undefined) {
    await watchFor(options, fleet);
    for (const topic of fleet.topics) topic.stop();
  }
  await drain(options, fleet);
  const use = await cpu.stop();
  const counted = count(options, fleet) - countedBefore;
  if (counted === 0) {
    throw new Error(`Cannot measure: nothing arrived of ${fleet.sent} sent`);
  }
  const countedSeconds = (lastMs(options, fleet) - startMs) / 1000;
  return {
    mode: "throughput",
    sent: fleet.sent,
    counted,
    countedSeconds,
    perSecond: counted / countedSeconds,
    lost: fleet.sent * options.subscriberCount - fleet.delivered,
    duplicates: fleet.subscribers.reduce((n, one) => n + one.duplicates, 0),
    refused: fleet.publishers.reduce((n, one) => n + one.refused, 0),
    ...use,
  };
}

/** Lets the senders run for the time given; frees those that wait in vain. */
async function watchFor(options: LoadOptions, fleet: Fleet): Promise<void> {
  const endMs = performance.now() + options.seconds * 1000;
  const silence = new SilenceWatch(options, fleet);
  while (performance.now() < endMs) {
    await sleep(Math.min(pollMs, Math.max(1, endMs - performance.now())));
    if (!silence.isOver()) continue;
    for (const topic of fleet.topics) topic.forgive();
  }
}

/** Waits until everything has arrived, or nothing more does. */
async function drain(options: LoadOptions, fleet: Fleet): Promise<void> {
  const silence = new SilenceWatch(options, fleet);
  for (;;) {
    const isSent = fleet.topics.every((topic) => topic.remaining() <= 0);
    const isDelivered = fleet.delivered >= fleet.sent * options.subscriberCount;
    if (isSent && isDelivered && fleet.inFlight === 0) return;
    if (silence.isOver()) {
      if (isSent) return;
      for (const topic of fleet.topics) topic.forgive();
    }
    await sleep(pollMs);
  }
}

/** Notices when nothing has arrived for the grace time. */
class SilenceWatch {
  readonly #fleet: Fleet;
  readonly #graceMs: number;
  #arrived = -1;
  #sinceMs = 0;

  constructor(options: LoadOptions, fleet: Fleet) {
    this.#fleet = fleet;
    this.#graceMs = options.graceSeconds * 1000;
  }

  isOver(): boolean {
    const arrived = this.#fleet.delivered + this.#fleet.acknowledged;
    const nowMs = performance.now();
    if (arrived !== this.#arrived) {
      this.#arrived = arrived;
      this.#sinceMs = nowMs;
    }
    return nowMs - this.#sinceMs > this.#graceMs;
  }
}

function count(options: LoadOptions, fleet: Fleet): number {
  return options.subscriberCount > 0 ? fleet.delivered : fleet.acknowledged;
}

function lastMs(options: LoadOptions, fleet: Fleet): number {
  const times = options.subscriberCount > 0
    ? fleet.subscribers.map((subscriber) => subscriber.lastDeliveryMs)
    : fleet.publishers.map((publisher) => publisher.lastAcknowledgedMs);
  return Math.max(...times);
}

function shareOf(options: LoadOptions, topicIndex: number): number {
  if (options.messageCount === undefined) return Infinity;
  const { messageCount, topicCount } = options;
  const extra = topicIndex < messageCount % topicCount ? 1 : 0;
  return Math.floor(messageCount / topicCount) + extra;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
