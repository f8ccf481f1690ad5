import { MqttError, ReasonCode } from "../codec/mod.ts";
import { untilAborted } from "./_abort.ts";
import type { Connector } from "./connector.ts";
import type { ReceivedMessage } from "./message.ts";
import type { Payload, RequestOptions } from "./options.ts";
import type { ClientSession } from "./session.ts";

const TIMEOUT_MS = 30_000;
const MAXIMUM_PENDING = 10_000;
/** Where responses go if the server does not say. */
const RESPONSE_STEM = "response";

/**
 * Requests and their responses: one response topic for all, told apart by
 * their Correlation Data.
 */
export class Requests {
  readonly #session: ClientSession;
  readonly #connector: Connector;
  readonly #pending = new Map<number, (response: ReceivedMessage) => void>();
  #responseTopic: Promise<string> | null = null;
  #lastNumber = 0;

  constructor(session: ClientSession, connector: Connector) {
    this.#session = session;
    this.#connector = connector;
  }

  /**
   * Publishes a request and waits for its response.
   * @throws {MqttError} If the request is refused or nobody subscribes to its
   * topic, with that Reason Code; with 0x83 when no response comes in time.
   */
  async request(
    topicName: string,
    payload: Payload,
    options: RequestOptions,
  ): Promise<ReceivedMessage> {
    this.#check();
    const { signal, timeoutMs = TIMEOUT_MS, qos = 1 } = options;
    const controller = new AbortController();
    const giveUp = () => controller.abort(timedOut(topicName, timeoutMs));
    const cancelTimeout = this.#connector.settings.clock.after(
      timeoutMs,
      giveUp,
    );
    const abort = AbortSignal.any(
      signal === undefined ? [controller.signal] : [controller.signal, signal],
    );
    const number = this.#lastNumber = (this.#lastNumber + 1) >>> 0;
    const { promise, resolve } = Promise.withResolvers<ReceivedMessage>();
    this.#pending.set(number, resolve);
    try {
      const responseTopic = await untilAborted(this.#subscribed(), abort);
      const { reasonCode } = await this.#session.publish(topicName, payload, {
        ...options,
        qos,
        signal: abort,
        properties: {
          ...options.properties,
          responseTopic,
          correlationData: toCorrelationData(number),
        },
      });
      if (reasonCode !== ReasonCode.success) {
        throw unanswerable(topicName, reasonCode);
      }
      return await untilAborted(promise, abort);
    } finally {
      cancelTimeout();
      this.#pending.delete(number);
    }
  }

  #check(): void {
    if (this.#connector.settings.protocolVersion !== 5) {
      throw new MqttError(
        "Cannot request: MQTT 3.1.1 has no response topics",
        ReasonCode.unsupportedProtocolVersion,
      );
    }
    if (this.#pending.size >= MAXIMUM_PENDING) {
      throw new MqttError(
        `Cannot request: ${this.#pending.size} requests wait already`,
        ReasonCode.quotaExceeded,
      );
    }
  }

  /** The response topic, once it is subscribed to. */
  #subscribed(): Promise<string> {
    return this.#responseTopic ??= this.#subscribe().catch((error) => {
      this.#responseTopic = null;
      throw error;
    });
  }

  async #subscribe(): Promise<string> {
    const stem = this.#connector.responseInformation ?? RESPONSE_STEM;
    const topicName = `${stem}/${randomToken()}`;
    this.#session.router.tap = {
      topicName,
      take: (response) => this.#take(response),
    };
    const { reasonCodes: [reasonCode] } = await this.#session.subscribe(
      [topicName],
      { qos: 1 },
    );
    if (reasonCode >= 0x80) {
      throw new MqttError(
        `Cannot request: the server refuses SUBSCRIBE to "${topicName}"`,
        reasonCode,
      );
    }
    return topicName;
  }

  /** A response that nobody waits for any more is left at that. */
  #take(response: ReceivedMessage): void {
    const { correlationData } = response.properties;
    if (correlationData?.length !== 4) return;
    this.#pending.get(toNumber(correlationData))?.(response);
  }
}

function toCorrelationData(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

function toNumber([a, b, c, d]: Uint8Array): number {
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** Nobody else's response topic, and hard to guess. */
function randomToken(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(36)).join("");
}

function timedOut(topicName: string, timeoutMs: number): MqttError {
  return new MqttError(
    `Cannot request "${topicName}": no response came in ${timeoutMs} ms`,
    ReasonCode.implementationSpecificError,
  );
}

function unanswerable(topicName: string, reasonCode: number): MqttError {
  return new MqttError(
    reasonCode === ReasonCode.noMatchingSubscribers
      ? `Cannot request "${topicName}": nobody subscribes to it`
      : `Cannot request "${topicName}": the server refuses the message`,
    reasonCode,
  );
}
