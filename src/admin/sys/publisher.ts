import type { Broker } from "../../broker/mod.ts";
import { PacketType } from "../../codec/mod.ts";
import { VERSION } from "../../version.ts";
import { addUpTotals } from "../monitor/totals.ts";
import { LOAD_WINDOWS, LoadAverage } from "./load_average.ts";
import { SYS_LOADS, SYS_TOPICS } from "./topics.ts";

const encoder = new TextEncoder();

/**
 * Publishes `$SYS/broker/…` as Mosquitto does: retained, at QoS 0, in an
 * interval, and only what has changed.
 */
export class SysPublisher {
  readonly #broker: Broker;
  readonly #loads: readonly LoadAverage[];
  readonly #startMs: number;
  #publishedAtMs: number;
  #heapMaximumBytes = 0;
  /** The present values, by topic. */
  readonly #published = new Map<string, string>();
  #timer: number | undefined = undefined;

  constructor(broker: Broker) {
    const nowMs = broker.clock.nowMs();
    this.#broker = broker;
    this.#loads = SYS_LOADS.map(([, read]) =>
      new LoadAverage(read(broker.statistics))
    );
    this.#startMs = nowMs;
    this.#publishedAtMs = nowMs;
  }

  /** Publishes now and in this interval from now on; with 0 not any more. */
  restart(intervalMs: number): void {
    this.stop();
    if (intervalMs === 0) return;
    this.publish();
    this.#timer = setInterval(() => this.publish(), intervalMs);
    Deno.unrefTimer(this.#timer);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  publish(): void {
    const broker = this.#broker;
    const nowMs = broker.clock.nowMs();
    const memory = Deno.memoryUsage();
    const heapBytes = memory.heapUsed + memory.external;
    this.#heapMaximumBytes = Math.max(this.#heapMaximumBytes, heapBytes);
    this.#set("version", `rqtt version ${VERSION}`);
    const uptimeSeconds = Math.floor((nowMs - this.#startMs) / 1_000);
    this.#set("uptime", `${uptimeSeconds} seconds`);
    this.#publishLoads(nowMs);
    const source = {
      broker,
      totals: addUpTotals(broker),
      heapBytes,
      heapMaximumBytes: this.#heapMaximumBytes,
    };
    // All are read before any is published, which changes some of them.
    const values = SYS_TOPICS.map(([name, read]) =>
      [name, String(read(source))] as const
    );
    for (const [name, value] of values) this.#set(name, value);
  }

  #publishLoads(nowMs: number): void {
    const { statistics } = this.#broker;
    const elapsedMs = nowMs - this.#publishedAtMs;
    this.#publishedAtMs = nowMs;
    const values = SYS_LOADS.map(([, read]) => read(statistics));
    for (const [index, [name]] of SYS_LOADS.entries()) {
      const averages = this.#loads[index].update(
        values[index],
        Math.max(1, elapsedMs),
      );
      for (const [window, [suffix]] of LOAD_WINDOWS.entries()) {
        this.#set(`load/${name}/${suffix}`, averages[window].toFixed(2));
      }
    }
  }

  #set(name: string, value: string): void {
    if (this.#published.get(name) === value) return;
    this.#published.set(name, value);
    this.#broker.publish({
      type: PacketType.publish,
      topicName: `$SYS/broker/${name}`,
      payload: encoder.encode(value),
      qos: 0,
      isDuplicate: false,
      isRetained: true,
      packetIdentifier: 0,
      properties: {},
    });
  }
}
