import { Buffer } from "node:buffer";
import type { IClientOptions, IPublishPacket } from "mqtt";
import {
  type MessageProperties,
  type Publication,
  type Received,
  withoutAbsent,
} from "./_client.ts";

/** A will, as MQTT.js wants it. */
export function writeWill(
  will: Publication,
): NonNullable<IClientOptions["will"]> {
  const { contentType, userProperties } = writeProperties(
    will.properties ?? {},
  );
  return {
    topic: will.topicName,
    payload: Buffer.from(will.payload),
    qos: will.qos ?? 0,
    retain: will.isRetained ?? false,
    ...(will.properties && { properties: { contentType, userProperties } }),
  };
}

type MqttJsProperties = NonNullable<IPublishPacket["properties"]>;

/** Properties, as MQTT.js wants them. */
export function writeProperties(
  properties: MessageProperties,
): MqttJsProperties {
  const { correlationData, payloadFormatIndicator, userProperties } =
    properties;
  // MQTT.js takes a key without a value for a wrong value.
  return withoutAbsent<MqttJsProperties>({
    payloadFormatIndicator: payloadFormatIndicator === undefined
      ? undefined
      : payloadFormatIndicator === 1,
    messageExpiryInterval: properties.messageExpiryIntervalSeconds,
    contentType: properties.contentType,
    responseTopic: properties.responseTopic,
    correlationData: correlationData === undefined
      ? undefined
      : Buffer.from(correlationData),
    userProperties: userProperties && groupByName(userProperties),
  });
}

function groupByName(
  pairs: readonly (readonly [string, string])[],
): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) (groups[name] ??= []).push(value);
  return groups;
}

function ungroup(
  groups: Readonly<Record<string, string | string[]>>,
): [string, string][] {
  return Object.entries(groups).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value])
  );
}

/** A message of MQTT.js, as all clients show it. */
export function readMessage(packet: IPublishPacket): Received {
  const { topic, payload, qos, retain, properties = {} } = packet;
  const { payloadFormatIndicator } = properties;
  return {
    topicName: topic,
    payload: payload.toString(),
    qos,
    isRetained: retain,
    properties: withoutAbsent({
      payloadFormatIndicator: payloadFormatIndicator === undefined
        ? undefined
        : Number(payloadFormatIndicator),
      messageExpiryIntervalSeconds: properties.messageExpiryInterval,
      contentType: properties.contentType,
      responseTopic: properties.responseTopic,
      correlationData: properties.correlationData?.toString(),
      userProperties: properties.userProperties &&
        ungroup(properties.userProperties),
    }),
    subscriptionIdentifiers: [properties.subscriptionIdentifier ?? []].flat(),
  };
}
