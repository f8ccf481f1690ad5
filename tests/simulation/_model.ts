import type { Limits } from "../../src/broker/mod.ts";
import { hold } from "./_failure.ts";
import type {
  AcknowledgeLabel,
  Change,
  DisconnectLabel,
  Meaning,
  PublishLabel,
  ReleaseLabel,
} from "./_labels.ts";
import type { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import {
  ModelSession,
  type ModelWill,
  type RetainedVersion,
} from "./_model_session.ts";
import { NEVER } from "./_offer.ts";
import { forward, isStorable } from "./_model_forward.ts";
import { noteVersion, setRetained } from "./_model_retained.ts";
import { subscribe, unsubscribe } from "./_model_subscribe.ts";
import { DENIED_TOPIC } from "./_topics.ts";

/** The Session Expiry Interval that means never. */
export const NEVER_EXPIRES = 0xffff_ffff;

const SUCCESS = 0x00;
const NO_MATCHING_SUBSCRIBERS = 0x10;
const NOT_AUTHORIZED = 0x87;
const QUOTA_EXCEEDED = 0x97;

/**
 * What the broker has to do, worked out from the packets that it has handled,
 * in that order, and from the time; none of the broker's own code is in it.
 */
export class Model {
  readonly limits: Limits;
  /** Whether the bounds are so low that messages may be dropped. */
  readonly isTight: boolean;
  readonly sessions = new Map<string, ModelSession>();
  /** Those that have ended included. */
  readonly allSessions: ModelSession[] = [];
  readonly retained = new Map<string, RetainedVersion>();
  /** Every retained message that ever was, by topic, oldest first. */
  readonly versions = new Map<string, RetainedVersion[]>();
  /** What changed last of each topic; `null` for a Will. */
  readonly retainedChanges = new Map<string, Change | null>();
  /** Topics whose retained message is a matter of luck. */
  readonly uncertainTopics = new Set<string>();
  /** By tag. */
  readonly messages = new Map<string, Message>();
  nowMs = 0;
  /** Counts what happens; the broker does at most one thing in a step. */
  step = 0;
  lastSequence = 0;
  /** Whether writing to the store fails now, so that nothing is accepted that has to be stored. */
  isStoreFailing = false;
  /** Whether some message was dropped in this step because of a full queue. */
  hasDropped = false;
  #isSuspended = false;
  /** Of each client the connection whose CONNECT came last. */
  readonly #lastConnects = new Map<string, Link>();

  constructor(limits: Limits, isTight: boolean) {
    this.limits = limits;
    this.isTight = isTight;
  }

  /** Lets everything happen that is due until `nowMs`. */
  advanceTo(nowMs: number): void {
    while (!this.#isSuspended) {
      const dueAtMs = this.#nextDueAtMs();
      if (dueAtMs > nowMs) break;
      this.nowMs = Math.max(this.nowMs, dueAtMs);
      for (const [topicName, version] of this.retained) {
        if (version.expiresAtMs <= dueAtMs) {
          version.untilStep = this.step;
          this.retained.delete(topicName);
        }
      }
      // No Will goes to a session that ends at the same time.
      const due = [...this.sessions.values()].filter(({ state }) =>
        Math.min(state.willDueAtMs, state.expiresAtMs) <= dueAtMs
      );
      const wills = due.map((session) => this.#takeWill(session));
      for (const session of due) {
        if (session.state.expiresAtMs <= dueAtMs) this.#end(session);
      }
      due.forEach((session, i) => this.#publishWill(session, wills[i]));
    }
    this.nowMs = nowMs;
  }

  /** The broker is down: nothing happens when it is due. */
  suspend(): void {
    this.#isSuspended = true;
  }

  /** The broker is back: what is due by now happens. */
  resume(): void {
    this.#isSuspended = false;
    this.advanceTo(this.nowMs);
  }

  #nextDueAtMs(): number {
    let dueAtMs = Infinity;
    for (const { state } of this.sessions.values()) {
      dueAtMs = Math.min(dueAtMs, state.willDueAtMs, state.expiresAtMs);
    }
    for (const { expiresAtMs } of this.retained.values()) {
      dueAtMs = Math.min(dueAtMs, expiresAtMs);
    }
    return dueAtMs;
  }

  /** The broker has read CONNECT, and lets the client in. */
  connectAccepted(link: Link): void {
    const { client, request } = link;
    const old = this.sessions.get(client.name);
    link.isRefused = this.isStoreFailing && old !== undefined &&
      old.isStored && (request.cleanStart || old.state.expirySeconds === 0);
    if (link.isRefused) return;
    // Whether the end of a session before is stored, the broker learns late.
    link.mayBeRefused = this.isStoreFailing &&
      this.allSessions.some(({ clientIdentifier, hasEnded, isStored }) =>
        clientIdentifier === client.name && hasEnded && isStored
      );
    link.lastConnect = this.#lastConnects.get(client.name) ?? null;
    this.#lastConnects.set(client.name, link);
    this.#startClean(link);
  }

  /** The broker has read CONNECT, and does not let the client in. */
  connectRefused({ client, lastConnect, mayBeRefused }: Link): void {
    if (mayBeRefused) this.#lastConnects.set(client.name, lastConnect!);
  }

  /** Clean Start: the session before ends. */
  #startClean(link: Link): void {
    if (!link.request.cleanStart) return;
    const session = this.sessions.get(link.client.name);
    if (session !== undefined) this.end(session);
  }

  /** The broker has taken `link` in. */
  opened(link: Link): void {
    const { client, request } = link;
    hold(
      this.#lastConnects.get(client.name) === link,
      () => `an earlier CONNECT of ${client.name} wins over a later one`,
    );
    let session = this.sessions.get(client.name);
    hold(
      session === undefined || session.link === null,
      () => `${client.name} has two connections`,
    );
    hold(
      session === undefined || !request.cleanStart,
      () => `${client.name} asked for a Clean Start, and finds a session`,
    );
    link.expectedPresent = session !== undefined;
    if (session === undefined) {
      for (const ended of this.allSessions) {
        if (ended.clientIdentifier === client.name) ended.successors.push(link);
      }
      session = new ModelSession(client.name);
      this.sessions.set(client.name, session);
      this.allSessions.push(session);
    }
    const { state } = session;
    state.expirySeconds = request.expirySeconds;
    state.will = request.will;
    state.expiresAtMs = state.willDueAtMs = Infinity;
    session.isStored ||= request.expirySeconds > 0;
    session.smallestMaximumPacketSize = Math.min(
      session.smallestMaximumPacketSize,
      request.maximumPacketSize,
    );
    session.link = link;
    link.session = session;
    link.lastHandledAtMs = this.nowMs;
    link.openedStep = this.step;
  }

  /** The connection of a session has ended, for whatever reason. */
  left(link: Link): void {
    const session = link.session!;
    if (session.link !== link) return;
    session.link = null;
    const { state } = session;
    if (state.expirySeconds !== NEVER_EXPIRES) {
      state.expiresAtMs = this.nowMs + state.expirySeconds * 1000;
    }
    if (state.will !== null) {
      state.willDueAtMs = this.nowMs + state.will.delaySeconds * 1000;
    }
    this.advanceTo(this.nowMs);
  }

  /** Ends a session; a Will that waits is published. */
  end(session: ModelSession): void {
    const will = this.#takeWill(session);
    this.#end(session);
    this.#publishWill(session, will);
  }

  #end(session: ModelSession): void {
    this.sessions.delete(session.clientIdentifier);
    session.hasEnded = true;
    session.endedStep = this.step;
    session.link = null;
    for (const replay of session.replays) replay.isStopped = true;
  }

  #takeWill({ state }: ModelSession): ModelWill | null {
    const { will } = state;
    state.will = null;
    state.willDueAtMs = Infinity;
    return will;
  }

  #publishWill(session: ModelSession, will: ModelWill | null): void {
    if (will === null) return;
    const { message } = will;
    const expiresAtMs = this.expiryOf(message);
    setRetained(this, message, expiresAtMs, null);
    forward(this, message, session, expiresAtMs);
  }

  /** The broker has handled one packet. */
  handle(link: Link, meaning: Meaning): void {
    link.lastHandledAtMs = this.nowMs;
    switch (meaning.kind) {
      case "publish":
        return this.#publish(link, meaning);
      case "acknowledge":
        return this.#acknowledge(link.session!, meaning);
      case "release":
        return this.#release(link.session!, meaning);
      case "subscribe":
        return subscribe(this, link, meaning);
      case "unsubscribe":
        return unsubscribe(this, link.session!, meaning);
      case "disconnect":
        return this.#disconnect(link.session!, meaning);
    }
  }

  #publish(link: Link, label: PublishLabel): void {
    const session = link.session!;
    const { message, packetIdentifier } = label;
    this.know(message);
    label.handledStep = this.step;
    if (
      message.qos === 2 &&
      session.state.received.get(packetIdentifier) === message
    ) {
      label.expected = [SUCCESS];
      if (!message.isUncertain) return;
      // The broker may have refused it, and take it for a new one.
      label.expected = [SUCCESS, NO_MATCHING_SUBSCRIBERS, QUOTA_EXCEEDED];
      label.mayBeUnanswerable = this.isStoreFailing &&
        link.client.version === 4 && isStorable(this, message, session);
      this.#forward(session, label, this.expiryOf(message));
      return;
    }
    const isDenied = message.topicName === DENIED_TOPIC ||
      message.topicName.startsWith("$");
    if (this.isStoreFailing && isStorable(this, message, session)) {
      label.expected = [QUOTA_EXCEEDED, ...(isDenied ? [NOT_AUTHORIZED] : [])];
      label.isUnanswerable = link.client.version === 4 && message.qos > 0;
      return;
    }
    if (isDenied) {
      label.expected = [NOT_AUTHORIZED];
      return;
    }
    const expiresAtMs = this.expiryOf(message);
    if (!setRetained(this, message, expiresAtMs, label)) {
      label.expected = [QUOTA_EXCEEDED];
      return;
    }
    const matchedCount = this.#forward(session, label, expiresAtMs);
    if (matchedCount === 0) label.expected = [NO_MATCHING_SUBSCRIBERS];
    else if (this.isTight) label.expected = [SUCCESS, QUOTA_EXCEEDED];
    else label.expected = [SUCCESS];
    if (message.qos === 2) {
      session.state.received.set(packetIdentifier, message);
      session.lastChanges.set(packetIdentifier, label);
    }
  }

  #forward(
    session: ModelSession,
    label: PublishLabel,
    expiresAtMs: number,
  ): number {
    const { message } = label;
    const before = message.offers.length;
    const matchedCount = forward(this, message, session, expiresAtMs);
    label.offers = message.offers.slice(before);
    // If it was refused, and the refusal gets lost, it comes once more.
    message.isUncertain ||= this.hasDropped;
    if (!message.isUncertain) return matchedCount;
    for (const offer of label.offers) offer.isOptional = true;
    if (message.isRetained) {
      this.uncertainTopics.add(message.topicName);
      noteVersion(this, message, expiresAtMs, label);
    }
    return matchedCount;
  }

  #acknowledge(session: ModelSession, label: AcknowledgeLabel): void {
    const { receipt, isRefusal, type } = label;
    if (session.open.get(receipt.packetIdentifier) !== receipt) return;
    if (type === 5 && !isRefusal) {
      if (receipt.releasedStep === NEVER) receipt.releasedStep = this.step;
      return;
    }
    receipt.settledStep = this.step;
    session.open.delete(receipt.packetIdentifier);
  }

  #release(session: ModelSession, label: ReleaseLabel): void {
    label.handledStep = this.step;
    session.state.received.delete(label.packetIdentifier);
    session.lastChanges.set(label.packetIdentifier, label);
  }

  #disconnect({ state }: ModelSession, label: DisconnectLabel): void {
    if (label.expirySeconds !== null) {
      state.expirySeconds = label.expirySeconds;
    }
    if (label.reasonCode === SUCCESS) state.will = null;
  }

  /** When a message that the broker takes now is not to be delivered any more. */
  expiryOf({ expirySeconds }: Message): number {
    return expirySeconds === null
      ? Infinity
      : this.nowMs + expirySeconds * 1000;
  }

  /** Makes `message` known to those who receive it. */
  know(message: Message): void {
    this.messages.set(message.tag, message);
  }
}
