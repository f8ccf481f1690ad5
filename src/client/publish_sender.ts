import {
  MqttError,
  type Properties,
  type PublishPacket,
  ReasonCode,
} from "../codec/mod.ts";
import { writeClientPacket } from "./_packets.ts";
import type { Link } from "./link.ts";
import type { OutboundMessage } from "./outbound_message.ts";

/**
 * Writes PUBLISH packets to one connection. The first Topic Names get Topic
 * Aliases, as many as both sides allow [MQTT-3.2.2-17] [MQTT-3.2.2-18].
 */
export class PublishSender {
  readonly #link: Link;
  readonly #aliases = new Map<string, number>();
  readonly #aliasMaximum: number;

  constructor(link: Link, aliasMaximum: number) {
    this.#link = link;
    this.#aliasMaximum = Math.min(link.limits.topicAliasMaximum, aliasMaximum);
  }

  /**
   * Writes `message` with the seconds that are left of its Message Expiry
   * Interval [MQTT-3.3.2-6].
   * @throws {MqttError} With 0x95 if it is too large for the server
   * [MQTT-3.2.2-15].
   * @throws {RangeError} If a property does not fit its form.
   */
  write(message: OutboundMessage, nowMs: number): void {
    const { expiresAtMs } = message;
    if (expiresAtMs < Infinity) {
      const seconds = Math.ceil((expiresAtMs - nowMs) / 1000);
      this.#writeWith(message, { messageExpiryInterval: seconds });
    } else if (this.#aliasMaximum > 0) this.#writeWith(message, {});
    else this.#write(message);
    this.#link.flushSoon();
  }

  #writeWith(message: OutboundMessage, properties: Properties): void {
    const { topicName } = message;
    const known = this.#aliases.get(topicName);
    const next = this.#aliases.size + 1;
    const isNew = known === undefined && next <= this.#aliasMaximum;
    this.#write({
      ...message,
      topicName: known === undefined ? topicName : "",
      properties: {
        ...message.properties,
        ...properties,
        topicAlias: isNew ? next : known,
      },
    });
    if (isNew) this.#aliases.set(topicName, next);
  }

  #write(packet: PublishPacket): void {
    const { output, protocolVersion, limits } = this.#link;
    const { maximumPacketSizeBytes } = limits;
    if (
      writeClientPacket(output, packet, protocolVersion, maximumPacketSizeBytes)
    ) return;
    throw new MqttError(
      `Cannot publish: the packet is over ${maximumPacketSizeBytes} bytes, ` +
        "which is the most that the server takes",
      ReasonCode.packetTooLarge,
    );
  }
}
