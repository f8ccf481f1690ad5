import type {
  ClientTransport,
  Dial,
  TransportReceiver,
} from "../../client/mod.ts";
import {
  decodePacket,
  FrameScanner,
  MAXIMUM_PACKET_SIZE_BYTES,
  type Packet,
  PacketType,
  type ProtocolVersion,
  type Sender,
} from "../../codec/mod.ts";

/** Is told of each packet that has gone out or come in. */
export type PacketListener = (packet: Packet, sender: Sender) => void;

/** What is watched. */
export interface TraceOptions {
  readonly protocolVersion: ProtocolVersion;
  /** All packets, or the answer to CONNECT alone. */
  readonly isComplete: boolean;
  readonly listener: PacketListener;
}

/** Dials with `dial` and looks at what goes over the connection. */
export function traceDial(dial: Dial, options: TraceOptions): Dial {
  return async (url, dialOptions) =>
    new TracedTransport(await dial(url, dialOptions), options);
}

/** The transport underneath, listened to. */
class TracedTransport implements ClientTransport {
  readonly canHold: boolean;
  readonly #transport: ClientTransport;
  readonly #options: TraceOptions;
  readonly #scanner = new FrameScanner(MAXIMUM_PACKET_SIZE_BYTES);
  #isAnswered = false;
  /** How much of what will come again was told already. */
  #toldBytes = 0;

  constructor(transport: ClientTransport, options: TraceOptions) {
    this.#transport = transport;
    this.#options = options;
    this.canHold = transport.canHold;
  }

  start(receiver: TransportReceiver): void {
    this.#transport.start({
      get isHeld() {
        return receiver.isHeld;
      },
      receive: (bytes, start, end) => {
        const toldEnd = this.#hear(bytes, start + this.#toldBytes, end);
        const taken = receiver.receive(bytes, start, end);
        // What is not taken comes again.
        this.#toldBytes = Math.max(0, toldEnd - taken);
        return taken;
      },
      sent: () => receiver.sent(),
      transportClosed: (error) => receiver.transportClosed(error),
    });
  }

  schedule(flush: () => void): void {
    this.#transport.schedule(flush);
  }

  send(bytes: Uint8Array): void {
    if (this.#options.isComplete) this.#tell(bytes, 0, bytes.length, "client");
    this.#transport.send(bytes);
  }

  resume(): void {
    this.#transport.resume();
  }

  close(): void {
    this.#transport.close();
  }

  #hear(bytes: Uint8Array, start: number, end: number): number {
    if (!this.#options.isComplete && this.#isAnswered) return start;
    const toldEnd = this.#tell(bytes, start, end, "server");
    if (toldEnd > start) this.#isAnswered = true;
    return toldEnd;
  }

  /** Returns where it stopped; what cannot be read is the client's to refuse. */
  #tell(
    bytes: Uint8Array,
    start: number,
    end: number,
    sender: Sender,
  ): number {
    const scanner = this.#scanner;
    const { protocolVersion, listener } = this.#options;
    let position = start;
    try {
      while (scanner.scan(bytes, position, end)) {
        listener(decodePacket(bytes, scanner, protocolVersion, sender), sender);
        position = scanner.frameEnd;
      }
    } catch {
      return end;
    }
    return position;
  }
}

/** One line for a packet, as Mosquitto's clients print it with -d. */
export class PacketPrinter {
  readonly #write: (line: string) => void;
  #client: string;
  /** Packets that have, or at QoS 0 would have, a Packet Identifier. */
  #identified = 0;

  constructor(clientIdentifier: string, write: (line: string) => void) {
    this.#client = clientIdentifier || "(null)";
    this.#write = write;
  }

  print(packet: Packet, sender: Sender): void {
    const verb = sender === "client" ? "sending" : "received";
    if (packet.type === PacketType.connack) {
      this.#client = packet.properties.assignedClientIdentifier ??
        this.#client;
    }
    for (const text of this.#describe(packet, sender)) {
      this.#write(`Client ${this.#client} ${verb} ${text}`);
    }
    if (packet.type === PacketType.suback) {
      const { packetIdentifier, reasonCodes } = packet;
      this.#write(
        `Subscribed (mid: ${packetIdentifier}): ${reasonCodes.join(", ")}`,
      );
    }
  }

  #describe(packet: Packet, sender: Sender): string[] {
    const isSent = sender === "client";
    switch (packet.type) {
      case PacketType.connect:
        return ["CONNECT"];
      case PacketType.connack:
        return [`CONNACK (${packet.reasonCode})`];
      case PacketType.publish: {
        if (isSent) this.#identified++;
        const { qos, topicName, payload, isDuplicate, isRetained } = packet;
        const identifier = qos === 0
          ? isSent ? this.#identified : 0
          : packet.packetIdentifier;
        return [
          `PUBLISH (d${+isDuplicate}, q${qos}, r${+isRetained}, ` +
          `m${identifier}, '${topicName}', ... (${payload.length} bytes))`,
        ];
      }
      case PacketType.subscribe:
        this.#identified++;
        return packet.subscriptions.map((subscription) =>
          `SUBSCRIBE (Mid: ${packet.packetIdentifier}, Topic: ` +
          `${subscription.topicFilter}, QoS: ${subscription.qos}, ` +
          `Options: ${optionsByte(subscription)})`
        );
      case PacketType.unsubscribe:
        this.#identified++;
        return packet.topicFilters.map((topicFilter) =>
          `UNSUBSCRIBE (Mid: ${packet.packetIdentifier}, Topic: ${topicFilter})`
        );
      case PacketType.puback:
      case PacketType.pubcomp:
        return [describeAnswer(packet, isSent, packet.type)];
      case PacketType.pubrec:
        return [
          isSent
            ? `PUBREC (m${packet.packetIdentifier}, rc${packet.reasonCode})`
            : `PUBREC (Mid: ${packet.packetIdentifier})`,
        ];
      case PacketType.pubrel:
        return [
          isSent
            ? `PUBREL (m${packet.packetIdentifier})`
            : `PUBREL (Mid: ${packet.packetIdentifier})`,
        ];
      default:
        return [NAMES[packet.type]];
    }
  }
}

const NAMES: Readonly<Record<number, string>> = {
  [PacketType.suback]: "SUBACK",
  [PacketType.unsuback]: "UNSUBACK",
  [PacketType.pingreq]: "PINGREQ",
  [PacketType.pingresp]: "PINGRESP",
  [PacketType.disconnect]: "DISCONNECT",
  [PacketType.auth]: "AUTH",
};

function describeAnswer(
  { packetIdentifier, reasonCode }: {
    readonly packetIdentifier: number;
    readonly reasonCode: number;
  },
  isSent: boolean,
  type: number,
): string {
  const isPuback = type === PacketType.puback;
  const name = isPuback ? "PUBACK" : "PUBCOMP";
  if (!isSent) return `${name} (Mid: ${packetIdentifier}, RC:${reasonCode})`;
  return isPuback
    ? `PUBACK (m${packetIdentifier}, rc${reasonCode})`
    : `PUBCOMP (m${packetIdentifier})`;
}

/** The Subscription Options without the QoS. */
function optionsByte(
  { noLocal, retainAsPublished, retainHandling }: {
    readonly noLocal?: boolean;
    readonly retainAsPublished?: boolean;
    readonly retainHandling?: number;
  },
): string {
  const byte = (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) |
    (retainHandling ?? 0) << 4;
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
