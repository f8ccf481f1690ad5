import {
  NEVER,
  Session,
  SESSION_NEVER_EXPIRES,
  type Waiting,
  type Will,
} from "../session/mod.ts";
import { ReasonCode } from "../codec/mod.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession, Connection } from "./connection.ts";
import { settleDelivery } from "./recording.ts";
import { dropUndecidedWill } from "./review_will.ts";
import { DropReason } from "./statistics.ts";
import type { Timer } from "./timers.ts";

/** Cached routes looked at when a session ends, so that none keeps it for long. */
const ROUTES_SWEPT = 16;

/** A session that a CONNECT has taken up or created. */
export interface OpenedSession {
  readonly session: ClientSession;
  /** Whether it existed before: Session Present [MQTT-3.2.2-3]. */
  readonly isPresent: boolean;
}

/** All sessions by Client Identifier: taken up, taken over, left and expired. */
export class Sessions {
  readonly #broker: Broker;
  readonly #sessions = new Map<string, ClientSession>();
  /** The next deadline (Will or expiry) of each session without connection. */
  readonly #timers = new Map<ClientSession, Timer>();

  /** Connections that wait to open their session, by Client Identifier. */
  readonly #announced = new Map<string, Connection>();
  /** The end of the last stored session of each Client Identifier, until it is stored. */
  readonly #endings = new Map<string, Ending>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  get count(): number {
    return this.#sessions.size;
  }

  get(clientIdentifier: string): ClientSession | undefined {
    return this.#sessions.get(clientIdentifier);
  }

  values(): IterableIterator<ClientSession> {
    return this.#sessions.values();
  }

  /** A Client Identifier that no session has [MQTT-3.2.2-16]. */
  assignIdentifier(length: number): string {
    for (;;) {
      const identifier = `auto-${this.#broker.random.text(length)}`;
      if (!this.#sessions.has(identifier)) return identifier;
    }
  }

  /**
   * Gives `connection` the session of its Client Identifier. An older
   * connection with the same identifier is ended first [MQTT-3.1.4-3]. `null`
   * if the bound on sessions forbids a new one.
   */
  open(connection: Connection): OpenedSession | null {
    const { clientIdentifier } = connection;
    this.takeOver(connection);
    let session = this.#sessions.get(clientIdentifier);
    const isPresent = session !== undefined;
    if (session === undefined) {
      if (this.#sessions.size >= this.#broker.limits.maximumSessions) {
        return null;
      }
      session = new Session<Connection>(clientIdentifier);
      this.#sessions.set(clientIdentifier, session);
    }
    this.#cancelTimer(session);
    this.#broker.waitingWills.forget(session);
    session.willDueAtMs = NEVER;
    session.expiresAtMs = NEVER;
    session.connection = connection;
    session.owner = connection.userName;
    return { session, isPresent };
  }

  /** Clean Start: discards the session that `connection` could go on from [MQTT-3.1.2-4]. */
  discardOld(connection: Connection): void {
    const { clientIdentifier } = connection;
    const session = this.#sessions.get(clientIdentifier);
    // Published with its connection, the Will might go to the session itself.
    const will = session === undefined ? null : this.#takeWill(session);
    this.takeOver(connection);
    // It may have ended with the connection that it had.
    const left = this.#sessions.get(clientIdentifier);
    if (left !== undefined) this.#end(left);
    if (will !== null) this.#broker.publish(will.publish, session);
  }

  /**
   * Whether a stored session has ended whose end is not stored: a crash would
   * bring it back, so nobody may be told yet that it is gone [MQTT-3.2.2-2].
   */
  isEnding(clientIdentifier: string): boolean {
    return this.#endings.has(clientIdentifier);
  }

  /** `connection` will open its session later; who comes after it takes over. */
  announce(connection: Connection): void {
    this.#announced.set(connection.clientIdentifier, connection);
  }

  /** `connection` opens its session now, or never will. */
  unannounce(connection: Connection): void {
    if (this.#announced.get(connection.clientIdentifier) === connection) {
      this.#announced.delete(connection.clientIdentifier);
    }
  }

  /**
   * The user name that the session of a Client Identifier belongs to, or will
   * once it is opened; `null` is that of clients without one, `undefined` is
   * nobody's.
   */
  ownerOf(clientIdentifier: string): string | null | undefined {
    const session = this.#sessions.get(clientIdentifier);
    if (session !== undefined) return session.owner;
    const announced = this.#announced.get(clientIdentifier);
    return announced?.isClosed === false ? announced.userName : undefined;
  }

  /** Ends an older connection with the Client Identifier of `connection` [MQTT-3.1.4-3]. */
  takeOver(connection: Connection): void {
    const { clientIdentifier } = connection;
    const older = this.#sessions.get(clientIdentifier)?.connection ??
      this.#announced.get(clientIdentifier);
    older?.close(
      ReasonCode.sessionTakenOver,
      "another connection has taken over the Client Identifier",
    );
  }

  /** Takes a session that the store has kept; {@linkcode start} has its time go on. */
  restore(session: ClientSession): void {
    session.isRecorded = true;
    this.#sessions.set(session.clientIdentifier, session);
    for (const subscription of session.subscriptions.values()) {
      this.#broker.router.subscriptions.add(subscription);
    }
  }

  /**
   * All sessions are back: deadlines go on from where they were. A session
   * without any was connected, and is left just now; or it never expires, and
   * there is nothing to do for it. What fell due meanwhile happens in the order
   * in which it was due, so that no Will goes to a session that had ended.
   */
  start(): void {
    const { nowMs, waitingWills } = this.#broker;
    const waiting: ClientSession[] = [];
    const overdue = new Map<number, Set<ClientSession>>();
    for (const session of this.#sessions.values()) {
      waitingWills.recover(session);
      this.#broker.queueExpiry.restore(session);
      if (session.expiresAtMs === NEVER && session.willDueAtMs === NEVER) {
        if (
          session.expiryIntervalSeconds === SESSION_NEVER_EXPIRES &&
          session.will === null
        ) continue;
        this.#setDeadlines(session);
      }
      waiting.push(session);
      for (const dueAtMs of [session.willDueAtMs, session.expiresAtMs]) {
        if (dueAtMs > nowMs) continue;
        const others = overdue.get(dueAtMs);
        if (others === undefined) overdue.set(dueAtMs, new Set([session]));
        else others.add(session);
      }
    }
    for (const timeMs of [...overdue.keys()].sort((a, b) => a - b)) {
      this.#meetDeadlines(overdue.get(timeMs)!, timeMs);
    }
    for (const session of waiting) {
      if (this.#sessions.has(session.clientIdentifier)) this.#advance(session);
    }
  }

  /**
   * The connection of `session` has ended: its Will is published or waits for
   * its delay [MQTT-3.1.2-8], and the session ends or begins to expire.
   */
  leave(session: ClientSession): void {
    if (session.will !== null) {
      this.#broker.waitingWills.add(session, session.connection!);
    }
    this.#setDeadlines(session);
    this.#advance(session);
  }

  #setDeadlines(session: ClientSession): void {
    const { nowMs } = this.#broker;
    session.connection = null;
    const expirySeconds = session.expiryIntervalSeconds;
    session.expiresAtMs = expirySeconds === SESSION_NEVER_EXPIRES
      ? NEVER
      : nowMs + expirySeconds * 1000;
    if (session.will !== null) {
      session.willDueAtMs = nowMs + session.will.delaySeconds * 1000;
    }
    session.detachMessages();
    this.#record(session);
  }

  /** Ends `session` now; a Will that waits is published [MQTT-3.1.2-8]. */
  discard(session: ClientSession): void {
    const will = this.#takeWill(session);
    this.#end(session);
    if (will !== null) this.#broker.publish(will.publish, session);
  }

  #end(session: ClientSession): void {
    this.#cancelTimer(session);
    session.expiresAtMs = NEVER;
    this.#sessions.delete(session.clientIdentifier);
    const { router, store } = this.#broker;
    for (const subscription of session.subscriptions.values()) {
      router.subscriptions.remove(
        session,
        subscription.topicFilter,
        subscription.shareName,
      );
    }
    router.routes.sweep(ROUTES_SWEPT);
    this.#broker.queueExpiry.forget(session);
    session.retainedReplays.length = 0;
    const deliveries = session.window.inOrder();
    session.queue.forEach((delivery) => deliveries.push(delivery));
    session.queue.clear();
    for (const delivery of deliveries) {
      settleDelivery(this.#broker, session, delivery);
      this.#broker.drop(
        DropReason.sessionEnded,
        session.clientIdentifier,
        delivery.message.topicName,
        1,
      );
    }
    if (store.isRecording) store.sessionEnded(session);
    session.subscriptions.clear();
    if (session.isRecorded && store.isAwaited) {
      const { clientIdentifier } = session;
      const ending = new Ending(clientIdentifier, this.#endings);
      this.#endings.set(clientIdentifier, ending);
      store.afterCommit(ending, false);
    }
  }

  /** Does what is due for `session` now, or waits for what comes first. */
  #advance(session: ClientSession): void {
    this.#timers.delete(session);
    const { nowMs, timers } = this.#broker;
    this.#meetDeadlines([session], nowMs);
    if (this.#sessions.get(session.clientIdentifier) !== session) return;
    const dueAtMs = Math.min(session.willDueAtMs, session.expiresAtMs);
    if (dueAtMs === NEVER) return;
    this.#timers.set(
      session,
      timers.schedule(dueAtMs, () => this.#advance(session)),
    );
  }

  /**
   * Ends those of `sessions` that expire by `timeMs`, and then publishes the
   * Wills that are due by then, once and never again [MQTT-3.1.2-10].
   */
  #meetDeadlines(sessions: Iterable<ClientSession>, timeMs: number): void {
    const authors: ClientSession[] = [];
    const wills: Will[] = [];
    for (const session of sessions) {
      const isExpired = session.expiresAtMs <= timeMs;
      if (!isExpired && session.willDueAtMs > timeMs) continue;
      const will = this.#takeWill(session);
      if (will !== null) {
        authors.push(session);
        wills.push(will);
      }
      if (!isExpired) {
        this.#record(session);
        continue;
      }
      if (session.isPersistent) this.#broker.statistics.sessionsExpired++;
      this.#end(session);
    }
    for (let i = 0; i < wills.length; i++) {
      this.#broker.publish(wills[i].publish, authors[i]);
    }
  }

  /** The Will of `session`, which has none any more; `null` if it may not be published. */
  #takeWill(session: ClientSession): Will | null {
    const { waitingWills } = this.#broker;
    const author = session.connection ?? waitingWills.authorOf(session);
    if (author !== undefined) dropUndecidedWill(session, author);
    waitingWills.forget(session);
    const { will } = session;
    session.will = null;
    session.willDueAtMs = NEVER;
    return will;
  }

  /** Tells the store that Will, expiry or a deadline of `session` have changed. */
  #record(session: ClientSession): void {
    const { store } = this.#broker;
    if (store.isRecording) store.sessionChanged(session);
  }

  /** Lets all deadlines rest: the broker shuts down. */
  stop(): void {
    for (const timer of this.#timers.values()) {
      this.#broker.timers.cancel(timer);
    }
    this.#timers.clear();
  }

  #cancelTimer(session: ClientSession): void {
    const timer = this.#timers.get(session);
    if (timer === undefined) return;
    this.#broker.timers.cancel(timer);
    this.#timers.delete(session);
  }
}

/** The end of a stored session, which takes itself off the list when it is stored. */
class Ending implements Waiting {
  readonly #clientIdentifier: string;
  readonly #endings: Map<string, Ending>;

  constructor(clientIdentifier: string, endings: Map<string, Ending>) {
    this.#clientIdentifier = clientIdentifier;
    this.#endings = endings;
  }

  proceed(): void {
    if (this.#endings.get(this.#clientIdentifier) === this) {
      this.#endings.delete(this.#clientIdentifier);
    }
  }
}
