/** Arbitrary Control Packets that the standard allows, by version and sender. */
import {
  type AcknowledgementType,
  isReasonCodeAllowed,
  type Packet,
  PacketType,
  type Properties,
  type ProtocolVersion,
  type QoS,
  type Sender,
  type WillMessage,
} from "../../src/codec/mod.ts";
import fc from "fast-check";

/**
 * Any character but U+0000, with those that matter to UTF-8 and to topics more
 * often. (The "binary" unit of fast-check takes two seconds to set up.)
 */
const character = fc.oneof(
  fc.constantFrom(..."a/+#$\x01\x7f\x80\u07ff\u0800\ufeff\uffff😀\u{10ffff}"),
  fc.integer({ min: 0x20, max: 0x7e }).map((code) =>
    String.fromCodePoint(code)
  ),
  fc.integer({ min: 1, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
);

/** Text of up to `maxLength` such characters. */
export function textOf(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: character, maxLength });
}

const text = textOf(12);
const topicName = text.map((value) => value.replace(/[#+]/g, ""))
  .filter((value) => value !== "");
const bytes = fc.uint8Array({ maxLength: 30 });
const packetIdentifier = fc.integer({ min: 1, max: 0xffff });
const qos = fc.constantFrom<QoS[]>(0, 1, 2);
const flag = fc.constantFrom(0, 1);
const uint16 = fc.integer({ min: 0, max: 0xffff });
const positive16 = fc.integer({ min: 1, max: 0xffff });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const subscriptionIdentifier = fc.integer({ min: 1, max: 268_435_455 });

const userProperties = fc.array(fc.tuple(text, text), {
  minLength: 1,
  maxLength: 4,
});

/** An arbitrary for each property that may be there. */
type Model = Record<string, fc.Arbitrary<unknown>>;

/** Any choice of some properties. */
function someOf(model: Model) {
  return fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Properties>;
}

const message = {
  payloadFormatIndicator: flag,
  messageExpiryInterval: uint32,
  contentType: text,
  responseTopic: topicName,
  correlationData: bytes,
  userProperties,
};
const answer = { reasonString: text, userProperties };
const limits = {
  sessionExpiryInterval: uint32,
  receiveMaximum: positive16,
  maximumPacketSize: fc.integer({ min: 1, max: 0xffff_ffff }),
  topicAliasMaximum: uint16,
  userProperties,
};

/** None at all before 5.0. */
function properties(
  version: ProtocolVersion,
  model: Model,
): fc.Arbitrary<Properties> {
  return version === 5 ? someOf(model) : fc.constant({});
}

function authentication(version: ProtocolVersion): fc.Arbitrary<Properties> {
  if (version !== 5) return fc.constant({});
  return fc.oneof(
    fc.constant({}),
    fc.record({ authenticationMethod: text }),
    fc.record({ authenticationMethod: text, authenticationData: bytes }),
  );
}

function reasonCode(type: number, sender: Sender): fc.Arbitrary<number> {
  const codes = [];
  for (let code = 0; code < 256; code++) {
    if (isReasonCodeAllowed(type, code, sender)) codes.push(code);
  }
  return fc.constantFrom(...codes);
}

function willMessage(version: ProtocolVersion): fc.Arbitrary<WillMessage> {
  return fc.record({
    topicName,
    payload: bytes,
    qos,
    isRetained: fc.boolean(),
    properties: properties(version, { willDelayInterval: uint32, ...message }),
  });
}

function connect(protocolVersion: ProtocolVersion): fc.Arbitrary<Packet> {
  const own = properties(protocolVersion, {
    ...limits,
    requestResponseInformation: flag,
    requestProblemInformation: flag,
  });
  return fc.record({
    type: fc.constant(PacketType.connect),
    protocolVersion: fc.constant(protocolVersion),
    cleanStart: fc.boolean(),
    keepAliveSeconds: uint16,
    clientIdentifier: text,
    willMessage: fc.option(willMessage(protocolVersion)),
    userName: fc.option(text),
    password: fc.option(bytes),
    properties: fc.tuple(own, authentication(protocolVersion))
      .map(([some, others]) => ({ ...some, ...others })),
  }).filter((packet) =>
    protocolVersion === 5 || packet.userName !== null ||
    packet.password === null
  );
}

function connack(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const code = version === 5
    ? reasonCode(PacketType.connack, "server")
    : fc.integer({ min: 0, max: 5 });
  return fc.record({
    type: fc.constant(PacketType.connack),
    sessionPresent: fc.boolean(),
    reasonCode: code,
    properties: properties(version, {
      ...limits,
      ...answer,
      maximumQos: flag,
      retainAvailable: flag,
      assignedClientIdentifier: text,
      wildcardSubscriptionAvailable: flag,
      subscriptionIdentifierAvailable: flag,
      sharedSubscriptionAvailable: flag,
      serverKeepAlive: uint16,
      responseInformation: text,
      serverReference: text,
      authenticationMethod: text,
      authenticationData: bytes,
    }),
  }).map((packet) => ({
    ...packet,
    sessionPresent: packet.sessionPresent && packet.reasonCode === 0 &&
      version !== 3,
  }));
}

export function publish(
  version: ProtocolVersion,
  sender: Sender,
): fc.Arbitrary<Packet & { type: 3 }> {
  const fromServer: Model = sender === "server"
    ? {
      subscriptionIdentifiers: fc.array(subscriptionIdentifier, {
        minLength: 1,
        maxLength: 3,
      }),
    }
    : {};
  return fc.record({
    type: fc.constant(PacketType.publish),
    topicName: fc.oneof({ weight: 5, arbitrary: topicName }, fc.constant("")),
    payload: fc.oneof(bytes, fc.uint8Array({ minLength: 120, maxLength: 400 })),
    qos,
    isDuplicate: fc.boolean(),
    isRetained: fc.boolean(),
    packetIdentifier,
    properties: properties(version, {
      topicAlias: positive16,
      ...message,
      ...fromServer,
    }),
  }).filter((packet) =>
    packet.topicName !== "" || packet.properties.topicAlias !== undefined
  ).map((packet) => ({
    ...packet,
    isDuplicate: packet.isDuplicate && packet.qos > 0,
    packetIdentifier: packet.qos > 0 ? packet.packetIdentifier : 0,
  }));
}

export function acknowledgement(
  version: ProtocolVersion,
): fc.Arbitrary<Packet & { type: AcknowledgementType }> {
  const types: AcknowledgementType[] = [4, 5, 6, 7];
  return fc.oneof(...types.map((type) =>
    fc.record({
      type: fc.constant(type),
      packetIdentifier,
      reasonCode: version === 5 ? reasonCode(type, "client") : fc.constant(0),
      properties: properties(version, answer),
    })
  ));
}

function subscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const isVersion5 = version === 5;
  const option = isVersion5 ? fc.boolean() : fc.constant(false);
  const request = fc.record({
    topicFilter: fc.oneof(text, text.map((filter) => `$share/g/${filter}`)),
    qos,
    noLocal: option,
    retainAsPublished: option,
    retainHandling: fc.constantFrom<QoS[]>(
      ...(isVersion5 ? [0, 1, 2] : [0]) as QoS[],
    ),
  }).map((one) => ({
    ...one,
    noLocal: one.noLocal && !one.topicFilter.startsWith("$share/"),
  }));
  return fc.record({
    type: fc.constant(PacketType.subscribe),
    packetIdentifier,
    subscriptions: fc.array(request, { minLength: 1, maxLength: 5 }),
    properties: properties(version, {
      subscriptionIdentifiers: subscriptionIdentifier.map((value) => [value]),
      userProperties,
    }),
  });
}

function unsubscribe(version: ProtocolVersion): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(PacketType.unsubscribe),
    packetIdentifier,
    topicFilters: fc.array(text, { minLength: 1, maxLength: 5 }),
    properties: properties(version, { userProperties }),
  });
}

