import {
  AcknowledgementView,
  encodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  PublishOptions,
  type PublishPacket,
  PublishView,
  readPublish,
  ReasonCode,
} from "../codec/mod.ts";
import type { Message, Waiting } from "../session/mod.ts";
import { AddressGuard } from "./address_guard.ts";
import { BufferPool } from "./buffer_pool.ts";
import {
  type ClientSession,
  Connection,
  ConnectionState,
} from "./connection.ts";
import { ConnectionLimit, type OverLimit } from "./connection_limit.ts";
import { DropLedger } from "./drop_ledger.ts";
import type {
  Authorizer,
  ClientIdentity,
  Clock,
  ListenerScope,
  MessageObserver,
  Observer,
  Random,
  Transport,
} from "./interfaces.ts";
import { startConnectTimeout } from "./keep_alive.ts";
import type { Limits } from "./limits.ts";
import { Reviews } from "./reviews.ts";
import { QueueExpiry } from "./queue_expiry.ts";
import { RateLimit } from "./rate_limit.ts";
import { refuse } from "./refuse.ts";
import { RetainedMessages } from "./retained.ts";
import { dropWill } from "./review_will.ts";
import { Router } from "./router.ts";
import { Sampler } from "./sampler.ts";
import { Sessions } from "./sessions.ts";
import { Statistics } from "./statistics.ts";
import { reviewRights } from "./subscribe.ts";
import type { Store, StoreOwner } from "./store.ts";
import { Timers } from "./timers.ts";
import type { Tracer } from "./tracer.ts";
import { WaitingWills } from "./waiting_wills.ts";

/** The broker's bounds and everything outside of it that it acts through. */
export interface BrokerOptions {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly random: Random;
  readonly authorizer: Authorizer;
  readonly store: Store;
  readonly observer: Observer;
  /** Nothing is traced if it is left out. */
  readonly tracer?: Tracer;
  /** See {@linkcode Broker.sessionsBelongToUsers}; true if it is left out. */
  readonly sessionsBelongToUsers?: boolean;
}

/** How many sessions a publication reached. */
export interface PublishResult {
  /** Sessions with a matching subscription. */
  readonly matchedCount: number;
  /** Those of them whose queue was not full. */
  readonly acceptedCount: number;
}

/**
 * An MQTT broker without a network, a disk or a clock of its own: those come
 * in through {@linkcode BrokerOptions}. Single-threaded; nothing in it awaits
 * while it handles packets.
 */
export class Broker implements ListenerScope, StoreOwner {
  /** As the {@linkcode ListenerScope} of what comes in through no listener. */
  readonly index = -1;
  readonly name = "";
  /** Replaced as a whole; {@linkcode limitsChanged} is called then. */
  limits: Limits;
  /** Whether nobody but its user gets a session, and the Client Identifier of it. */
  sessionsBelongToUsers: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly authorizer: Authorizer;
  readonly store: Store;
  readonly observer: Observer;
  readonly tracer: Tracer | null;
  /** Is told of what clients publish; `null` if nobody is. */
  messageObserver: MessageObserver | null;
  readonly timers: Timers;
  readonly statistics: Statistics;
  /** The last messages that were dropped. */
  readonly drops: DropLedger;
  readonly sampler: Sampler;
  readonly buffers: BufferPool;
  readonly retained: RetainedMessages;
  readonly queueExpiry: QueueExpiry;
  readonly router: Router;
  readonly sessions: Sessions;
  readonly addresses: AddressGuard;
  readonly reviews: Reviews;
  readonly waitingWills: WaitingWills;
  readonly connections: Set<Connection>;
  /** The clock as of the present batch of packets. */
  nowMs: number;
  /** Connections with output to flush after the present batch. */
  readonly touched: Connection[];
  /** @internal Reused for each packet of each connection. */
  readonly scanner: FrameScanner;
  /** @internal */
  readonly publishView: PublishView;
  /** @internal */
  readonly publishOptions: PublishOptions;
  /** @internal */
  readonly acknowledgement: AcknowledgementView;

