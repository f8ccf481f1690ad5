import type { Properties, PublishPacket, QoS } from "../codec/mod.ts";
import type { Receipt } from "./receipt.ts";

const decoder = new TextDecoder();

/** A message that a client has received; it owns its bytes. */
export class ReceivedMessage {
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly isRetained: boolean;
  /** Whether it may have been here before. */
  readonly isDuplicate: boolean;
  /** Empty before MQTT 5.0. */
  readonly properties: Readonly<Properties>;
  /** @internal What its acknowledgement waits for; `null` at QoS 0. */
  readonly receipt: Receipt | null;

  /** @internal */
  constructor(
    topicName: string,
    packet: PublishPacket,
    receipt: Receipt | null,
  ) {
    this.topicName = topicName;
    this.payload = packet.payload;
    this.qos = packet.qos;
    this.isRetained = packet.isRetained;
    this.isDuplicate = packet.isDuplicate;
    this.properties = packet.properties;
    this.receipt = receipt;
  }

  /** The payload as UTF-8 text. */
  text(): string {
    return decoder.decode(this.payload);
  }
}
