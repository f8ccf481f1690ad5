import type { Broker } from "../../src/broker/mod.ts";
import { MemoryTransport, Tasks } from "../broker/_harness.ts";
import type { Client } from "./_client.ts";
import {
  type ConnectRequest,
  endsConnection,
  type Meaning,
} from "./_labels.ts";
import type { ModelSession } from "./_model_session.ts";
import type { World } from "./_world.ts";

const READ_AGAIN_MS = 10;

/** The broker's end, which tells the link when the broker closes it. */
class LinkTransport extends MemoryTransport {
  onClose: () => void = () => {};

  override close(): void {
    super.close();
    this.onClose();
  }
}

/** Has the work of one transport done a little later, each time. */
class LinkTasks extends Tasks {
  link: Link | null = null;

  override add(task: () => void): void {
    if (this.link !== null) this.link.doSoon(task);
  }
}

/**
 * One Network Connection between a client and the broker: bytes in both
 * directions come late and in pieces, but in order, until it fails.
 */
export class Link {
  readonly broker: Broker;
  readonly client: Client;
  readonly request: ConnectRequest;
  readonly transport: LinkTransport;
  /** The model's session, from CONNACK on. */
  session: ModelSession | null = null;
  openedStep = 0;
  expectedPresent = false;
  /** The broker knows who the client is. */
  isAuthenticated = false;
  /** The end of the session before cannot be stored. */
  isRefused = false;
  /** Nor, perhaps, that of one before. */
  mayBeRefused = false;
  /** The CONNECT of the client before this one, when it was accepted. */
  lastConnect: Link | null = null;
  /** The client has got CONNACK. */
  isAnnounced = false;
  lastHandledAtMs = 0;
  /** The broker has handled DISCONNECT, or what breaks a rule. */
  isOver = false;
  /** The network has lost something, or will: nothing passes any more. */
  isDead = false;
  readonly #world: World;
  #labels: { readonly end: number; readonly meaning: Meaning }[] = [];
  #sentBytes = 0;
  #arrivedBytes = 0;
  #toBrokerAtMs = 0;
  #toClientAtMs = 0;

  constructor(
    world: World,
    broker: Broker,
    client: Client,
    request: ConnectRequest,
  ) {
    this.#world = world;
    this.broker = broker;
    this.client = client;
    this.request = request;
    const tasks = new LinkTasks();
    this.transport = new LinkTransport(broker, tasks, world.nextAddress());
    tasks.link = this;
    this.transport.onBytes = (bytes) =>
      this.#toClient(() => client.onBytes(this, bytes));
    this.transport.onClose = () => this.#toClient(() => client.onClosed(this));
  }

  /** Sends one packet, which means `meaning` when the broker has handled it. */
  send(bytes: Uint8Array, meaning: Meaning): void {
    this.#sentBytes += bytes.length;
    this.#labels.push({ end: this.#sentBytes, meaning });
    const cut = this.#world.dice.oneIn(4)
      ? this.#world.dice.integer(bytes.length)
      : 0;
    if (cut > 0) this.#toBroker(() => this.#arrive(bytes.slice(0, cut)));
    this.#toBroker(() => this.#arrive(bytes.slice(cut)));
  }

  /** The client closes its end, once all it has sent has arrived. */
  close(): void {
    this.#toBroker(() => this.#endWhenRead());
  }

  /** The network breaks: the broker is told, the client finds out later. */
  cut(): void {
    this.isDead = true;
    this.#end(new Error("connection reset"));
    const delayMs = this.#world.dice.between(0, 3_000);
    this.#world.scheduler.after(
      delayMs,
      () => this.client.onClosed(this),
    );
  }

  /** The peer is gone without a word; what the broker sends gets stuck, or lost. */
  goSilent(): void {
    this.isDead = true;
    if (this.#world.dice.oneIn(2)) this.transport.isStuck = true;
  }

  /** Runs what the transport does, and tells the model which packets were handled. */
  run(task: () => void): void {
    this.#world.during(this, task);
    this.#tellModel(
      this.#arrivedBytes - this.transport.unreadBytes,
      () => !this.isOver,
    );
  }

  doSoon(task: () => void): void {
    const world = this.#world;
    world.scheduler.after(world.dice.between(0, 1), () => this.run(task));
  }

  /**
   * The broker has ended the connection while it reads: tells the model of the
   * packets up to the one that was the reason. False if none was.
   */
  tellUntilEnd(): boolean {
    let isReason = false;
    this.#tellModel(
      this.#arrivedBytes,
      () => !this.isOver && !isReason,
      (meaning) => {
        isReason = meaning.kind === "publish" && meaning.mayBeUnanswerable;
      },
    );
    return this.isOver || isReason;
  }

  #tellModel(
    handledBytes: number,
    isGoingOn: () => boolean,
    onTold: (meaning: Meaning) => void = () => {},
  ): void {
    while (
      this.#labels.length > 0 && this.#labels[0].end <= handledBytes &&
      isGoingOn()
    ) {
      const { meaning } = this.#labels.shift()!;
      this.#world.handled(this, meaning);
      this.isOver ||= endsConnection(meaning);
      onTold(meaning);
    }
  }

  #arrive(bytes: Uint8Array): void {
    if (this.isDead || this.transport.isClosed) return;
    this.#arrivedBytes += bytes.length;
    this.transport.deliver(bytes);
  }

  /** The broker finds the end of the stream when it has read what is before. */
  #endWhenRead(): void {
    const { transport } = this;
    if (this.#world.broker !== this.broker) return;
    if (transport.unreadBytes === 0 || transport.isClosed) this.#end(null);
    else this.#world.scheduler.after(READ_AGAIN_MS, () => this.#endWhenRead());
  }

  #end(error: Error | null): void {
    this.#world.during(this, () => this.transport.end(error));
  }

  /** Runs `run` when what was sent now arrives, after all that was sent before. */
  #toBroker(run: () => void): void {
    const { scheduler } = this.#world;
    this.#toBrokerAtMs = Math.max(
      this.#toBrokerAtMs,
      scheduler.nowMs() + this.#world.drawLatencyMs(),
    );
    scheduler.at(this.#toBrokerAtMs, run);
  }

  #toClient(run: () => void): void {
    const { scheduler } = this.#world;
    this.#toClientAtMs = Math.max(
      this.#toClientAtMs,
      scheduler.nowMs() + this.#world.drawLatencyMs(),
    );
    scheduler.at(this.#toClientAtMs, () => {
      if (!this.isDead) run();
    });
  }
}
