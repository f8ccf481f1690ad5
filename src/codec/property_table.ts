import { packetName, PacketType, type Sender } from "./packet_type.ts";
import type { Properties } from "./packets.ts";
import { MAXIMUM_VARIABLE_BYTE_INTEGER } from "./variable_byte_integer.ts";

/** How the value of a property stands on the wire. */
export const WireType = {
  none: 0,
  byte: 1,
  twoByteInteger: 2,
  fourByteInteger: 3,
  variableByteInteger: 4,
  utf8String: 5,
  binaryData: 6,
  utf8StringPair: 7,
  /** A UTF-8 Encoded String that is not empty and has no wildcard. */
  topicName: 8,
} as const;

/** Any value of {@linkcode WireType}. */
export type WireType = typeof WireType[keyof typeof WireType];

/** The place of Will Properties; every other place is its packet's type. */
export const WILL_PROPERTIES = 0;

/** What the standard says about one property. */
export interface PropertyDefinition {
  readonly identifier: number;
  readonly name: keyof Properties;
  /** The standard's name, for messages. */
  readonly title: string;
  readonly wireType: WireType;
  /** The places that may hold it, one bit each. */
  readonly places: number;
  /** Where the standard denies it to clients or to servers. */
  readonly notFromClient: number;
  readonly notFromServer: number;
  /** Where it may stand more than once. */
  readonly repeatablePlaces: number;
  /** Numbers only. */
  readonly minimum: number;
  readonly maximum: number;
  /** Reason Code of a number outside minimum and maximum. */
  readonly outOfRangeReasonCode: number;
}

const will = 1 << WILL_PROPERTIES;
const connect = 1 << PacketType.connect;
const connack = 1 << PacketType.connack;
const publish = 1 << PacketType.publish;
const subscribe = 1 << PacketType.subscribe;
const disconnect = 1 << PacketType.disconnect;
const auth = 1 << PacketType.auth;
const everywhere = 0xffff & ~(1 << PacketType.pingreq) &
  ~(1 << PacketType.pingresp);
const answers = everywhere &
  ~(will | connect | publish | subscribe | 1 << PacketType.unsubscribe);

const { byte, twoByteInteger, fourByteInteger, variableByteInteger } = WireType;
const { utf8String, topicName, binaryData, utf8StringPair } = WireType;

/** Every property of MQTT 5.0, in the order of the identifiers. */
export const propertyDefinitions: readonly PropertyDefinition[] = [
  flag(0x01, "payloadFormatIndicator", publish | will),
  define(0x02, "messageExpiryInterval", fourByteInteger, publish | will),
  define(0x03, "contentType", utf8String, publish | will),
  define(0x08, "responseTopic", topicName, publish | will),
  define(0x09, "correlationData", binaryData, publish | will),
  define(
    0x0b,
    "subscriptionIdentifiers",
    variableByteInteger,
    publish | subscribe,
    {
      title: "Subscription Identifier",
      minimum: 1,
      notFromClient: publish,
      repeatablePlaces: publish,
    },
  ),
  define(
    0x11,
    "sessionExpiryInterval",
    fourByteInteger,
    connect | connack | disconnect,
    { notFromServer: disconnect },
  ),
  define(0x12, "assignedClientIdentifier", utf8String, connack),
  define(0x13, "serverKeepAlive", twoByteInteger, connack),
  define(0x15, "authenticationMethod", utf8String, connect | connack | auth),
  define(0x16, "authenticationData", binaryData, connect | connack | auth),
  flag(0x17, "requestProblemInformation", connect),
  define(0x18, "willDelayInterval", fourByteInteger, will),
  flag(0x19, "requestResponseInformation", connect),
  define(0x1a, "responseInformation", utf8String, connack),
  define(0x1c, "serverReference", utf8String, connack | disconnect, {
    notFromClient: disconnect,
  }),
  define(0x1f, "reasonString", utf8String, answers),
  define(0x21, "receiveMaximum", twoByteInteger, connect | connack, {
    minimum: 1,
  }),
  define(0x22, "topicAliasMaximum", twoByteInteger, connect | connack),
  define(0x23, "topicAlias", twoByteInteger, publish, {
    minimum: 1,
    outOfRangeReasonCode: 0x94,
  }),
  define(0x24, "maximumQos", byte, connack, {
    title: "Maximum QoS",
    maximum: 1,
  }),
  flag(0x25, "retainAvailable", connack),
  define(0x26, "userProperties", utf8StringPair, everywhere, {
    title: "User Property",
    repeatablePlaces: everywhere,
  }),
  define(0x27, "maximumPacketSize", fourByteInteger, connect | connack, {
    minimum: 1,
  }),
  flag(0x28, "wildcardSubscriptionAvailable", connack),
  flag(0x29, "subscriptionIdentifierAvailable", connack),
  flag(0x2a, "sharedSubscriptionAvailable", connack),
];

