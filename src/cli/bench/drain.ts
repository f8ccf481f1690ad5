import { chunkSize, readBufferBytes } from "./fleet.ts";
import { closeSession, openSession, subscribe } from "./handshake.ts";
import type { LoadOptions } from "./options.ts";
import { CpuMeter, type CpuUse } from "./process.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";
import { Topic } from "./topic.ts";
import { encodePublish } from "./wire.ts";

const pollMs = 1;

/** What taking up a session with a full queue measured. */
export interface DrainResult extends CpuUse {
  mode: "drain";
  messages: number;
  /** Of publishing, until the last acknowledgement. */
  fillSeconds: number;
  /** Deliveries, from CONNECT to the last one. */
  perSecond: number;
}

/** Fills the queue of a session without a connection, and takes it up. */
export async function runDrain(options: LoadOptions): Promise<DrainResult> {
  const runId = crypto.randomUUID().slice(0, 8);
  const topicName = `bench/${runId}`;
  const clientIdentifier = `sub-${runId}`;
  const lasting = { bufferBytes: readBufferBytes, isLasting: true };
  const absent = await openSession(options, clientIdentifier, lasting);
  const { qos, version } = options;
  await subscribe(absent, version, [{ topicFilter: topicName, qos }]);
  await closeSession(absent.connection);

  const fillSeconds = await fill(options, topicName);
  const messages = options.messageCount!;
  const cpu = new CpuMeter(options.processId);
  await cpu.start();
  const startMs = performance.now();
  const session = await openSession(options, clientIdentifier, lasting);
  const subscriber = new Subscriber(session, new Topic(topicName, Infinity));
  const run = subscriber.run();
  await reached(() => subscriber.delivered >= messages, run);
  const seconds = (subscriber.lastDeliveryMs - startMs) / 1000;
  const use = await cpu.stop();
  await closeSession(session.connection);
  return {
    mode: "drain",
    messages,
    fillSeconds,
    perSecond: messages / seconds,
    ...use,
  };
}

/** Publishes the messages; returns the seconds until all are acknowledged. */
async function fill(options: LoadOptions, topicName: string): Promise<number> {
  const { qos, version, payloadBytes, windowSize } = options;
  const messages = options.messageCount!;
  const session = await openSession(options, `pub-${topicName}`, {
    bufferBytes: readBufferBytes,
  });
  const template = encodePublish(version, { topicName, qos, payloadBytes });
  const publisher = new Publisher({
    session,
    topic: new Topic(topicName, Infinity, messages),
    template,
    qos,
    windowSize,
    chunkSize: chunkSize(options, template.frame.length),
  });
  const startMs = performance.now();
  const run = publisher.run();
  publisher.flush();
  await reached(() => publisher.acknowledged >= messages, run);
  await closeSession(session.connection);
  if (publisher.refused > 0) {
    throw new Error(
      `Cannot fill the queue: ${publisher.refused} messages were refused`,
    );
  }
  return (publisher.lastAcknowledgedMs - startMs) / 1000;
}

/** Resolves when `isReached`; rejects if `run`, the connection, ends before. */
async function reached(
  isReached: () => boolean,
  run: Promise<void>,
): Promise<void> {
  let isEnded = false;
  let cause: unknown = "the server closed the connection";
  run.catch((error) => cause = error).finally(() => isEnded = true);
  while (!isReached()) {
    if (isEnded) throw new Error(`Cannot finish: ${cause}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
