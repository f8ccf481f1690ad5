import type {
  AcknowledgementType,
  ProtocolVersion,
  QoS,
} from "./packet_type.ts";

/** The properties of MQTT 5.0, absent where the packet does not carry them. */
export interface Properties {
  /** 0: unspecified bytes; 1: the payload is UTF-8. */
  payloadFormatIndicator?: number;
  /** Seconds. */
  messageExpiryInterval?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Uint8Array;
  /** One in SUBSCRIBE; any number in a PUBLISH that a server sends. */
  subscriptionIdentifiers?: number[];
  /** Seconds; 0xFFFFFFFF means the Session does not expire. */
  sessionExpiryInterval?: number;
  assignedClientIdentifier?: string;
  /** Seconds. */
  serverKeepAlive?: number;
  authenticationMethod?: string;
  authenticationData?: Uint8Array;
  /** 0 or 1. */
  requestProblemInformation?: number;
  /** Seconds; in the properties of a Will Message only. */
  willDelayInterval?: number;
  /** 0 or 1. */
  requestResponseInformation?: number;
  responseInformation?: string;
  serverReference?: string;
  reasonString?: string;
  receiveMaximum?: number;
  topicAliasMaximum?: number;
  topicAlias?: number;
  /** 0 or 1; absent means 2. */
  maximumQos?: number;
  /** 0 or 1. */
  retainAvailable?: number;
  userProperties?: [name: string, value: string][];
  /** Bytes. */
  maximumPacketSize?: number;
  /** 0 or 1. */
  wildcardSubscriptionAvailable?: number;
  /** 0 or 1. */
  subscriptionIdentifierAvailable?: number;
  /** 0 or 1. */
  sharedSubscriptionAvailable?: number;
}

/** The message that the server publishes when a connection ends badly. */
export interface WillMessage {
  topicName: string;
  payload: Uint8Array;
  qos: QoS;
  isRetained: boolean;
  properties: Properties;
}

/** Asks the server for a connection. */
export interface ConnectPacket {
  type: 1;
  protocolVersion: ProtocolVersion;
  /** CleanSession in 3.x. */
  cleanStart: boolean;
  keepAliveSeconds: number;
  clientIdentifier: string;
  willMessage: WillMessage | null;
  userName: string | null;
  password: Uint8Array | null;
  properties: Properties;
}

/** Answers CONNECT. */
export interface ConnackPacket {
  type: 2;
  sessionPresent: boolean;
  /** In 3.x the return code, 0 to 5. */
  reasonCode: number;
  properties: Properties;
}

/** Carries an Application Message, in both directions. */
export interface PublishPacket {
  type: 3;
  /** Empty only next to a Topic Alias. */
  topicName: string;
  payload: Uint8Array;
  qos: QoS;
  isDuplicate: boolean;
  isRetained: boolean;
  /** 0 at QoS 0, which has none. */
  packetIdentifier: number;
  properties: Properties;
}

/** PUBACK, PUBREC, PUBREL or PUBCOMP. */
export interface AcknowledgementPacket {
  type: AcknowledgementType;
  packetIdentifier: number;
  /** Always 0 in 3.x. */
  reasonCode: number;
  properties: Properties;
}

/** One Topic Filter of SUBSCRIBE and its Subscription Options. */
export interface SubscriptionRequest {
  topicFilter: string;
  qos: QoS;
  noLocal: boolean;
  retainAsPublished: boolean;
  retainHandling: 0 | 1 | 2;
}

/** Asks for one or more subscriptions. */
export interface SubscribePacket {
  type: 8;
  packetIdentifier: number;
  subscriptions: SubscriptionRequest[];
  properties: Properties;
}

/** Answers SUBSCRIBE with one Reason Code per Topic Filter. */
export interface SubackPacket {
  type: 9;
  packetIdentifier: number;
  reasonCodes: number[];
  properties: Properties;
}

/** Ends one or more subscriptions. */
export interface UnsubscribePacket {
  type: 10;
  packetIdentifier: number;
  topicFilters: string[];
  properties: Properties;
}

/** Answers UNSUBSCRIBE with one Reason Code per Topic Filter. */
export interface UnsubackPacket {
  type: 11;
  packetIdentifier: number;
  /** Empty in 3.x, where UNSUBACK carries none. */
  reasonCodes: number[];
  properties: Properties;
}

/** Shows that the client is alive. */
export interface PingreqPacket {
  type: 12;
}

/** Answers PINGREQ. */
export interface PingrespPacket {
  type: 13;
}

/** The last packet of a connection. */
export interface DisconnectPacket {
  type: 14;
  /** Always 0 in 3.x. */
  reasonCode: number;
  properties: Properties;
}

/** One step of an extended authentication, 5.0 only. */
export interface AuthPacket {
  type: 15;
  reasonCode: number;
  properties: Properties;
}

/** Any Control Packet, told apart by `type`. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AcknowledgementPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;
