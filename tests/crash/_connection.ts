import {
  encodePacket,
  type Packet,
  type ProtocolVersion,
} from "../../src/codec/mod.ts";
import { PacketReader } from "../_packet_reader.ts";

const READ_BYTES = 65_536;

/** One network connection of a client, until either side or a crash ends it. */
export class Connection {
  /** Resolves when nothing comes any more; rejects over what is no MQTT. */
  readonly ended: Promise<void>;
  readonly #socket: Deno.TcpConn;
  readonly #version: ProtocolVersion;
  readonly #onPacket: (packet: Packet) => void;
  #written: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(
    socket: Deno.TcpConn,
    version: ProtocolVersion,
    onPacket: (packet: Packet) => void,
  ) {
    this.#socket = socket;
    this.#version = version;
    this.#onPacket = onPacket;
    this.ended = this.#read();
    // Whoever waits for the end is told; it must not end the program before.
    this.ended.catch(() => {});
  }

  /** Connects to a broker on this machine; `null` if none listens any more. */
  static async open(
    port: number,
    version: ProtocolVersion,
    onPacket: (packet: Packet) => void,
  ): Promise<Connection | null> {
    try {
      const socket = await Deno.connect({ hostname: "127.0.0.1", port });
      socket.setNoDelay(true);
      return new Connection(socket, version, onPacket);
    } catch (error) {
      if (isEndOfConnection(error)) return null;
      throw error;
    }
  }

  /** Sends packets in the order of the calls; after a crash they go nowhere. */
  send(...packets: Packet[]): void {
    for (const packet of packets) {
      const bytes = encodePacket(packet, this.#version);
      this.#written = this.#written.then(() => this.#write(bytes));
    }
  }

  /** Breaks the connection off, whatever is under way. */
  async drop(): Promise<void> {
    this.#close();
    await this.ended.catch(() => {});
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let offset = 0; offset < bytes.length;) {
        offset += await this.#socket.write(bytes.subarray(offset));
      }
    } catch (error) {
      if (!isEndOfConnection(error)) throw error;
    }
  }

  async #read(): Promise<void> {
    const reader = new PacketReader(this.#version);
    const buffer = new Uint8Array(READ_BYTES);
    try {
      for (;;) {
        const count = await this.#socket.read(buffer);
        if (count === null) return;
        for (const packet of reader.read(buffer.subarray(0, count))) {
          this.#onPacket(packet);
        }
      }
    } catch (error) {
      if (!isEndOfConnection(error)) throw error;
    } finally {
      this.#close();
      await this.#written;
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

/** Whether `error` is what a crash of the other side looks like. */
function isEndOfConnection(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionRefused ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.BadResource;
}
