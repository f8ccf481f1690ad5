import {
  MqttError,
  type Properties,
  ReasonCode,
  type SubscribePacket,
  type SubscriptionRequest,
} from "../codec/mod.ts";
import { validateSubscriptionFilter } from "../topics/mod.ts";
import type {
  ExchangeOptions,
  Exchanges,
  SubscribeResult,
} from "./exchanges.ts";
import type { Emit } from "./events.ts";
import type { Link } from "./link.ts";
import type { SubscribeOptions, UnsubscribeOptions } from "./options.ts";

interface Subscription {
  readonly request: SubscriptionRequest;
  /** Those of its SUBSCRIBE; filters that share the object were sent together. */
  readonly properties: Properties;
  /** Whether the server's present session has it. */
  isConfirmed: boolean;
}

/**
 * What the server has granted. When it has lost the session, the
 * subscriptions are made again before anything else is sent.
 */
export class Subscriptions {
  readonly #exchanges: Exchanges;
  readonly #emit: Emit;
  readonly #granted = new Map<string, Subscription>();
  #link: Link | null = null;

  constructor(exchanges: Exchanges, emit: Emit) {
    this.#exchanges = exchanges;
    this.#emit = emit;
  }

  /**
   * @throws {MqttError} If a Topic Filter is not valid [MQTT-4.7.1-1]
   * [MQTT-4.7.1-2] [MQTT-4.8.2-1] [MQTT-4.8.2-2], there is none
   * [MQTT-3.8.3-2], or the server has said that it does not take it.
   */
  subscribe(
    topicFilters: readonly string[],
    options: SubscribeOptions,
  ): Promise<SubscribeResult> {
    checkFilters("subscribe", topicFilters);
    const requests = topicFilters.map((topicFilter) =>
      this.#request(topicFilter, options)
    );
    const { subscriptionIdentifier, userProperties } = options;
    const properties: Properties = {
      subscriptionIdentifiers: subscriptionIdentifier === undefined
        ? undefined
        : [subscriptionIdentifier],
      userProperties,
    };
    return this.#run(requests, properties, {
      signal: options.signal,
      onAnswer: (reasonCodes) => {
        for (const [index, request] of requests.entries()) {
          if (reasonCodes[index] < 0x80) {
            this.#granted.set(request.topicFilter, {
              request,
              properties,
              isConfirmed: true,
            });
          }
        }
      },
    });
  }

  /** @throws {MqttError} If a Topic Filter is not valid, or there is none [MQTT-3.10.3-2]. */
  unsubscribe(
    topicFilters: readonly string[],
    { signal, userProperties }: UnsubscribeOptions,
  ): Promise<SubscribeResult> {
    checkFilters("unsubscribe", topicFilters);
    return this.#exchanges.run({
      type: 10,
      packetIdentifier: 0,
      topicFilters: [...topicFilters],
      properties: { userProperties },
    }, {
      signal,
      onAnswer: (reasonCodes) => {
        for (const [index, topicFilter] of topicFilters.entries()) {
          if (reasonCodes[index] < 0x80) this.#granted.delete(topicFilter);
        }
      },
    });
  }

  /** A connection was accepted. */
  start(link: Link, isSessionPresent: boolean): void {
    this.#link = link;
    const lost = new Map<Properties, Subscription[]>();
    for (const subscription of this.#granted.values()) {
      subscription.isConfirmed &&= isSessionPresent;
      if (subscription.isConfirmed) continue;
      const { properties } = subscription;
      const together = lost.get(properties);
      if (together === undefined) lost.set(properties, [subscription]);
      else together.push(subscription);
    }
    for (const subscriptions of lost.values()) this.#restore(subscriptions);
  }

  /** The connection has ended. */
  stop(): void {
    this.#link = null;
  }

  #request(
    topicFilter: string,
    options: SubscribeOptions,
  ): SubscriptionRequest {
    const refusal = this.#link?.limits.refuseSubscribe(topicFilter, options);
    if (refusal) throw refusal;
    const { qos = 0, noLocal = false, retainAsPublished = false } = options;
    const { retainHandling = 0 } = options;
    return { topicFilter, qos, noLocal, retainAsPublished, retainHandling };
  }

  #run(
    subscriptions: SubscriptionRequest[],
    properties: Properties,
    options: ExchangeOptions,
  ): Promise<SubscribeResult> {
    const packet: SubscribePacket = {
      type: 8,
      packetIdentifier: 0,
      subscriptions,
      properties,
    };
    return this.#exchanges.run(packet, options);
  }

  /** Subscribes again; the next connection goes on if this one ends first. */
  #restore(subscriptions: Subscription[]): void {
    const requests = subscriptions.map(({ request }) => request);
    const give = (reasonCodes: readonly number[]) => {
      for (const [index, subscription] of subscriptions.entries()) {
        const { topicFilter } = subscription.request;
        // A newer SUBSCRIBE or an UNSUBSCRIBE may have been answered first.
        if (this.#granted.get(topicFilter) !== subscription) continue;
        subscription.isConfirmed = reasonCodes[index] < 0x80;
        if (subscription.isConfirmed) continue;
        this.#granted.delete(topicFilter);
        const reasonCode = reasonCodes[index];
        this.#emit("subscriptionlost", { topicFilter, reasonCode });
      }
    };
    this.#run(requests, subscriptions[0].properties, {
      isTransient: true,
      onAnswer: give,
    }).catch((error) => {
      // It cannot be sent to this server, or the client has ended.
      if (!(error instanceof MqttError)) throw error;
      give(requests.map(() => error.reasonCode));
    });
  }
}

function checkFilters(action: string, topicFilters: readonly string[]): void {
  if (topicFilters.length === 0) {
    throw new MqttError(
      `Cannot ${action}: there is no Topic Filter`,
      ReasonCode.protocolError,
    );
  }
  for (const topicFilter of topicFilters) {
    const fault = validateSubscriptionFilter(topicFilter);
    if (fault === null) continue;
    throw new MqttError(
      `Cannot ${action}: Topic Filter "${topicFilter}" has a ${fault}`,
      ReasonCode.topicFilterInvalid,
    );
  }
}
