import { type Client, connect } from "../../src/client/browser.ts";
import type { ConnectOptions } from "../../src/client/options.ts";
import type { Dial } from "../../src/client/transport.ts";
import type { ConnackPacket, ConnectPacket } from "../../src/codec/mod.ts";
import { FakeClock } from "./_fake_clock.ts";
import { FakeLink } from "./_fake_link.ts";

/** A connection that the server has accepted. */
export interface Accepted {
  readonly link: FakeLink;
  readonly connect: ConnectPacket;
}

/** What a test has after the handshake. */
export interface Connected extends Accepted {
  readonly client: Client;
}

/** A server that is played by a test. */
export class FakeServer {
  readonly clock = new FakeClock();
  /** Attempts to connect fail with it while it is set. */
  refusal: Error | null = null;
  dialCount = 0;
  readonly #links: FakeLink[] = [];
  readonly #waiting: ((link: FakeLink) => void)[] = [];

  readonly dial: Dial = (_url, _options) => {
    this.dialCount++;
    if (this.refusal !== null) return Promise.reject(this.refusal);
    const link = new FakeLink();
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#links.push(link);
    else waiting(link);
    return Promise.resolve(link);
  };

  /** What `connect` does against this server. */
  open(options: ConnectOptions = {}): Promise<Client> {
    return connect("ws://server.test/mqtt", {
      dial: this.dial,
      clock: this.clock,
      random: () => 1,
      ...options,
    });
  }

  /** Connects a client, whose CONNECT is answered with `connack`. */
  async connect(
    options: ConnectOptions = {},
    connack: Partial<ConnackPacket> = {},
  ): Promise<Connected> {
    const opening = this.open(options);
    const accepted = await this.accept(connack);
    return { ...accepted, client: await opening };
  }

  /** The next connection of the client. */
  next(): Promise<FakeLink> {
    const link = this.#links.shift();
    if (link !== undefined) return Promise.resolve(link);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes the next connection and answers its CONNECT. */
  async accept(connack: Partial<ConnackPacket> = {}): Promise<Accepted> {
    const link = await this.next();
    const connect = await link.take(1);
    link.reply({
      type: 2,
      sessionPresent: false,
      reasonCode: 0,
      properties: {},
      ...connack,
    });
    return { link, connect };
  }

  /** Lets time pass until the client dials again. */
  async redialled(): Promise<void> {
    const { dialCount } = this;
    while (this.dialCount === dialCount) await this.clock.advance(100);
  }

  /** Breaks `link`, lets the back-off pass and takes the next connection. */
  async reconnect(
    link: FakeLink,
    connack: Partial<ConnackPacket> = {},
  ): Promise<Accepted> {
    await link.break();
    await this.redialled();
    return await this.accept(connack);
  }
}
