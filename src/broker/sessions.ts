import {
  NEVER,
  Session,
  SESSION_NEVER_EXPIRES,
  type Waiting,
} from "../session/mod.ts";
import { ReasonCode } from "../codec/mod.ts";
import type { Broker } from "./broker.ts";
import type { ClientSession, Connection } from "./connection.ts";
import { settleDelivery } from "./recording.ts";
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
    session.willDueAtMs = NEVER;
    session.expiresAtMs = NEVER;
    session.connection = connection;
    return { session, isPresent };
  }

  /** Clean Start: discards the session that `connection` could go on from [MQTT-3.1.2-4]. */
  discardOld(connection: Connection): void {
    this.takeOver(connection);
    // It may have ended with the connection that it had.
    const session = this.#sessions.get(connection.clientIdentifier);
    if (session !== undefined) this.discard(session);
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
   * there is nothing to do for it.
   */
  start(): void {
    for (const session of this.#sessions.values()) {
      this.#broker.queueExpiry.restore(session);
      const { expiresAtMs, willDueAtMs } = session;
      if (expiresAtMs !== NEVER || willDueAtMs !== NEVER) {
        this.#advance(session);
      } else if (
        session.expiryIntervalSeconds !== SESSION_NEVER_EXPIRES ||
        session.will !== null
      ) this.leave(session);
    }
  }

  /**
   * The connection of `session` has ended: its Will is published or waits for
   * its delay [MQTT-3.1.2-8], and the session ends or begins to expire.
   */
  leave(session: ClientSession): void {
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
    this.#advance(session);
  }

  /** Ends `session` now; a Will that waits is published [MQTT-3.1.2-8]. */
  discard(session: ClientSession): void {
    this.#cancelTimer(session);
    this.#publishWill(session);
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

  /** Publishes a due Will, ends an expired session, or waits for what comes first. */
  #advance(session: ClientSession): void {
    this.#timers.delete(session);
    const { nowMs, timers } = this.#broker;
    if (session.willDueAtMs <= nowMs) {
      this.#publishWill(session);
      this.#record(session);
    }
    if (session.expiresAtMs <= nowMs) {
      if (session.isPersistent) this.#broker.statistics.sessionsExpired++;
      this.discard(session);
      return;
    }
    const dueAtMs = Math.min(session.willDueAtMs, session.expiresAtMs);
    if (dueAtMs === NEVER) return;
    this.#timers.set(
      session,
      timers.schedule(dueAtMs, () => this.#advance(session)),
    );
  }

  /** Tells the store that Will, expiry or a deadline of `session` have changed. */
  #record(session: ClientSession): void {
    const { store } = this.#broker;
    if (store.isRecording) store.sessionChanged(session);
  }

  /** Publishes the Will of `session`, once and never again [MQTT-3.1.2-10]. */
  #publishWill(session: ClientSession): void {
    const { will } = session;
    session.will = null;
    session.willDueAtMs = NEVER;
    if (will !== null) this.#broker.publish(will.publish, session);
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
