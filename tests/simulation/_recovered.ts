import type { Broker, ClientSession } from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { SimulationFailure } from "./_failure.ts";
import type { Model } from "./_model.ts";
import { userOf } from "./_users.ts";

/** A broker that has read its store is as the last safe state says, and as time has passed since. */
export function holdRecovered(model: Model, broker: Broker): void {
  const actual = [...broker.sessions.values()].map((session) => ({
    clientIdentifier: session.clientIdentifier,
    owner: session.owner,
    expirySeconds: session.expiryIntervalSeconds,
    expiresAtMs: session.expiresAtMs,
    willDueAtMs: session.willDueAtMs,
    will: decode(session.will?.publish.payload),
    subscriptions: [...session.subscriptions]
      .map(([key, { qos }]) => `${key} ${qos}`).sort(),
    received: known(model, session),
  }));
  const expected = [...model.sessions.values()].map((
    { clientIdentifier, state },
  ) => ({
    clientIdentifier,
    owner: userOf(clientIdentifier),
    expirySeconds: state.expirySeconds,
    expiresAtMs: state.expiresAtMs,
    willDueAtMs: state.willDueAtMs,
    will: state.will?.message.payload ?? null,
    subscriptions: [...state.subscriptions.values()]
      .map(({ key, qos }) => `${key} ${qos}`).sort(),
    received: [...state.received]
      .filter(([, { isUncertain }]) => !isUncertain)
      .map(([packetIdentifier]) => packetIdentifier)
      .sort((a, b) => a - b),
  }));
  const topicNames = [...model.versions.keys()].sort()
    .filter((topicName) => !model.uncertainTopics.has(topicName));
  const retained = topicNames.map((topicName) => ({
    topicName,
    payload: model.retained.get(topicName)?.message.payload ?? null,
  }));
  const actualRetained = retained.map(({ topicName }) => ({
    topicName,
    payload: payloadOf(broker, topicName),
  }));
  try {
    assertEquals(byName(actual), byName(expected));
    assertEquals(actualRetained, retained);
  } catch (error) {
    throw new SimulationFailure(
      "the broker has not come back as it was",
      { cause: error },
    );
  }
}

/** The identifiers of received QoS 2 messages that are no matter of luck. */
function known(model: Model, session: ClientSession): number[] {
  const expected = model.sessions.get(session.clientIdentifier);
  return [...session.receivedQos2()].filter((packetIdentifier) =>
    !expected?.state.received.get(packetIdentifier)?.isUncertain
  ).sort((a, b) => a - b);
}

function byName<T extends { readonly clientIdentifier: string }>(
  sessions: T[],
): T[] {
  return sessions.sort((a, b) =>
    a.clientIdentifier < b.clientIdentifier ? -1 : 1
  );
}

function payloadOf(broker: Broker, topicName: string): string | null {
  const message = broker.retained.get(topicName);
  // The timer that removes it may not have fired yet.
  if (message !== undefined && message.expiresAtMs <= broker.nowMs) return null;
  return decode(
    message?.payloadBytes.subarray(
      message.payloadStart,
      message.payloadEnd,
    ),
  );
}

function decode(bytes: Uint8Array | undefined): string | null {
  return bytes === undefined ? null : decoder.decode(bytes);
}

const decoder = new TextDecoder();
