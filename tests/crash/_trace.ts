import { type Packet, packetName, PacketType } from "../../src/codec/mod.ts";

const decoder = new TextDecoder();
/** Longer than any key of a message. */
const KEY_BYTES = 64;

/** What all clients have sent and received, line by line, to look into a failure. */
export class Trace {
  readonly lines: string[] = [];

  say(line: string): void {
    this.lines.push(`${performance.now().toFixed(1)} ${line}`);
  }

  note(clientIdentifier: string, mark: string, packet: Packet): void {
    this.say(`${clientIdentifier} ${mark} ${describe(packet)}`);
  }
}

function describe(packet: Packet): string {
  const name = packetName(packet.type);
  switch (packet.type) {
    case PacketType.publish: {
      const { topicName, qos, packetIdentifier, isDuplicate, isRetained } =
        packet;
      return `${name} ${packetIdentifier} ${keyOf(packet.payload)} ` +
        `${topicName} QoS ${qos}${isDuplicate ? " DUP" : ""}` +
        `${isRetained ? " RETAIN" : ""}`;
    }
    case PacketType.connack:
      return `${name} ${packet.sessionPresent ? "session present" : ""}`;
    case PacketType.subscribe:
      return `${name} ${packet.packetIdentifier} ` +
        packet.subscriptions.map((each) => each.topicFilter).join(" ");
    case PacketType.unsubscribe:
      return `${name} ${packet.packetIdentifier} ` +
        packet.topicFilters.join(" ");
    default:
      return "packetIdentifier" in packet
        ? `${name} ${packet.packetIdentifier}`
        : name;
  }
}

/** What a payload begins with. */
export function keyOf(payload: Uint8Array): string {
  return decoder.decode(payload.subarray(0, KEY_BYTES)).split(" ")[0];
}
