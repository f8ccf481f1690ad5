import {
  Broker,
  type Clock,
  type Connection,
  DropReason,
  type Observer,
  type Store,
} from "../../src/broker/mod.ts";
import {
  JournalStore,
  MemoryStore,
  SILENT_STORE_OBSERVER,
} from "../../src/store/mod.ts";
import { Actor, drawMessage, drawRemoval } from "./_actor.ts";
import { SimulatedAuthorizer } from "./_authorizer.ts";
import { Client } from "./_client.ts";
import { Dice } from "./_dice.ts";
import { hold } from "./_failure.ts";
import { intrude } from "./_intruder.ts";
import type { ConnectRequest, Meaning } from "./_labels.ts";
import { Link } from "./_link.ts";
import type { Message } from "./_message.ts";
import { SimulatedMedium } from "./_medium.ts";
import { Model } from "./_model.ts";
import { holdPromises, restart } from "./_model_crash.ts";
import { holdRecovered } from "./_recovered.ts";
import { drawScenario, type Scenario } from "./_scenario.ts";
import { Scheduler } from "./_scheduler.ts";

/** Longer than any chain of promises inside of the broker. */
const TURNS = 30;
const LONGEST_DOWNTIME_MS = 2_000;
/** Bytes on their way to a healed world. */
const HEALED_LATENCY_MS = 5;

/** Journals are cleaned all the time. */
const CLEANING = {
  toleratedBytes: 2_000,
  toleratedSegments: 5,
  movedBytes: 500,
};

/** What a test changes in a broker that is about to start, to see it found out. */
export type Sabotage = (broker: Broker, medium: SimulatedMedium) => void;

export interface WorldOptions {
  readonly sabotage?: Sabotage;
  /** Is told of everything that happens. */
  readonly onTrace?: (line: string) => void;
}

/** One run: a broker, its clients, the network between them, and the model. */
export class World {
  readonly dice: Dice;
  readonly scenario: Scenario;
  readonly scheduler = new Scheduler();
  readonly model: Model;
  readonly medium: SimulatedMedium;
  readonly clients: Client[] = [];
  /** `null` between a crash and the start after it. */
  broker: Broker | null = null;
  /** Everything works from here on, and nobody does anything new. */
  isHealed = false;
  /** Messages that were dropped, by reason, over all brokers of the run. */
  readonly dropped: number[] = [];
  readonly #options: WorldOptions;
  readonly #links = new Map<string, Link>();
  readonly #linkOf = new Map<Connection, Link>();
  #store: Store = new MemoryStore();
  /** Reads its store. */
  #starting: Broker | null = null;
  /** Whose bytes the broker is working on. */
  #active: Link | null = null;
  #droppedBefore = 0;
  #lastAddress = 0;
  #lastTag = 0;
  #defects: unknown[] = [];
  #isUnsettled = false;

  constructor(seed: number, options: WorldOptions = {}) {
    this.#options = options;
    this.dice = new Dice(seed);
    this.scenario = drawScenario(this.dice);
    const { clientCount, isTight, limits } = this.scenario;
    this.model = new Model(limits, isTight);
    this.medium = new SimulatedMedium(this);
    for (let index = 0; index < clientCount; index++) {
      this.clients.push(new Client(this, index, this.dice.oneIn(3) ? 4 : 5));
    }
  }

  /** Starts a broker and whoever acts in this run. */
  async start(): Promise<void> {
    await this.#startBroker();
    for (const client of this.clients) new Actor(this, client);
    const { crashCount, durationMs, hasStoreFailure, intruderCount } =
      this.scenario;
    for (let i = 0; i < intruderCount; i++) {
      this.scheduler.after(
        this.dice.between(0, durationMs),
        () => intrude(this),
      );
    }
    for (let i = 0; i < crashCount; i++) {
      this.scheduler.after(
        this.dice.between(0, durationMs),
        () => this.#crash(),
      );
    }
    if (hasStoreFailure) {
      const fromMs = this.dice.between(0, durationMs);
      const untilMs = this.dice.between(fromMs, durationMs);
      this.scheduler.after(fromMs, () => this.medium.isFailing = true);
      this.scheduler.after(untilMs, () => this.medium.isFailing = false);
    }
  }

