import type { Authorizer, Limits, Observer } from "../../src/broker/mod.ts";
import { loadConfig } from "../../src/config/mod.ts";
import { Server } from "../../src/server.ts";
import { EXECUTABLE } from "../_program.ts";
import { configuration, startProgram } from "./_program.ts";
import { ManualClock } from "./_manual_clock.ts";
import type { ServerPacket } from "./_decode.ts";
import type { ConnectFields, Version } from "./_packets.ts";
import { type Address, RawClient } from "./_raw_client.ts";

/** What a test needs beyond a broker with its default configuration. */
export interface Requirements {
  readonly limits?: Partial<Limits>;
  readonly authorizer?: Authorizer;
  /** Plain TCP unless it is given. */
  readonly transport?: "ws";
  /** Reaches into the broker, or lets more time pass than anybody waits for. */
  readonly isInProcess?: boolean;
  /** Holds RQTT to what the standard leaves open, which binds no other broker. */
  readonly isChoice?: boolean;
  /** Defects that the test provokes on purpose; any other fails it. */
  readonly internalErrorCount?: number;
}

/** Starts nothing: tests whatever listens at this `host:port`. */
export const TARGET = Deno.env.get("RQTT_CONFORMANCE_TARGET");
/** Starts this program instead of a broker inside of the test's process. */
export const PROGRAM = EXECUTABLE;

/** Whether the broker that is tested can be had as a test requires it. */
export function canProvide(requirements: Requirements): boolean {
  const { authorizer, isChoice, isInProcess, limits, transport } = requirements;
  if (authorizer !== undefined || isInProcess) return !TARGET && !PROGRAM;
  return !TARGET || !(limits || transport || isChoice);
}

/** A running broker with the way to stop it. */
export interface RunningBroker {
  readonly address: Address;
  /** The broker itself, if it runs in the test's process. */
  readonly server?: Server;
  /** Lets time pass for the broker. */
  elapse(durationMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** The broker that one test has for itself, with clients that end with it. */
export class BrokerUnderTest {
  readonly #running: RunningBroker;
  readonly #clients: RawClient[] = [];
  /** Keeps tests apart that meet on the same broker. */
  readonly #prefix = `c${crypto.randomUUID().slice(0, 8)}`;
  #lastNumber = 0;

  private constructor(running: RunningBroker) {
    this.#running = running;
  }

  static async start(requirements: Requirements): Promise<BrokerUnderTest> {
    return new BrokerUnderTest(await start(requirements));
  }

  get address(): Address {
    return this.#running.address;
  }

  /** Only with {@linkcode Requirements.isInProcess}. */
  get server(): Server {
    return this.#running.server!;
  }

  /** A Topic Name or Filter that no other test uses. */
  topic(name: string): string {
    return `${this.#prefix}/${name}`;
  }

  /** A Client Identifier that no other client uses. */
  identifier(): string {
    return `${this.#prefix}x${++this.#lastNumber}`;
  }

  /** A connection on which nothing has been sent. */
  async open(version: Version = 5): Promise<RawClient> {
    const client = await RawClient.open(this.address, version);
    this.endWithTest(client);
    return client;
  }

  /** Closes `client` when the test is over. */
  endWithTest(client: RawClient): void {
    this.#clients.push(client);
  }

  /** A client that has been accepted. */
  async connect(fields: ConnectFields = {}): Promise<RawClient> {
    return (await this.connectWithConnack(fields))[0];
  }

  /** The same with the CONNACK that it got. */
  async connectWithConnack(
    fields: ConnectFields = {},
  ): Promise<[RawClient, ServerPacket]> {
    const client = await this.open(fields.version);
    const clientIdentifier = this.identifier();
    return [client, await client.connect({ clientIdentifier, ...fields })];
  }

  /** A 5.0 client whose session outlives its connections. */
  async resume(
    clientIdentifier: string,
    fields: ConnectFields = {},
  ): Promise<[RawClient, ServerPacket]> {
    return await this.connectWithConnack({
      clientIdentifier,
      cleanStart: false,
      ...fields,
      properties: [
        ["sessionExpiryInterval", 1_000],
        ...fields.properties ?? [],
      ],
    });
  }

  async elapse(seconds: number): Promise<void> {
    await this.#running.elapse(seconds * 1_000);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#running.stop();
  }
}

async function start(requirements: Requirements): Promise<RunningBroker> {
  if (TARGET !== undefined) {
    const { hostname, port } = new URL(`tcp://${TARGET}`);
    const address = { hostname, port: Number(port) };
    return { address, elapse: sleep, stop: () => Promise.resolve() };
  }
  if (PROGRAM !== null) {
    const program = await startProgram(PROGRAM, requirements);
    return { ...program, elapse: sleep };
  }
  return await startInProcess(requirements);
}

async function startInProcess(
  requirements: Requirements,
): Promise<RunningBroker> {
  const { limits, authorizer, internalErrorCount = 0 } = requirements;
  const defaults = loadConfig({
    file: "conformance.yaml",
    environment: {},
    flags: { host: "127.0.0.1", port: 0 },
    readTextFile: () => configuration(requirements),
  });
  const clock = new ManualClock();
  const errors: unknown[] = [];
  const server = await Server.start({
    config: {
      ...defaults,
      limits: { ...defaults.limits, ...limits },
    },
    observer: observeErrors(errors),
    authorizer,
    clock,
  });
  return {
    address: server.addresses[0] as Address,
    server,
    elapse(durationMs) {
      clock.advance(durationMs);
      return Promise.resolve();
    },
    async stop() {
      await server.stop();
      if (errors.length !== internalErrorCount) {
        throw new AggregateError(
          errors,
          `The broker reported ${errors.length} internal errors`,
        );
      }
    },
  };
}

/** Hears of defects only. */
function observeErrors(errors: unknown[]): Observer {
  return {
    clientConnected() {},
    clientDisconnected() {},
    connectionOverLimit() {},
    connectionAbandoned() {},
    connectionRefused() {},
    requestRefused() {},
    clientSlow() {},
    subscriptionMade() {},
    subscriptionEnded() {},
    internalError: (_connection, error) => errors.push(error),
  };
}

/** Brokers outside of this process go by the machine's time. */
function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