  constructor(options: BrokerOptions) {
    this.limits = options.limits;
    this.sessionsBelongToUsers = options.sessionsBelongToUsers ?? true;
    this.clock = options.clock;
    this.random = options.random;
    this.authorizer = options.authorizer;
    this.store = options.store;
    this.observer = options.observer;
    this.tracer = options.tracer ?? null;
    this.messageObserver = null;
    this.nowMs = options.clock.nowMs();
    this.timers = new Timers(this);
    this.statistics = new Statistics();
    this.drops = new DropLedger(options.limits.maximumRecordedDrops);
    this.sampler = new Sampler();
    this.buffers = new BufferPool();
    this.retained = new RetainedMessages(this);
    this.queueExpiry = new QueueExpiry(this);
    this.router = new Router(this);
    this.sessions = new Sessions(this);
    this.addresses = new AddressGuard(this);
    this.reviews = new Reviews(this);
    this.waitingWills = new WaitingWills(this);
    this.connections = new Set();
    this.touched = [];
    this.scanner = new FrameScanner(options.limits.maximumPacketSizeBytes);
    this.publishView = new PublishView();
    this.publishOptions = new PublishOptions();
    this.acknowledgement = new AcknowledgementView();
  }

  /** Reads back what the store has kept; called once, before `accept`. */
  async start(): Promise<void> {
    await this.store.load(this);
    this.nowMs = this.clock.nowMs();
    // What has expired meanwhile takes no place from what is published now.
    this.timers.fireDue();
    this.sessions.start();
  }

  /** @internal */
  restoreSession(session: ClientSession): void {
    this.sessions.restore(session);
  }

  /** @internal */
  restoreRetained(message: Message): void {
    this.retained.restore(message);
  }

  /** @internal */
  proceed(waiting: readonly Waiting[]): void {
    this.nowMs = this.clock.nowMs();
    for (const each of waiting) {
      try {
        each.proceed();
      } catch (error) {
        this.observer.internalError(null, error);
      }
    }
    this.flushTouched();
  }

  /** @internal */
  timerFailed(error: unknown): void {
    this.observer.internalError(null, error);
  }

  /**
   * Takes a new Network Connection. `null`, with the transport closed, if
   * there are too many. `waitedMs` of the connect timeout are over already.
   */
  accept(transport: Transport, waitedMs = 0): Connection | null {
    const { maximumConnections } = this.limits;
    if (this.connections.size >= maximumConnections) {
      transport.close();
      this.turnAway({
        limit: ConnectionLimit.connections,
        remoteAddress: transport.remoteAddress,
        listener: transport.listener?.name ?? this.name,
        maximum: maximumConnections,
        setting: "limits.max_connections",
      });
      return null;
    }
    this.nowMs = this.clock.nowMs();
    this.statistics.connectionsAccepted++;
    const connection = new Connection(this, transport);
    this.connections.add(connection);
    startConnectTimeout(connection, waitedMs);
    return connection;
  }

  /** Counts and tells a connection that was closed for a limit. */
  turnAway(refusal: OverLimit): void {
    this.statistics.connectionsRefused++;
    this.statistics.refused[ReasonCode.serverBusy]++;
    this.statistics.overLimit[refusal.limit]++;
    this.observer.connectionOverLimit(refusal);
  }

  /**
   * Publishes a message that comes from no connection: a Will, or one of the
   * program that embeds the broker. `author` is the session whose No Local
   * subscriptions leave it out.
   * @throws {MqttError} If the Topic Name is ill-formed.
   */
  publish(
    packet: PublishPacket,
    author: ClientSession | null = null,
  ): PublishResult {
    this.nowMs = this.clock.nowMs();
    const bytes = encodePacket({ ...packet, qos: 0, packetIdentifier: 0 }, 5);
    const scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
    scanner.scan(bytes, 0, bytes.length);
    const view = new PublishView();
    readPublish(view, bytes, scanner, 5);
    view.qos = packet.qos;
    const { router, retained } = this;
    const route = router.route(view);
    view.isVerbatim &&= packet.qos === 0;
    if (packet.isRetained && packet.payload.length > 0) {
      retained.set(router.copy(view, route.topicName));
    } else if (packet.isRetained) {
      retained.delete(route.topicName);
    }
    router.forward(view, route, null, author);
    this.flushTouched();
    return {
      matchedCount: router.matchedCount,
      acceptedCount: router.acceptedCount,
    };
  }