function suback(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const code = version === 5
    ? reasonCode(PacketType.suback, "server")
    : fc.constantFrom(0, 1, 2, 0x80);
  return fc.record({
    type: fc.constant(PacketType.suback),
    packetIdentifier,
    reasonCodes: fc.array(code, { minLength: 1, maxLength: 9 }),
    properties: properties(version, answer),
  });
}

function unsuback(version: ProtocolVersion): fc.Arbitrary<Packet> {
  const code = reasonCode(PacketType.unsuback, "server");
  return fc.record({
    type: fc.constant(PacketType.unsuback),
    packetIdentifier,
    reasonCodes: version === 5
      ? fc.array(code, { minLength: 1, maxLength: 9 })
      : fc.constant<number[]>([]),
    properties: properties(version, answer),
  });
}

function disconnect(
  version: ProtocolVersion,
  sender: Sender,
): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(PacketType.disconnect),
    reasonCode: version === 5
      ? reasonCode(PacketType.disconnect, sender)
      : fc.constant(0),
    properties: properties(version, {
      ...answer,
      ...(sender === "client"
        ? { sessionExpiryInterval: uint32 }
        : { serverReference: text }),
    }),
  });
}

function auth(sender: Sender): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(PacketType.auth),
    reasonCode: reasonCode(PacketType.auth, sender),
    properties: fc.tuple(
      someOf({ ...answer, authenticationData: bytes }),
      text,
    ).map(([some, authenticationMethod]) => ({
      ...some,
      authenticationMethod,
    })),
  });
}

/** Any packet that `sender` may send in `version`. */
export function packet(
  version: ProtocolVersion,
  sender: Sender,
): fc.Arbitrary<Packet> {
  const arbitraries: fc.Arbitrary<Packet>[] = [
    publish(version, sender),
    acknowledgement(version),
  ];
  if (sender === "client") {
    arbitraries.push(
      connect(version),
      subscribe(version),
      unsubscribe(version),
      fc.constant({ type: PacketType.pingreq }),
      disconnect(version, sender),
    );
  } else {
    arbitraries.push(
      connack(version),
      suback(version),
      unsuback(version),
      fc.constant({ type: PacketType.pingresp }),
    );
    if (version === 5) arbitraries.push(disconnect(version, sender));
  }
  if (version === 5) arbitraries.push(auth(sender));
  return fc.oneof(...arbitraries);
}
