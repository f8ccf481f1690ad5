import {
  type ConnackPacket,
  MAXIMUM_PACKET_SIZE_BYTES,
  MqttError,
  ReasonCode,
} from "../codec/mod.ts";
import { hasWildcard } from "../topics/mod.ts";
import type { OutboundMessage } from "./outbound_message.ts";
import type { SubscribeOptions } from "./options.ts";

/** Packet Identifiers left for SUBSCRIBE and UNSUBSCRIBE, which share them with PUBLISH. */
const HIGHEST_SEND_QUOTA = 32_767;

/** What the server takes, as its CONNACK says. */
export class ServerLimits {
  /** Unacknowledged PUBLISH packets [MQTT-3.3.4-7]. */
  readonly sendQuota: number;
  readonly maximumQos: number;
  readonly isRetainAvailable: boolean;
  readonly maximumPacketSizeBytes: number;
  readonly topicAliasMaximum: number;
  readonly isWildcardAvailable: boolean;
  readonly isSharedAvailable: boolean;
  readonly isSubscriptionIdentifierAvailable: boolean;

  constructor({ properties }: Pick<ConnackPacket, "properties">) {
    this.sendQuota = Math.min(
      properties.receiveMaximum ?? HIGHEST_SEND_QUOTA,
      HIGHEST_SEND_QUOTA,
    );
    this.maximumQos = properties.maximumQos ?? 2;
    this.isRetainAvailable = properties.retainAvailable !== 0;
    this.maximumPacketSizeBytes = properties.maximumPacketSize ??
      MAXIMUM_PACKET_SIZE_BYTES;
    this.topicAliasMaximum = properties.topicAliasMaximum ?? 0;
    this.isWildcardAvailable = properties.wildcardSubscriptionAvailable !== 0;
    this.isSharedAvailable = properties.sharedSubscriptionAvailable !== 0;
    this.isSubscriptionIdentifierAvailable =
      properties.subscriptionIdentifierAvailable !== 0;
  }

  /** Why the server would not take such a PUBLISH [MQTT-3.2.2-11] [MQTT-3.2.2-14], or `null`. */
  refusePublish({ qos, isRetained }: OutboundMessage): MqttError | null {
    if (qos > this.maximumQos) {
      return new MqttError(
        `Cannot publish: QoS is ${qos}, the server's Maximum QoS is ` +
          this.maximumQos,
        ReasonCode.qosNotSupported,
      );
    }
    if (isRetained && !this.isRetainAvailable) {
      return new MqttError(
        "Cannot publish: the server does not keep retained messages",
        ReasonCode.retainNotSupported,
      );
    }
    return null;
  }

  /** Why the server would not take such a SUBSCRIBE, or `null`. */
  refuseSubscribe(
    topicFilter: string,
    { subscriptionIdentifier }: SubscribeOptions,
  ): MqttError | null {
    if (!this.isWildcardAvailable && hasWildcard(topicFilter)) {
      return notSupported("wildcards", 0xa2);
    }
    if (!this.isSharedAvailable && topicFilter.startsWith("$share/")) {
      return notSupported("Shared Subscriptions", 0x9e);
    }
    if (
      !this.isSubscriptionIdentifierAvailable &&
      subscriptionIdentifier !== undefined
    ) {
      return notSupported("Subscription Identifiers", 0xa1);
    }
    return null;
  }
}

function notSupported(feature: string, reasonCode: number): MqttError {
  return new MqttError(
    `Cannot subscribe: the server has no ${feature}`,
    reasonCode,
  );
}
