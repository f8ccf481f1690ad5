import {
  type ConnectPacket,
  encodeUtf8,
  MqttError,
  ReasonCode,
  validateTopicNameBytes,
  type WillMessage,
} from "../codec/mod.ts";
import { countTopicLevels } from "../topics/mod.ts";
import type { Connection } from "./connection.ts";
import type { Limits } from "./limits.ts";

/**
 * Refuses a Client Identifier that the format allows but this broker, or its
 * configuration, does not.
 * @throws {MqttError} With the Reason Code for CONNACK.
 */
export function checkClientIdentifier(
  connection: Connection,
  connect: ConnectPacket,
): void {
  const { maximumClientIdentifierBytes } = connection.offered;
  const { clientIdentifier } = connect;
  if (clientIdentifier === "" && !mayOmitIdentifier(connection, connect)) {
    throw new MqttError(
      "Cannot accept CONNECT: the Client Identifier is empty",
      ReasonCode.clientIdentifierNotValid,
    );
  }
  if (encodeUtf8(clientIdentifier).length > maximumClientIdentifierBytes) {
    throw new MqttError(
      `Cannot accept CONNECT: the Client Identifier is over ` +
        `${maximumClientIdentifierBytes} bytes long`,
      ReasonCode.clientIdentifierNotValid,
    );
  }
}

/**
 * Refuses a Will in the same way.
 * @throws {MqttError} With the Reason Code for CONNACK.
 */
export function checkWill(willMessage: WillMessage, limits: Limits): void {
  const { length } = willMessage.payload;
  if (limits.maximumPayloadBytes > 0 && length > limits.maximumPayloadBytes) {
    throw new MqttError(
      `Cannot accept CONNECT: the Will Payload has ${length} bytes, the ` +
        `maximum is ${limits.maximumPayloadBytes}`,
      ReasonCode.quotaExceeded,
    );
  }
  const willBytes = bytesOf(willMessage);
  if (willBytes > limits.maximumWillBytes) {
    throw new MqttError(
      `Cannot accept CONNECT: the Will has ${willBytes} bytes, the maximum ` +
        `is ${limits.maximumWillBytes}`,
      ReasonCode.quotaExceeded,
    );
  }
  if (willMessage.qos > limits.maximumQos) {
    throw new MqttError(
      `Cannot accept CONNECT: Will QoS is ${willMessage.qos}, the Maximum ` +
        `QoS is ${limits.maximumQos} [MQTT-3.2.2-12]`,
      ReasonCode.qosNotSupported,
    );
  }
  if (willMessage.isRetained && !limits.retainAvailable) {
    throw new MqttError(
      "Cannot accept CONNECT: Will Retain is set, but not available " +
        "[MQTT-3.2.2-13]",
      ReasonCode.retainNotSupported,
    );
  }
  const willTopic = encodeUtf8(willMessage.topicName);
  validateTopicNameBytes(willTopic, 0, willTopic.length);
  if (willMessage.topicName.startsWith("$")) {
    throw new MqttError(
      `Cannot accept CONNECT: Will Topic "${willMessage.topicName}" begins ` +
        "with $",
      ReasonCode.topicNameInvalid,
    );
  }
  const levelCount = countTopicLevels(willMessage.topicName);
  if (levelCount > limits.maximumTopicLevels) {
    throw new MqttError(
      `Cannot accept CONNECT: the Will Topic has ${levelCount} levels, the ` +
        `maximum is ${limits.maximumTopicLevels}`,
      ReasonCode.topicNameInvalid,
    );
  }
}

/** What is kept of a Will for as long as its client is connected. */
function bytesOf({ topicName, payload, properties }: WillMessage): number {
  const { contentType = "", responseTopic = "", userProperties = [] } =
    properties;
  const texts = [
    topicName,
    contentType,
    responseTopic,
    ...userProperties.flat(),
  ];
  return texts.reduce(
    (sum, text) => sum + encodeUtf8(text).length,
    payload.length + (properties.correlationData?.length ?? 0),
  );
}

/** Before 5.0 an empty Client Identifier needs Clean Session 1 [3.1.1 MQTT-3.1.3-7], and 3.1 has none. */
function mayOmitIdentifier(
  connection: Connection,
  connect: ConnectPacket,
): boolean {
  return connection.offered.allowZeroLengthClientIdentifier &&
    connect.protocolVersion !== 3 &&
    (connect.protocolVersion === 5 || connect.cleanStart);
}