/** A byte that is 0 or 1. */
function flag(
  identifier: number,
  name: keyof Properties,
  places: number,
): PropertyDefinition {
  return define(identifier, name, byte, places, { maximum: 1 });
}

function define(
  identifier: number,
  name: keyof Properties,
  wireType: WireType,
  places: number,
  rules: Partial<PropertyDefinition> = {},
): PropertyDefinition {
  return {
    identifier,
    name,
    title: titleOf(name),
    wireType,
    places,
    notFromClient: 0,
    notFromServer: 0,
    repeatablePlaces: 0,
    minimum: 0,
    maximum: largestOf(wireType),
    outOfRangeReasonCode: 0x82,
    ...rules,
  };
}

/** `receiveMaximum` is called "Receive Maximum" in the standard. */
function titleOf(name: string): string {
  return name.replace(
    /^[a-z]|[A-Z]/g,
    (letter, index) => index === 0 ? letter.toUpperCase() : ` ${letter}`,
  );
}

function largestOf(wireType: WireType): number {
  switch (wireType) {
    case WireType.byte:
      return 0xff;
    case WireType.twoByteInteger:
      return 0xffff;
    case WireType.fourByteInteger:
      return 0xffff_ffff;
    case WireType.variableByteInteger:
      return MAXIMUM_VARIABLE_BYTE_INTEGER;
    default:
      return 0;
  }
}

const byIdentifier: (PropertyDefinition | undefined)[] = [];
const byName = new Map<string, PropertyDefinition>();
for (const definition of propertyDefinitions) {
  byIdentifier[definition.identifier] = definition;
  byName.set(definition.name, definition);
}

/** The definition behind a Property Identifier, if the standard has it. */
export function propertyByIdentifier(
  identifier: number,
): PropertyDefinition | undefined {
  return byIdentifier[identifier];
}

/** The definition behind a field of {@linkcode Properties}. */
export function propertyByName(name: string): PropertyDefinition | undefined {
  return byName.get(name);
}

/**
 * The table cut down to one place and sender, as arrays by identifier that the
 * hot path can index.
 */
export class PropertyRules {
  readonly place: number;
  readonly placeName: string;
  readonly sender: Sender;
  /** `WireType.none` where this sender may not put the property here. */
  readonly wireTypes: Uint8Array = new Uint8Array(256);
  /** One bit for each property that may stand once; 0 for all others. */
  readonly onceBits: Int32Array = new Int32Array(256);

  constructor(place: number, sender: Sender) {
    this.place = place;
    this.placeName = packetName(place);
    this.sender = sender;
    const here = 1 << place;
    for (let index = 0; index < propertyDefinitions.length; index++) {
      const definition = propertyDefinitions[index];
      const denied = sender === "client"
        ? definition.notFromClient
        : definition.notFromServer;
      if ((definition.places & ~denied & here) === 0) continue;
      this.wireTypes[definition.identifier] = definition.wireType;
      if ((definition.repeatablePlaces & here) === 0) {
        this.onceBits[definition.identifier] = 1 << index;
      }
    }
  }
}

const clientRules: PropertyRules[] = [];
const serverRules: PropertyRules[] = [];
for (let place = 0; place < 16; place++) {
  clientRules.push(new PropertyRules(place, "client"));
  serverRules.push(new PropertyRules(place, "server"));
}

/** The rules for `place`, a packet type or `WILL_PROPERTIES`. */
export function propertyRules(place: number, sender: Sender): PropertyRules {
  return sender === "client" ? clientRules[place] : serverRules[place];
}
