/**
 * Wills that were allowed once: a Will is the last word of its client, and who
 * may not publish, or not even connect, has no say.
 */
import { NEVER, type Will } from "../session/mod.ts";
import { explainRefusal } from "./authorize.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession } from "./connection.ts";
import type { ClientIdentity } from "./interfaces.ts";
import { DropReason } from "./statistics.ts";

/** A client, connected or away, that has a Will with `broker`. */
type Author = ClientIdentity & { readonly broker: Broker };

/** Wills that are under review. */
const undecided = new WeakSet<Will>();

/** Takes the Will of `session` as soon as it is known that `author` may not publish it any more. */
export function reviewWill(session: ClientSession, author: Author): void {
  const { will } = session;
  if (will === null) return;
  const { topicName } = will.publish;
  undecided.add(will);
  author.broker.reviews.add({
    client: author,
    action: "publish",
    topic: topicName,
    isOutdated: () => session.will !== will,
    settle(isAllowed) {
      undecided.delete(will);
      if (isAllowed) return;
      dropWill(session, author, explainRefusal(author, "publish", topicName));
    },
  });
}

/**
 * Takes the Will of `session`, which is due, if it is not known yet whether it
 * still is allowed.
 */
export function dropUndecidedWill(
  session: ClientSession,
  author: Author,
): void {
  const { will } = session;
  if (will === null || !undecided.has(will)) return;
  dropWill(session, author, ", as far as is known when it is due");
}

/**
 * Why nobody with the names of `author` could publish the Will of `session`;
 * `null` if somebody could, or it cannot be told.
 */
export function findWillObjection(
  session: ClientSession,
  author: Author,
): string | null {
  const { will } = session;
  if (will === null) return null;
  const { topicName } = will.publish;
  return author.broker.authorizer.findWillObjection?.(author, topicName) ??
    null;
}

/** Takes the Will of `session`, if it has one; `why` goes on with the sentence. */
export function dropWill(
  session: ClientSession,
  author: Author,
  why: string,
): void {
  const { will } = session;
  if (will === null) return;
  const { broker } = author;
  const { topicName } = will.publish;
  session.will = null;
  session.willDueAtMs = NEVER;
  broker.waitingWills.forget(session);
  broker.drop(DropReason.refused, session.clientIdentifier, topicName, 1);
  if (broker.store.isRecording) broker.store.sessionChanged(session);
  broker.observer.requestRefused(
    author,
    `the Will to "${topicName}" is not allowed any more${why}`,
  );
}
