import {
  type Broker,
  ConnectionLimit,
  type ListenerScope,
} from "../broker/mod.ts";
import {
  type Acceptor,
  formatListeningAddress,
  type ListeningAddress,
} from "./acceptor.ts";
import { Arrival, type Service, type Step } from "./arrival.ts";
import { type ByteStream, PeerError } from "./byte_stream.ts";
import { closeGently } from "./close_gently.ts";
import type { ListenerObserver } from "./listener_observer.ts";
import { StreamTransport } from "./stream_transport.ts";

/** How long accepting rests after it failed. */
const ACCEPT_RETRY_MS = 100;

/** What a {@linkcode Listener} is made of. */
export interface ListenerParts {
  readonly acceptor: Acceptor;
  /** What each connection goes through, in order, before the broker sees it. */
  readonly steps: readonly Step[];
  readonly maximumConnections: number;
  /** What its connections have in common to the broker. */
  readonly scope?: ListenerScope;
  readonly observer: ListenerObserver;
  /** Called once, when it closes. */
  readonly dispose?: () => void;
  /** Reads certificates again; what is returned puts them into use. */
  readonly prepareRenewal?: () => () => void;
}

/** A listening socket whose connections `broker` serves. */
export class Listener {
  readonly #broker: Broker;
  readonly #parts: ListenerParts;
  /** Open at the same time; more are refused. Those that are open stay. */
  maximumConnections: number;
  /** Every connection that is open, whatever its state. */
  readonly #serving = new Set<Promise<void>>();
  /** Those that the broker does not know yet. */
  readonly #arrivals = new Set<Arrival>();
  /** What serves those that are not for the broker. */
  readonly #services = new Set<Service>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  constructor(broker: Broker, parts: ListenerParts) {
    this.#broker = broker;
    this.#parts = parts;
    this.maximumConnections = parts.maximumConnections;
    this.#accepting = this.#acceptAll();
  }

  get address(): ListeningAddress {
    return this.#parts.acceptor.address;
  }

  /** What its connections have in common to the broker. */
  get scope(): ListenerScope | undefined {
    return this.#parts.scope;
  }

  /**
   * Reads its certificates again; what is returned puts them into use.
   * @throws {CredentialError} If they are of no use.
   */
  prepareRenewal(): () => void {
    return this.#parts.prepareRenewal?.() ?? (() => {});
  }

  get connectionCount(): number {
    return this.#serving.size;
  }

  /** Stops accepting; connections that the broker has accepted stay. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.acceptor.close();
    this.#parts.dispose?.();
    for (const { stream } of this.#arrivals) stream.close();
    for (const service of this.#services) service.close();
  }

  /** Resolves when nothing is accepted and no connection is open any more. */
  async finished(): Promise<void> {
    await this.#accepting;
    await Promise.all(this.#serving);
  }

  async #acceptAll(): Promise<void> {
    const { acceptor, observer } = this.#parts;
    while (!this.#isClosed) {
      try {
        const stream = await acceptor.accept();
        if (this.#isClosed) stream.close();
        else if (this.#serving.size < this.maximumConnections) {
          this.#admit(stream);
        } else {
          this.#turnAway(stream);
        }
      } catch (error) {
        if (this.#isClosed) return;
        if (isGoneAlready(error)) continue;
        observer.acceptFailed(this.address, error);
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_RETRY_MS));
      }
    }
  }

  #turnAway(stream: ByteStream): void {
    const { scope } = this.#parts;
    stream.close();
    this.#broker.turnAway({
      limit: ConnectionLimit.listenerConnections,
      remoteAddress: stream.remoteAddress,
      listener: scope?.name ?? formatListeningAddress(this.address),
      maximum: this.maximumConnections,
      // Nothing but the admin HTTP has a listener without scope.
      setting: scope === undefined
        ? "admin.max_connections"
        : `listeners[${scope.index}].max_connections`,
    });
  }

  #admit(stream: ByteStream): void {
    const arrival = new Arrival(stream, this.#parts.scope ?? null);
    const serving = this.#parts.steps.length === 0
      ? new StreamTransport(arrival).serve(this.#broker, 0)
      : this.#serve(arrival);
    this.#serving.add(serving);
    serving.finally(() => this.#serving.delete(serving));
  }

  async #serve(arrival: Arrival): Promise<void> {
    const { clock } = this.#broker;
    const startMs = clock.nowMs();
    if (!await this.#prepare(arrival)) return;
    const { service } = arrival;
    if (service !== null) {
      this.#services.add(service);
      if (this.#isClosed) service.close();
      await service.serve();
      this.#services.delete(service);
      return;
    }
    const transport = new StreamTransport(arrival);
    await transport.serve(this.#broker, clock.nowMs() - startMs);
  }

  /** Takes the steps within the connect timeout; false if that was the end. */
  async #prepare(arrival: Arrival): Promise<boolean> {
    const { connectTimeoutMs } = (this.#parts.scope ?? this.#broker).limits;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      arrival.stream.close();
    }, connectTimeoutMs);
    this.#arrivals.add(arrival);
    try {
      for (const step of this.#parts.steps) {
        if (!await step(arrival)) {
          await closeGently(arrival);
          return false;
        }
      }
      if (!isLate) return true;
    } catch (error) {
      if (!isLate && !this.#isClosed) await this.#refuse(arrival, error);
    } finally {
      clearTimeout(timer);
      this.#arrivals.delete(arrival);
    }
    if (isLate) await this.#refuse(arrival, "no CONNECT came in time");
    arrival.stream.close();
    return false;
  }

  async #refuse(arrival: Arrival, cause: unknown): Promise<void> {
    this.#broker.statistics.connectionsRefused++;
    this.#parts.observer.arrivalRefused(
      arrival.remoteAddress,
      cause instanceof Error ? cause.message : String(cause),
    );
    if (cause instanceof PeerError) await closeGently(arrival);
  }
}

/** Whether a peer had broken its connection off before it was accepted. */
function isGoneAlready(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted;
}