  /** Lets things happen until `isDone` says so, or until a time. */
  async run(untilMs: number, isDone: () => boolean = () => false) {
    while (this.scheduler.nextAtMs <= untilMs && !isDone()) {
      this.scheduler.step(() => {
        this.model.step++;
        this.model.advanceTo(this.scheduler.nowMs());
        if (this.broker !== null) this.#note();
      });
      if (this.#isUnsettled) await this.#settle();
      for (const error of this.#defects) throw error;
    }
    if (isDone()) return;
    this.scheduler.skipTo(untilMs);
    this.model.advanceTo(untilMs);
  }

  /** A promise has been resolved: what waits for it happens in this step. */
  unsettle(): void {
    this.#isUnsettled = true;
  }

  async #settle(): Promise<void> {
    this.#isUnsettled = false;
    do {
      for (let turn = 0; turn < TURNS; turn++) await null;
    } while (this.#starting !== null && this.#defects.length === 0);
  }

  /** The network and the medium work, and clients do not refuse or wait any more. */
  heal(): void {
    this.isHealed = true;
    this.medium.isFailing = false;
    for (const link of this.#links.values()) {
      if (!link.isDead && !link.transport.isClosed) {
        link.transport.isStuck = false;
      }
    }
  }

  openLink(client: Client, request: ConnectRequest): Link | null {
    if (this.broker === null) return null;
    const link = new Link(this, this.broker, client, request);
    this.#links.set(link.transport.remoteAddress, link);
    this.#linkOf.set(link.transport.connection!, link);
    const { failureShare } = this.scenario;
    if (!this.isHealed && this.dice.oneIn(failureShare)) {
      this.scheduler.after(this.dice.between(0, 10_000), () => {
        if (this.isHealed || link.transport.isClosed || link.isDead) return;
        this.trace(() => `the connection of ${client.name} breaks`);
        link.cut();
      });
    }
    return link;
  }

  nextAddress(): string {
    return `192.0.2.1:${++this.#lastAddress}`;
  }

  nextTag(): string {
    return `m${++this.#lastTag}`;
  }

  draw(client: Client, topicName: string): Message {
    return drawMessage(this, client, topicName);
  }

  drawRemoval(client: Client, topicName: string): Message {
    return drawRemoval(this, client, topicName);
  }

  drawLatencyMs(): number {
    const { latencyMs } = this.scenario;
    return this.dice.between(0, this.isHealed ? HEALED_LATENCY_MS : latencyMs);
  }

  trace(line: () => string): void {
    if (this.#options.onTrace === undefined) return;
    const seconds = (this.scheduler.nowMs() % 1_000_000) / 1000;
    this.#options.onTrace(
      `${seconds.toFixed(6)} [${this.model.step}] ${line()}`,
    );
  }

  /** Has the broker do something for `link`. */
  during(link: Link, task: () => void): void {
    if (this.broker !== link.broker) return;
    this.#active = link;
    this.#note();
    task();
    this.#active = null;
  }

  #note(): void {
    const { broker, model } = this;
    this.#droppedBefore = broker!.statistics.dropped[DropReason.queueFull];
    model.isStoreFailing = this.#store.isFailing;
  }

  /** The broker has handled a packet. */
  handled(link: Link, meaning: Meaning): void {
    const { model } = this;
    model.hasDropped = this.#droppedBefore <
      this.broker!.statistics.dropped[DropReason.queueFull];
    if (link.session !== null || meaning.kind === "connect") {
      model.handle(link, meaning);
    }
    this.trace(() =>
      `the broker handles ${describe(meaning)} of ${link.client.name}`
    );
  }

  /** The broker knows who a client is, and goes on with its CONNECT. */
  authenticated(remoteAddress: string): void {
    const link = this.#links.get(remoteAddress);
    // The broker may be dead, or the client gone.
    if (link === undefined || link.isOver || link.transport.isClosed) return;
    link.isAuthenticated = true;
    this.model.connectAccepted(link);
  }

  async #startBroker(): Promise<void> {
    const { isStored, limits } = this.scenario;
    if (isStored) this.#store = this.#openJournal();
    const broker: Broker = new Broker({
      limits,
      clock: this.#clockFor(() => broker),
      random: this.dice,
      authorizer: new SimulatedAuthorizer(this),
      store: this.#store,
      observer: this.#observerFor(() => broker),
    });
    this.#options.sabotage?.(broker, this.medium);
    this.#starting = broker;
    await broker.start();
    this.#starting = null;
    this.broker = broker;
  }

