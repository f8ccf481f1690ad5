import { writeAll } from "./link.ts";
import {
  awaitPacket,
  closeSession,
  openSession,
  subscribe,
} from "./handshake.ts";
import type { LoadOptions } from "./options.ts";
import { encodePublish, PacketType } from "./wire.ts";

/** What filling a broker took. */
export interface PopulateResult {
  mode: "populate";
  sessions: number;
  /** Of each session. */
  subscriptions: number;
  messages: number;
  seconds: number;
}

/**
 * Leaves sessions behind that outlive their connections, and messages that
 * wait for one of them each.
 */
export async function runPopulate(
  options: LoadOptions,
): Promise<PopulateResult> {
  const startMs = performance.now();
  let next = 0;
  const leaveInTurn = async () => {
    while (next < options.connectionCount) await leaveSession(options, next++);
  };
  await Promise.all(Array.from({ length: options.concurrency }, leaveInTurn));
  await publishToAll(options);
  return {
    mode: "populate",
    sessions: options.connectionCount,
    subscriptions: options.subscriptionCount,
    messages: options.messageCount ?? 0,
    seconds: (performance.now() - startMs) / 1000,
  };
}

/** What the Topic Names for session `index` begin with. */
function placeOf(index: number): string {
  return `site/${index % 100}/device-${index}`;
}

async function leaveSession(
  options: LoadOptions,
  index: number,
): Promise<void> {
  const { qos, version, subscriptionCount } = options;
  const isLasting = true;
  const session = await openSession(options, `device-${index}`, { isLasting });
  const subscriptions = Array.from(
    { length: subscriptionCount },
    (_, k) => ({ topicFilter: `${placeOf(index)}/${k}/+`, qos }),
  );
  await subscribe(session, version, subscriptions);
  await closeSession(session.connection);
}

/** Publishes a window of messages at a time, to one session after the other. */
async function publishToAll(options: LoadOptions): Promise<void> {
  const { messageCount = 0, windowSize, connectionCount } = options;
  const session = await openSession(options, "populate");
  const window = Math.min(windowSize, session.receiveMaximum);
  try {
    for (let first = 0; first < messageCount; first += window) {
      const count = Math.min(window, messageCount - first);
      const bytes: number[] = [];
      for (let i = 0; i < count; i++) {
        const index = (first + i) % connectionCount;
        bytes.push(...publication(options, index, i + 1));
      }
      await writeAll(session.connection, Uint8Array.from(bytes));
      for (let i = 0; i < count; i++) {
        checkPuback(await awaitPacket(session, PacketType.PUBACK));
      }
    }
  } finally {
    await closeSession(session.connection);
  }
}

/** A message for session `index`. */
function publication(
  { version, qos, payloadBytes }: LoadOptions,
  index: number,
  packetIdentifier: number,
): Uint8Array {
  const topicName = `${placeOf(index)}/0/x`;
  const { frame, packetIdentifierOffset } = encodePublish(version, {
    topicName,
    qos,
    payloadBytes,
  });
  frame[packetIdentifierOffset] = packetIdentifier >> 8;
  frame[packetIdentifierOffset + 1] = packetIdentifier & 0xff;
  return frame;
}

/** @throws {Error} If the server refused the message. */
function checkPuback(body: Uint8Array): void {
  const reasonCode = body[2] ?? 0;
  if (reasonCode < 0x80) return;
  throw new Error(
    `Cannot fill the broker: a message was refused with ${reasonCode}`,
  );
}
