import {
  MqttError,
  type Properties,
  type PublishPacket,
  type QoS,
  ReasonCode,
} from "../codec/mod.ts";
import { validateTopicName } from "../topics/mod.ts";
import { toBytes } from "./_to_bytes.ts";
import type { Payload, PublishOptions } from "./options.ts";

const noProperties: Properties = Object.freeze({});

/** A message that a client publishes, as the packet that carries it. */
export class OutboundMessage implements PublishPacket {
  readonly type = 3;
  readonly topicName: string;
  payload: Uint8Array;
  readonly qos: QoS;
  isDuplicate = false;
  readonly isRetained: boolean;
  packetIdentifier = 0;
  readonly properties: Properties;
  /** By the client's clock; `Infinity`: never. */
  readonly expiresAtMs: number;

  /**
   * Borrows the bytes of `payload`.
   * @throws {MqttError} With 0x90 if the Topic Name is not valid
   * [MQTT-4.7.0-1] [MQTT-4.7.3-1].
   */
  constructor(
    topicName: string,
    payload: Payload,
    { qos = 0, isRetained = false, properties }: PublishOptions,
    nowMs: number,
  ) {
    const fault = validateTopicName(topicName);
    if (fault !== null) {
      throw new MqttError(
        `Cannot publish: Topic Name "${topicName}" has a ${fault}`,
        ReasonCode.topicNameInvalid,
      );
    }
    this.topicName = topicName;
    this.payload = toBytes(payload);
    this.qos = qos;
    this.isRetained = isRetained;
    // Those of a received message may be given, with what was the server's
    // to say [MQTT-3.3.4-6].
    this.properties = properties === undefined ? noProperties : {
      ...properties,
      subscriptionIdentifiers: undefined,
      topicAlias: undefined,
    };
    this.expiresAtMs = nowMs +
      (properties?.messageExpiryInterval ?? Infinity) * 1000;
  }

  /** What the bounds of the queue count. */
  get sizeBytes(): number {
    return this.topicName.length + this.payload.length;
  }

  /** Copies what it borrows: it has to wait. */
  detach(): void {
    this.payload = this.payload.slice();
  }
}
