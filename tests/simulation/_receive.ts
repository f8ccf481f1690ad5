import { hold } from "./_failure.ts";
import type { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import type { Model } from "./_model.ts";
import {
  assignOffer,
  LiveOffer,
  type Offer,
  Receipt,
  RetainedOffer,
} from "./_offer.ts";

/** A PUBLISH as a client has got it, with the Topic Name that an alias stands for. */
export interface Received {
  /** Of the client. */
  readonly version: 4 | 5;
  readonly topicName: string;
  readonly payload: string;
  /** The tag of the message; empty if a client of 3.1.1 gets an empty payload. */
  readonly tag: string;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly isDuplicate: boolean;
  readonly packetIdentifier: number;
  readonly identifiers: readonly number[];
  readonly expirySeconds: number | null;
}

/**
 * A client has got a PUBLISH: finds what it was owed for, and holds it to the
 * rules. `isRepeat` tells that it has come before under the same Packet
 * Identifier.
 */
export function receive(
  model: Model,
  link: Link,
  received: Received,
): { readonly receipt: Receipt; readonly isRepeat: boolean } {
  const session = link.session!;
  const open = session.open.get(received.packetIdentifier);
  if (received.qos > 0 && open !== undefined) {
    holdRepeat(open, link, received);
    open.lastLink = link;
    return { receipt: open, isRepeat: true };
  }
  const message = model.messages.get(received.tag) ?? null;
  const receipt = new Receipt({ ...received, session }, {
    topicName: received.topicName,
    message,
    packetIdentifier: received.packetIdentifier,
    step: model.step,
    link,
  });
  const offersOf = (each: Receipt) => findOffers(model, each);
  hold(
    (message !== null || received.payload === "") &&
      assignOffer(receipt, offersOf),
    () =>
      `nobody owes ${describe(received, link)}; what is owed: ` +
      `${message?.offers.join("; ")}`,
  );
  const possible = offersOf(receipt).filter((each) => each.accepts(receipt));
  hold(
    !received.isDuplicate ||
      possible.some(({ step }) => step < link.openedStep),
    () => `DUP is 1 the first time: ${describe(received, link)}`,
  );
  if (message !== null) {
    hold(
      message.topicName === received.topicName &&
        message.payload === received.payload,
      () => `this is not ${message}: ${describe(received, link)}`,
    );
    holdExpiry(model, message, possible, received, link);
    holdOrder(message, possible, received, link);
  }
  session.receipts.push(receipt);
  if (received.qos === 0) receipt.settledStep = model.step;
  else session.open.set(received.packetIdentifier, receipt);
  return { receipt, isRepeat: false };
}

/** What `receipt` may have come for. */
function findOffers(model: Model, receipt: Receipt): Offer[] {
  const { message, session, topicName } = receipt;
  const offers: Offer[] = [];
  if (message !== null) offers.push(...message.offers);
  else {
    for (const each of model.messages.values()) {
      if (receipt.isOf(each)) offers.push(...each.offers);
    }
  }
  if (!receipt.isRetained) return offers;
  // What has been stopped may be under way still; the others have to come.
  for (const isStopped of [false, true]) {
    for (const replay of session.replays) {
      const offer = replay.isStopped === isStopped
        ? replay.offer(topicName)
        : null;
      if (offer !== null) offers.push(offer);
    }
  }
  return offers;
}

/** The application of a client takes a message: at QoS 2 it does so once. */
export function holdExactlyOnce({ message, session }: Receipt): void {
  if (message === null) return;
  const routes = new Set<string>();
  for (const { forms, route } of message.offers) {
    const isMeant = forms.some((form) =>
      form.session === session && form.qos === 2
    );
    if (isMeant) routes.add(route);
  }
  const taken = session.receipts.filter((receipt) =>
    receipt.message === message && receipt.qos === 2 &&
    !(receipt.offer instanceof RetainedOffer)
  ).reduce((sum, { takenCount }) => sum + takenCount, 0);
  hold(
    taken <= routes.size,
    () => `${session.clientIdentifier} took ${message} ${taken} times`,
  );
}

function holdRepeat(open: Receipt, link: Link, received: Received): void {
  const where = () => describe(received, link);
  hold(
    open.topicName === received.topicName &&
      (open.message === null || open.message.payload === received.payload),
    () => `the Packet Identifier is that of ${open}: ${where()}`,
  );
  hold(
    open.lastLink !== link,
    () => `sent twice on the same connection: ${where()}`,
  );
  hold(received.isDuplicate, () => `DUP is 0 in a repetition: ${where()}`);
  hold(
    open.releasedStep === Infinity,
    () => `PUBLISH again after PUBREC: ${where()}`,
  );
}

/** The interval that is left has counted down, and not to nothing. */
function holdExpiry(
  model: Model,
  message: Message,
  possible: readonly Offer[],
  { expirySeconds, isDuplicate, qos, version }: Received,
  link: Link,
): void {
  if (version === 4) return;
  const original = message.expirySeconds;
  if (original === null || expirySeconds === null) {
    hold(
      original === expirySeconds,
      () => `the expiry interval of ${message} is ${expirySeconds}`,
    );
    return;
  }
  // Of a retained message it is not known here when it was published.
  const ends = possible.map((offer) =>
    offer instanceof LiveOffer ? offer.expiresAtMs : -Infinity
  );
  const least = Math.ceil((Math.min(...ends) - model.nowMs) / 1000);
  // At QoS 2 delivery begins before the packet goes out: its Packet Identifier
  // has to be stored.
  const mayBeOver = isDuplicate || original === 0 ||
    (qos === 2 && link.session!.isStored);
  hold(
    expirySeconds <= original && expirySeconds >= least &&
      (expirySeconds > 0 || mayBeOver),
    () =>
      `the expiry interval of ${message} is ${expirySeconds}, not in ` +
      `${least}..${original}, for ${link.client.name}`,
  );
}

/** Messages of one publisher to one topic come in their order [MQTT-4.6.0-6]. */
function holdOrder(
  message: Message,
  possible: readonly Offer[],
  received: Received,
  link: Link,
): void {
  const { lastSequences, receipts } = link.session!;
  // What was published or got twice, or asked for by SUBSCRIBE, has no order.
  if (
    message.takenCount > 1 ||
    possible.some((offer) => offer instanceof RetainedOffer) ||
    receipts.some((receipt) => receipt.message === message)
  ) return;
  const { author, qos, topicName } = message;
  const key = `${author} ${qos} ${received.qos} ${topicName}`;
  const { sequence } = possible[0] as LiveOffer;
  hold(
    sequence >= (lastSequences.get(key) ?? 0),
    () => `after a later one of its publisher: ${describe(received, link)}`,
  );
  lastSequences.set(key, sequence);
}

function describe(received: Received, { client }: Link): string {
  const { isDuplicate, isRetained, packetIdentifier, tag, qos } = received;
  return `PUBLISH "${tag}" to ${received.topicName}, QoS ${qos}, RETAIN ` +
    `${Number(isRetained)}, DUP ${Number(isDuplicate)}, identifier ` +
    `${packetIdentifier}, subscription identifiers [${received.identifiers}], ` +
    `for ${client.name}`;
}
