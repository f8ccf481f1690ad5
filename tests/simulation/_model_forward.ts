import type { Message } from "./_message.ts";
import type { Model } from "./_model.ts";
import type { ModelSession, ModelSubscription } from "./_model_session.ts";
import { type Form, LiveOffer } from "./_offer.ts";
import { isMatch } from "./_topics.ts";

/**
 * Notes what the broker owes for `message`, which it takes now; returns how
 * many sessions match. No Local leaves `author` out.
 */
export function forward(
  model: Model,
  message: Message,
  author: ModelSession,
  expiresAtMs: number,
): number {
  model.know(message);
  message.takenCount++;
  const sequence = ++model.lastSequence;
  let matchedCount = 0;
  const groups = new Map<string, Form[]>();
  for (const session of model.sessions.values()) {
    const direct: ModelSubscription[] = [];
    for (const subscription of session.state.subscriptions.values()) {
      const { filter, key, noLocal, shareName } = subscription;
      if (!isMatch(filter, message.topicName)) continue;
      if (shareName !== null) {
        const members = groups.get(key) ?? [];
        groups.set(key, members);
        members.push(makeForm(message, session, [subscription]));
      } else if (!noLocal || session !== author) {
        direct.push(subscription);
      }
    }
    if (direct.length === 0) continue;
    matchedCount++;
    owe(model, message, "direct", [makeForm(message, session, direct)], {
      expiresAtMs,
      sequence,
    });
  }
  for (const [key, members] of groups) {
    matchedCount++;
    owe(model, message, key, members, { expiresAtMs, sequence });
  }
  return matchedCount;
}

/** Whether a store would have to keep `message`, or what depends on it. */
export function isStorable(
  model: Model,
  message: Message,
  publisher: ModelSession,
): boolean {
  if (message.qos === 0) return false;
  if (message.isRetained) return true;
  if (message.qos === 2 && publisher.isStored) return true;
  for (const { isStored, state } of model.sessions.values()) {
    if (!isStored) continue;
    for (const { filter, qos } of state.subscriptions.values()) {
      if (qos > 0 && isMatch(filter, message.topicName)) return true;
    }
  }
  return false;
}

function makeForm(
  message: Message,
  session: ModelSession,
  subscriptions: readonly ModelSubscription[],
): Form {
  const granted = Math.max(...subscriptions.map(({ qos }) => qos));
  return {
    session,
    qos: Math.min(message.qos, granted),
    isRetained: message.isRetained &&
      subscriptions.some(({ retainAsPublished }) => retainAsPublished),
    identifiers: subscriptions.map(({ identifier }) => identifier)
      .filter((identifier) => identifier > 0).sort((a, b) => a - b),
  };
}

function owe(
  model: Model,
  message: Message,
  route: string,
  forms: Form[],
  at: { readonly expiresAtMs: number; readonly sequence: number },
): void {
  const possible = forms.filter(({ qos, session }) =>
    // Nobody keeps a message of QoS 0 for a client that is away.
    qos > 0 || session.link !== null
  );
  if (possible.length === 0) return;
  const offer = new LiveOffer(message, route, possible, {
    step: model.step,
    ...at,
  });
  // With nobody there the turn may be of one who does not get it at all.
  offer.isOptional = possible.length < forms.length &&
    possible.every(({ session }) => session.link === null);
  message.offers.push(offer);
}
