import { SeededRandom } from "../broker/_fakes.ts";
import { beforeDeadline } from "../interop/_deadline.ts";
import { Broker, type BrokerOptions } from "./_broker.ts";
import {
  barrierTopic,
  Cast,
  CHANGING_TOPICS,
  pick,
  pickQos,
  SHARED_FILTER,
} from "./_cast.ts";
import type { Client } from "./_client.ts";
import { Ledger } from "./_ledger.ts";
import { Publisher } from "./_publisher.ts";
import { RetainedReader } from "./_retained_reader.ts";
import { Trace } from "./_trace.ts";

/** The longest time that a broker lives under load, in milliseconds. */
const LONGEST_LIFE_MS = 250;
const LONGEST_PAUSE_MS = 15;

/** One round: a seed and how the broker is to keep its state. */
export interface RoundOptions {
  readonly seed: number;
  readonly durability: string;
}

/** What a round found, and how often the broker died in it. */
export interface RoundResult {
  readonly violations: readonly string[];
  readonly crashCount: number;
  readonly messageCount: number;
  /** What the clients have sent and received. */
  readonly trace: readonly string[];
}

/**
 * Lets clients publish and subscribe, kills the broker in the middle of it
 * once or more, and holds what comes out at the end to what was acknowledged.
 */
export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const folder = await Deno.makeTempDir({ prefix: "rqtt-crash-" });
  const { durability, seed } = options;
  const round = new Round(seed, { path: `${folder}/store.db`, durability });
  try {
    return await round.run();
  } finally {
    await round.end();
    await Deno.remove(folder, { recursive: true });
  }
}

class Round {
  readonly #dice: SeededRandom;
  readonly #options: BrokerOptions;
  readonly #ledger = new Ledger();
  readonly #trace = new Trace();
  readonly #cast: Cast;
  #broker: Broker;
  #crashCount = 0;

  constructor(seed: number, options: BrokerOptions) {
    this.#dice = new SeededRandom(seed);
    this.#options = options;
    this.#cast = new Cast(this.#dice, this.#ledger, this.#trace);
    this.#broker = new Broker(options);
  }

  async run(): Promise<RoundResult> {
    try {
      await this.#live();
    } catch (error) {
      this.#ledger.violated(`${error}\n${this.#broker.log}`);
    }
    return {
      violations: this.#ledger.violations,
      crashCount: this.#crashCount,
      messageCount: this.#ledger.messages.size,
      trace: this.#trace.lines,
    };
  }

  async end(): Promise<void> {
    await this.#dropAll();
    await this.#broker.end("SIGKILL");
  }

  async #live(): Promise<void> {
    const { publishers, receivers } = this.#cast;
    let port = await this.#broker.port();
    for (const each of receivers) await each.connect(port);
    await this.#await(
      Promise.all(receivers.map((each) => each.granted())),
      "the subscriptions",
    );
    const crashCount = 1 + this.#dice.integer(3);
    while (this.#crashCount < crashCount) {
      for (const each of publishers) await each.connect(port);
      await this.#stir(port, this.#dice.integer(LONGEST_LIFE_MS));
      port = await this.#crash();
      this.#ledger.checkRetained(await this.#readRetained(port));
      for (const each of receivers) await each.connect(port);
      // What is lost already need not be waited for.
      if (this.#ledger.violations.length > 0) return;
    }
    await this.#settle(port);
  }

  /** Kills the broker, sometimes again while it starts, and starts it. */
  async #crash(): Promise<number> {
    this.#crashCount++;
    const signal = this.#dice.integer(10) === 0 ? "SIGTERM" : "SIGKILL";
    this.#trace.say(signal);
    await this.#broker.end(signal);
    await this.#dropAll();
    this.#broker = new Broker(this.#options);
    if (this.#dice.integer(4) === 0) {
      await delay(this.#dice.integer(LONGEST_LIFE_MS));
      this.#trace.say("SIGKILL at the start");
      await this.#broker.end("SIGKILL");
      this.#broker = new Broker(this.#options);
    }
    const port = await this.#broker.port();
    this.#trace.say("started again");
    return port;
  }

  /** For `ms` subscribers come and go, and change what they subscribe to. */
  async #stir(port: number, ms: number): Promise<void> {
    const { subscribers, receivers } = this.#cast;
    const endMs = performance.now() + ms;
    for (;;) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return;
      await delay(Math.min(leftMs, this.#dice.integer(LONGEST_PAUSE_MS)));
      if (this.#dice.integer(3) === 0) {
        const receiver = pick(this.#dice, receivers);
        await receiver.drop();
        if (this.#dice.integer(2) === 0) await receiver.connect(port);
        continue;
      }
      const subscriber = pick(this.#dice, subscribers);
      const topic = pick(this.#dice, CHANGING_TOPICS);
      if (subscriber.isAsking(topic)) continue;
      if (subscriber.hasAsked(topic)) subscriber.unsubscribe(topic);
      else subscriber.subscribe(topic, pickQos(this.#dice));
    }
  }

  /** Lets everything come to its end, and checks the ledger. */
  async #settle(port: number): Promise<void> {
    const { publishers, receivers, subscribers, members } = this.#cast;
    for (const each of receivers) each.hurry();
    await this.#await(
      Promise.all(receivers.map((each) => each.granted())),
      "the last subscriptions",
    );
    for (const each of publishers) await each.connect(port);
    const finished = Promise.all(publishers.map((each) => each.finished()));
    await this.#await(finished, "all acknowledgements", publishers);
    const drafts = receivers.map((each) => ({
      topicName: barrierTopic(each),
      qos: 2 as const,
      isRetained: false,
      isRemoval: false,
      fillerBytes: 0,
    }));
    const barrier = new Publisher({
      clientIdentifier: "barrier",
      version: 5,
      isLasting: true,
      ledger: this.#ledger,
      trace: this.#trace,
      drafts,
      windowSize: 1,
    });
    await barrier.connect(port);
    await this.#await(barrier.finished(), "the barriers", [barrier]);
    for (const [index, each] of receivers.entries()) {
      const came = each.receives(`barrier/${index + 1}`);
      await this.#await(came, `the barrier of ${each.clientIdentifier}`);
    }
    await barrier.drop();
    for (const { clientIdentifier } of subscribers) {
      this.#ledger.checkClient(clientIdentifier);
    }
    this.#ledger.checkShared(
      members.map(({ clientIdentifier }) => clientIdentifier),
      SHARED_FILTER,
    );
    this.#ledger.checkRetained(await this.#readRetained(port));
  }

  async #readRetained(port: number): Promise<ReadonlyMap<string, string>> {
    const reader = new RetainedReader(this.#trace);
    await reader.connect(port);
    const found = await this.#await(reader.read("r/#"), "retained messages");
    await reader.drop();
    return found;
  }

  /** Waits for `promise`, for a client to be treated badly, or for too long. */
  async #await<Value>(
    promise: Promise<Value>,
    what: string,
    publishers: readonly Publisher[] = [],
  ): Promise<Value> {
    try {
      return await beforeDeadline(
        Promise.race([promise, ...this.#clients.map(({ failure }) => failure)]),
        what,
      );
    } catch (error) {
      for (const each of publishers) this.#ledger.violated(each.describe());
      throw error;
    }
  }

  get #clients(): Client[] {
    return [...this.#cast.publishers, ...this.#cast.receivers];
  }

  async #dropAll(): Promise<void> {
    for (const each of this.#clients) await each.drop();
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
