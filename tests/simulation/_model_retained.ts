import type { Change } from "./_labels.ts";
import type { Message } from "./_message.ts";
import type { Model } from "./_model.ts";
import type { RetainedVersion } from "./_model_session.ts";

/**
 * The broker takes `message`, retained or not. False if it has to be refused,
 * because there are as many retained messages as there may be.
 */
export function setRetained(
  model: Model,
  message: Message,
  expiresAtMs: number,
  label: Change | null,
): boolean {
  if (!message.isRetained) return true;
  const { topicName } = message;
  const { retained } = model;
  const old = retained.get(topicName);
  const isRemoval = message.payload === "";
  if (
    !isRemoval && old === undefined &&
    retained.size >= model.limits.maximumRetainedMessages
  ) return false;
  if (old !== undefined) old.untilStep = model.step;
  retained.delete(topicName);
  model.retainedChanges.set(topicName, label);
  if (isRemoval) return true;
  retained.set(topicName, noteVersion(model, message, expiresAtMs, label));
  return true;
}

/** `message` may be what is retained of its topic from now on. */
export function noteVersion(
  { versions }: Model,
  message: Message,
  expiresAtMs: number,
  label: Change | null,
): RetainedVersion {
  const version = { message, expiresAtMs, label, untilStep: Infinity };
  const known = versions.get(message.topicName) ?? [];
  versions.set(message.topicName, known);
  known.push(version);
  return version;
}
