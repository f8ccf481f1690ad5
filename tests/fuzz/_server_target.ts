import type { Connection } from "../../src/broker/mod.ts";
import { defaultConfig } from "../../src/config/mod.ts";
import { Server } from "../../src/server.ts";
import { SilentObserver } from "../../src/server_options.ts";
import { assert } from "../_assert.ts";
import type { FuzzCase } from "./_fuzz_case.ts";
import { Witness, type WitnessLink } from "./_witness.ts";

/** Nothing that goes well takes as long. */
const DEADLINE_MS = 20_000;
const LARGEST_HEAP_BYTES = 600 * 1_048_576;
const LIMITS = {
  maximumSessions: 64,
  maximumRetainedMessages: 20,
  maximumQueuedMessages: 50,
  maximumRouteCacheEntries: 100,
};

/** A whole server with sockets, in this process, that serves one case after the other. */
export class ServerTarget {
  readonly #server: Server;
  readonly #observer: DefectObserver;
  readonly #witness: Witness;
  readonly #witnessSocket: Deno.TcpConn;

  private constructor(
    server: Server,
    observer: DefectObserver,
    witnessSocket: Deno.TcpConn,
  ) {
    this.#server = server;
    this.#observer = observer;
    this.#witnessSocket = witnessSocket;
    this.#witness = new Witness(linkTo(witnessSocket));
  }

  static async start(): Promise<ServerTarget> {
    const config = defaultConfig();
    const observer = new DefectObserver();
    const server = await Server.start({
      observer,
      config: {
        ...config,
        limits: { ...config.limits, ...LIMITS },
        listeners: [{
          type: "tcp",
          hostname: "127.0.0.1",
          port: 0,
          maximumConnections: 1_000,
        }],
        persistence: { ...config.persistence, path: null },
        // What the broker publishes of itself would count as left over.
        sysIntervalMs: 0,
      },
    });
    const target = new ServerTarget(
      server,
      observer,
      await Deno.connect(server.addresses[0]),
    );
    await target.#witness.connect();
    return target;
  }

  /** Runs all connections of all cases at the same time. */
  async run(cases: readonly FuzzCase[]): Promise<void> {
    const attacks = cases.flatMap(({ connections }) =>
      connections.map((chunks) => this.#attack(chunks))
    );
    await inTime(this.#witness.roundTrip(), "the witness is not served");
    await inTime(Promise.all(attacks), "a connection was not closed");
    await this.#assertLetGo();
    for (const error of this.#observer.defects) throw error;
  }

  async stop(): Promise<void> {
    this.#witnessSocket.close();
    await this.#server.stop();
  }

  /** Sends `chunks`, reads meanwhile, and waits until the server has closed. */
  async #attack(chunks: readonly Uint8Array[]): Promise<void> {
    const socket = await Deno.connect(this.#server.addresses[0]);
    socket.setNoDelay(true);
    const reading = readToEnd(socket);
    try {
      for (const chunk of chunks) {
        for (let sent = 0; sent < chunk.length;) {
          sent += await socket.write(chunk.subarray(sent));
        }
      }
      await socket.closeWrite();
    } catch (error) {
      if (!isEndOfConnection(error)) throw error;
    }
    await reading;
    socket.close();
  }

  /** The server has noticed the ends, and what is left is within its bounds. */
  async #assertLetGo(): Promise<void> {
    const { broker } = this.#server;
    const deadlineMs = Date.now() + DEADLINE_MS;
    while (broker.connections.size > 1 && Date.now() < deadlineMs) {
      await this.#witness.roundTrip();
    }
    assert(broker.connections.size === 1, "connections are left over");
    assert(broker.sessions.count <= LIMITS.maximumSessions, "sessions");
    assert(
      broker.retained.count <= LIMITS.maximumRetainedMessages,
      `${broker.retained.count} retained messages`,
    );
    assert(broker.router.routes.size <= LIMITS.maximumRouteCacheEntries);
    for (const session of broker.sessions.values()) {
      assert(session.queue.length <= LIMITS.maximumQueuedMessages);
    }
    // Of a session its own deadline and that of its queue.
    const most = 2 + 2 * broker.sessions.count + broker.retained.count;
    assert(broker.timers.size <= most, `${broker.timers.size} timers`);
    const { heapUsed, external } = Deno.memoryUsage();
    assert(
      heapUsed + external < LARGEST_HEAP_BYTES,
      `${heapUsed} and ${external} bytes are in use`,
    );
  }
}

/** Keeps the broker's own errors, of which there must be none. */
class DefectObserver extends SilentObserver {
  readonly defects: unknown[] = [];

  override internalError(_connection: Connection | null, error: unknown): void {
    this.defects.push(error);
  }
}

async function readToEnd(socket: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    while (await socket.read(buffer) !== null);
  } catch (error) {
    if (!isEndOfConnection(error)) throw error;
  }
}

function isEndOfConnection(error: unknown): boolean {
  return error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.NotConnected;
}

/** @throws {Error} With `complaint` if `work` takes too long. */
async function inTime(work: Promise<unknown>, complaint: string) {
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), DEADLINE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function linkTo(socket: Deno.TcpConn): WitnessLink {
  const buffer = new Uint8Array(65_536);
  return {
    async send(bytes: Uint8Array): Promise<void> {
      for (let sent = 0; sent < bytes.length;) {
        sent += await socket.write(bytes.subarray(sent));
      }
    },
    async receive(): Promise<Uint8Array> {
      const length = await socket.read(buffer);
      return buffer.slice(0, length ?? 0);
    },
  };
}