  /**
   * The Authorizer goes by other rules now: what was decided before holds no
   * longer. Subscriptions and Wills that are not allowed any more are removed,
   * and connections end with 0x87 if `findObjection` has one, which is for the
   * operator.
   */
  reviewPermissions(
    findObjection: (client: ClientIdentity) => string | null,
  ): void {
    this.nowMs = this.clock.nowMs();
    this.reviews.clear();
    for (const connection of [...this.connections]) {
      const { state, authorization } = connection;
      const isConnected = state === ConnectionState.connected;
      // Who was let in may have to wait for the Will or the store first.
      if (!isConnected && authorization === null) continue;
      const objection = findObjection(connection);
      const told = "the user may not connect any more";
      const logged = `${told}: ${objection}`;
      if (!isConnected) {
        if (objection === null) continue;
        refuse(connection, ReasonCode.notAuthorized, told, logged);
      } else if (objection === null) {
        reviewRights(connection);
      } else {
        dropWill(connection.session!, connection, `: ${objection}`);
        connection.close(ReasonCode.notAuthorized, told, logged);
      }
    }
    this.waitingWills.reviewPermissions(findObjection);
    this.flushTouched();
  }

  /** From now on `observer` is told of what clients publish, or nobody is. */
  observeMessages(observer: MessageObserver | null): void {
    this.messageObserver = observer;
    // Every route remembers who was told before.
    this.router.routes.invalidate("#");
  }

  /** What a transport was let in by has changed: ends who would not be now. */
  reviewPeers(): void {
    this.nowMs = this.clock.nowMs();
    for (const connection of [...this.connections]) {
      const objection = connection.transport.findObjection?.() ?? null;
      if (objection === null) continue;
      if (connection.state === ConnectionState.connected) {
        dropWill(connection.session!, connection, `: ${objection}`);
      }
      connection.close(ReasonCode.notAuthorized, objection);
    }
    this.waitingWills.reviewPeers();
    this.flushTouched();
  }

  /** Counts `count` messages with one Topic Name that a client does not get. */
  drop(
    reason: number,
    clientIdentifier: string,
    topicName: string,
    count: number,
  ): void {
    this.statistics.dropped[reason] += count;
    this.drops.note(this.nowMs, reason, clientIdentifier, topicName, count);
  }

  /**
   * Limits were replaced. Connections that are open go by the new ones, except
   * for those that CONNACK tells ({@linkcode Connection.offered}).
   */
  limitsChanged(): void {
    this.nowMs = this.clock.nowMs();
    this.router.routes.resize(this.limits.maximumRouteCacheEntries);
    this.drops.resize(this.limits.maximumRecordedDrops);
    for (const connection of [...this.connections]) {
      if (connection.state !== ConnectionState.connected) continue;
      connection.rateLimit?.retire();
      connection.rateLimit = RateLimit.of(connection);
    }
  }

  /** Sends what the present batch of packets has produced, one write a connection. */
  flushTouched(): void {
    const { touched } = this;
    for (let i = 0; i < touched.length; i++) touched[i].flush();
    touched.length = 0;
  }

  /** @internal A connection has ended, in `state` and for whatever reason. */
  connectionEnded(
    connection: Connection,
    end: {
      readonly state: number;
      /** It was not the broker that ended it. */
      readonly hasLeft: boolean;
      readonly reasonCode: number;
      readonly cause: string;
    },
  ): void {
    this.connections.delete(connection);
    connection.endTrace(end.reasonCode);
    const { statistics } = this;
    if (end.state !== ConnectionState.connected) {
      statistics.connectionsRefused++;
      statistics.refused[end.reasonCode]++;
      if (end.hasLeft) this.observer.connectionAbandoned(connection, end.cause);
      else {
        this.observer.connectionRefused(connection, end.reasonCode, end.cause);
      }
      return;
    }
    statistics.clientsConnected--;
    statistics.disconnected[end.reasonCode]++;
    this.observer.clientDisconnected(connection, end.reasonCode, end.cause);
    this.sessions.leave(connection.session!);
  }

  /**
   * Ends every connection; 5.0 clients get DISCONNECT 0x8B. The only timers
   * left are those that close connections which do not drain.
   */
  shutDown(): void {
    this.nowMs = this.clock.nowMs();
    for (const connection of [...this.connections]) {
      if (connection.state === ConnectionState.connected) {
        connection.close(
          ReasonCode.serverShuttingDown,
          "the broker is shutting down",
        );
      } else {
        connection.end(
          ReasonCode.serverShuttingDown,
          "the broker is shutting down",
        );
      }
    }
    this.sessions.stop();
    this.retained.stop();
    this.queueExpiry.stop();
  }
}
