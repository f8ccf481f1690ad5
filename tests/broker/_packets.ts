import {
  type ConnectPacket,
  PacketType,
  type Properties,
  type PublishPacket,
  type SubscribePacket,
  type SubscriptionRequest,
  type WillMessage,
} from "../../src/codec/mod.ts";

/** The fields of a CONNECT that differ from a plain one. */
export type ConnectFields =
  & Partial<Omit<ConnectPacket, "type" | "clientIdentifier" | "willMessage">>
  & { readonly willMessage?: Partial<WillMessage> };

/** The fields of a PUBLISH that differ from a plain one at QoS 0. */
export type PublishFields = Partial<
  Omit<PublishPacket, "type" | "topicName" | "payload">
>;

/** One filter: its text, or its options as well. */
export type Filter = string | Partial<SubscriptionRequest>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A CONNECT that asks for nothing in particular. */
export function connectPacket(
  clientIdentifier: string,
  { willMessage, ...fields }: ConnectFields = {},
): ConnectPacket {
  return {
    type: PacketType.connect,
    protocolVersion: 5,
    cleanStart: true,
    keepAliveSeconds: 0,
    clientIdentifier,
    userName: null,
    password: null,
    properties: {},
    ...fields,
    willMessage: willMessage === undefined ? null : {
      topicName: "will",
      payload: encoder.encode("gone"),
      qos: 0,
      isRetained: false,
      properties: {},
      ...willMessage,
    },
  };
}

/** A PUBLISH of a text. */
export function publishPacket(
  topicName: string,
  payload: string,
  fields: PublishFields = {},
): PublishPacket {
  return {
    type: PacketType.publish,
    topicName,
    payload: encoder.encode(payload),
    qos: 0,
    isDuplicate: false,
    isRetained: false,
    packetIdentifier: 0,
    properties: {},
    ...fields,
  };
}

/** A SUBSCRIBE; options left out are 0. */
export function subscribePacket(
  packetIdentifier: number,
  filters: readonly Filter[],
  properties: Properties = {},
): SubscribePacket {
  return {
    type: PacketType.subscribe,
    packetIdentifier,
    subscriptions: filters.map((filter) => ({
      topicFilter: "",
      qos: 0,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 0,
      ...(typeof filter === "string" ? { topicFilter: filter } : filter),
    })),
    properties,
  };
}

/** The payload of a PUBLISH, as text. */
export function payloadOf(packet: PublishPacket): string {
  return decoder.decode(packet.payload);
}