  #openJournal(): JournalStore {
    const { dice, medium, scheduler } = this;
    const store = new JournalStore({
      medium,
      isAwaited: true,
      cleaning: CLEANING,
      gatherMs: dice.pick([0, 5, 50]),
      schedule: (delayMs, callback) =>
        scheduler.after(delayMs + dice.between(0, 0.1), () => {
          if (store !== this.#store) return;
          this.unsettle();
          callback();
        }),
      observer: SILENT_STORE_OBSERVER,
    });
    return store;
  }

  /** The broker's process dies, and another one starts after a while. */
  #crash(): void {
    if (this.broker === null || this.isHealed) return;
    this.trace(() => "the broker crashes");
    this.#addDropped();
    this.broker = null;
    this.#store = new MemoryStore();
    this.scheduler.setAlarm(Infinity, () => {});
    const snapshot = this.medium.crash();
    holdPromises(this.model, snapshot);
    for (const client of this.clients) client.onBrokerCrash();
    this.#links.clear();
    this.#linkOf.clear();
    this.model.suspend();
    this.scheduler.after(this.dice.between(0, LONGEST_DOWNTIME_MS), () => {
      this.trace(() => "the broker starts again");
      restart(this.model, snapshot);
      this.unsettle();
      this.#startBroker()
        .then(() => holdRecovered(this.model, this.broker!))
        .catch((error) => this.#defects.push(error));
    });
  }

  #addDropped(): void {
    this.broker!.statistics.dropped.forEach((count, reason) => {
      this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
    });
  }

  /** All messages dropped so far, by reason. */
  totalDropped(reason: number): number {
    return (this.dropped[reason] ?? 0) +
      (this.broker?.statistics.dropped[reason] ?? 0);
  }

  /** A clock that has no alarm for a broker that is dead. */
  #clockFor(owner: () => Broker): Clock {
    const { scheduler } = this;
    return {
      nowMs: () => scheduler.nowMs(),
      setAlarm: (dueAtMs, callback) => {
        if (this.broker === owner() || this.#starting === owner()) {
          scheduler.setAlarm(dueAtMs, callback);
        }
      },
    };
  }

  #observerFor(owner: () => Broker): Observer {
    const isDead = () => this.broker !== owner();
    return {
      clientConnected: (connection) => {
        if (isDead()) return;
        const link = this.#linkOf.get(connection);
        hold(link !== undefined, () => "an intruder is let in");
        this.trace(() => `${link.client.name} is connected`);
        this.model.opened(link);
      },
      clientDisconnected: (connection, _reasonCode, cause) => {
        if (!isDead()) this.#disconnected(this.#linkOf.get(connection)!, cause);
      },
      connectionOverLimit: () => {},
      connectionAbandoned: (connection) => {
        if (!isDead()) this.#refused(connection);
      },
      connectionRefused: (connection) => {
        if (!isDead()) this.#refused(connection);
      },
      requestRefused: () => {},
      clientSlow: () => {},
      subscriptionMade: () => {},
      subscriptionEnded: () => {},
      internalError: (_connection, error) => this.#defects.push(error),
    };
  }

  /** A connection has ended before it was accepted. */
  #refused(connection: Connection): void {
    const link = this.#linkOf.get(connection);
    if (link === undefined) return;
    link.isOver = true;
    this.model.connectRefused(link);
  }

  /** A connection has ended: there has to be a reason for it. */
  #disconnected(link: Link, cause: string): void {
    this.trace(() => `${link.client.name} is disconnected: ${cause}`);
    const isReading = link === this.#active && !link.transport.isClosed;
    const isAsked = isReading && link.tellUntilEnd();
    const hasTimedOut = link.request.keepAliveSeconds > 0 &&
      link.lastHandledAtMs + link.request.keepAliveSeconds * 1_500 <=
        this.scheduler.nowMs();
    hold(
      isAsked || hasTimedOut || link.transport.isClosed ||
        this.#isTakenOver(link),
      () => `${link.client.name} is disconnected for no reason: ${cause}`,
    );
    link.isOver = true;
    this.model.left(link);
  }

  /** Whether another CONNECT of the same client is being answered. */
  #isTakenOver(link: Link): boolean {
    for (const other of this.#links.values()) {
      if (
        other !== link && other.client === link.client &&
        other.isAuthenticated && other.session === null && !other.isOver
      ) return true;
    }
    return false;
  }
}

function describe(meaning: Meaning): string {
  switch (meaning.kind) {
    case "publish":
      return `publish ${meaning.message}, owes ${meaning.offers.join("; ")}`;
    case "acknowledge":
      return `acknowledge ${meaning.type} ${meaning.receipt}`;
    default:
      return meaning.kind;
  }
}
