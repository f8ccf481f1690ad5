import { parseArgs } from "@std/cli";
import type { LinkType } from "./_link.ts";
import type { ProtocolVersion } from "./_wire.ts";

/** What a run of the load generator measures. */
export type Mode =
  | "throughput"
  | "latency"
  | "storm"
  | "idle"
  | "puback"
  | "drain"
  | "populate";

/** Everything that one run needs to know. */
export interface LoadOptions {
  mode: Mode;
  hostname: string;
  port: number;
  link: LinkType;
  /** Certificates that TLS trusts, in PEM. */
  caCertificates: string[];
  version: ProtocolVersion;
  publisherCount: number;
  /** Subscribers per topic. */
  subscriberCount: number;
  /** Whether the sessions of subscribers outlive their connections. */
  isSubscriberLasting: boolean;
  topicCount: number;
  /** Subscriptions of each session of mode populate. */
  subscriptionCount: number;
  payloadBytes: number;
  qos: number;
  windowSize: number;
  /** Messages to send in all, or undefined to send for `seconds`. */
  messageCount: number | undefined;
  ratePerSecond: number;
  seconds: number;
  warmupSeconds: number;
  maximumOutstanding: number;
  maximumOutstandingBytes: number;
  chunkBytes: number;
  connectionCount: number;
  /** Connections that say nothing, held during a storm. */
  stalledCount: number;
  concurrency: number;
  graceSeconds: number;
  timeoutSeconds: number;
  /** The broker's process, where its CPU and memory are to be read. */
  processId: number | undefined;
  isJson: boolean;
}

/** The text of `--help`. */
export const usage = `Load generator for any MQTT broker

deno run -A bench/load.ts [options]

  --host NAME              broker address (127.0.0.1)
  --port N                 broker port (1883)
  --tls                    over TLS, to a server that is called localhost
  --ws                     over WebSocket, path /mqtt; with --tls over both
  --ca FILE                certificates to trust (the machine's)
  --version 4|5            MQTT 3.1.1 or 5.0 (4)
  --mode MODE              throughput | latency | storm | idle | puback |
                           drain | populate (throughput; latency if --rate is
                           given)
  --publishers N           publishers, spread over the topics (1)
  --subscribers N          subscribers per topic (1)
  --persistent-subscriber  sessions of subscribers outlive their connections
  --topics N               topics (1)
  --payload BYTES          payload of each message (64)
  --qos 0|1|2              of publications and subscriptions (0)
  --window N               messages in flight per publisher above QoS 0 (1000);
                           the server's Receive Maximum lowers it
  --messages N             messages to send in all (else by time)
  --seconds S              seconds to send for, or to stay idle for (3)
  --warmup S               seconds not counted before that (1; 0 with --messages)
  --rate N                 messages per second in all, paced, with latencies
  --max-outstanding N      most messages between publishers and the slowest
                           subscribers, shared by the topics (20000)
  --max-outstanding-bytes  the same bound in bytes of frames (8388608)
  --chunk BYTES            most bytes of PUBLISH frames in one write (65536)
  --connections N          connections of modes storm and idle, sessions of
                           mode populate (1000)
  --subscriptions N        subscriptions of each of these sessions (5)
  --stalled N              silent connections beside those of mode storm (0)
  --concurrency N          handshakes under way at once (64)
  --grace S                silence after which the missing is lost (2)
  --timeout S              longest run, after which it fails (120)
  --pid N                  broker process: report its CPU and memory (Linux)
  --json                   also print one JSON object

Modes
  throughput  messages per second that arrive at subscribers, until the last
  latency     percentiles from hand-over to arrival, at a paced --rate
  storm       connections per second until all have their CONNACK
  idle        memory per connection that does nothing (needs --pid)
  puback      one publisher, no subscriber, 1,000,000 messages of 100 bytes at
              QoS 1, 100 in flight: acknowledgements per second
  drain       100,000 messages at QoS 1 for a session without a connection:
              deliveries per second from its CONNECT to the last
  populate    100,000 sessions that outlive their connections, and 100,000
              messages at QoS 1 that wait for them in turn
`;

const numberDefaults = {
  port: 1883,
  version: 4,
  publishers: 1,
  subscribers: 1,
  topics: 1,
  subscriptions: 5,
  payload: 64,
  qos: 0,
  window: 1000,
  messages: 0,
  seconds: 3,
  warmup: -1,
  rate: 0,
  "max-outstanding": 20_000,
  "max-outstanding-bytes": 8 * 1024 * 1024,
  chunk: 64 * 1024,
  connections: 1000,
  stalled: 0,
  concurrency: 64,
  grace: 2,
  timeout: 120,
  pid: 0,
};

type NumberOption = keyof typeof numberDefaults;

/** Options whose values `puback` sets, so that it is the same load always. */
const pubackDefaults: Partial<Record<NumberOption, number>> = {
  subscribers: 0,
  payload: 100,
  qos: 1,
  window: 100,
  messages: 1_000_000,
};

const drainDefaults: Partial<Record<NumberOption, number>> = {
  qos: 1,
  messages: 100_000,
};

const populateDefaults: Partial<Record<NumberOption, number>> = {
  ...drainDefaults,
  connections: 100_000,
};

/**
 * Reads the command line.
 * @throws {Error} If an option is unknown or its value is out of range.
 */
export function parseLoadOptions(args: string[]): LoadOptions {
  const numberNames = Object.keys(numberDefaults) as NumberOption[];
  const unknown: string[] = [];
  const given = parseArgs(args, {
    boolean: ["json", "tls", "ws", "persistent-subscriber"],
    string: ["host", "mode", "ca", ...numberNames],
    unknown: (argument: string) => {
      unknown.push(argument);
      return false;
    },
  });
  if (unknown.length > 0) {
    throw new Error(`Cannot read options: unknown ${unknown.join(" ")}`);
  }
  const mode = readMode(given.mode ?? (given.rate ? "latency" : "throughput"));
  const defaults = {
    ...numberDefaults,
    ...(mode === "puback" ? pubackDefaults : {}),
    ...(mode === "drain" ? drainDefaults : {}),
    ...(mode === "populate" ? populateDefaults : {}),
  };
  const numbers = {} as Record<NumberOption, number>;
  for (const name of numberNames) {
    numbers[name] = readNumber(name, given[name], defaults[name]);
  }
  return checkOptions({
    mode,
    hostname: given.host ?? "127.0.0.1",
    port: numbers.port,
    link: given.tls ? given.ws ? "wss" : "tls" : given.ws ? "ws" : "tcp",
    caCertificates: given.ca ? [Deno.readTextFileSync(given.ca)] : [],
    version: numbers.version === 5 ? 5 : 4,
    publisherCount: numbers.publishers,
    subscriberCount: numbers.subscribers,
    isSubscriberLasting: given["persistent-subscriber"] === true,
    topicCount: numbers.topics,
    subscriptionCount: numbers.subscriptions,
    payloadBytes: numbers.payload,
    qos: numbers.qos,
    windowSize: numbers.window,
    messageCount: numbers.messages > 0 ? numbers.messages : undefined,
    ratePerSecond: numbers.rate,
    seconds: numbers.seconds,
    warmupSeconds: numbers.warmup >= 0
      ? numbers.warmup
      : numbers.messages > 0
      ? 0
      : 1,
    maximumOutstanding: numbers["max-outstanding"],
    maximumOutstandingBytes: numbers["max-outstanding-bytes"],
    chunkBytes: numbers.chunk,
    connectionCount: numbers.connections,
    stalledCount: numbers.stalled,
    concurrency: numbers.concurrency,
    graceSeconds: numbers.grace,
    timeoutSeconds: numbers.timeout,
    processId: numbers.pid > 0 ? numbers.pid : undefined,
    isJson: given.json === true,
  });
}

const modes: readonly Mode[] = [
  "throughput",
  "latency",
  "storm",
  "idle",
  "puback",
  "drain",
  "populate",
];

function readMode(text: string): Mode {
  const mode = modes.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new Error(
    `Cannot read options: --mode is "${text}", must be ${modes.join(", ")}`,
  );
}

function readNumber(
  name: string,
  text: string | undefined,
  fallback: number,
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`Cannot read options: --${name} is "${text}", not a number`);
}

function checkOptions(options: LoadOptions): LoadOptions {
  const bounds: [string, number, number, number][] = [
    ["qos", options.qos, 0, 2],
    ["port", options.port, 1, 65_535],
    ["publishers", options.publisherCount, 1, 10_000],
    ["subscribers", options.subscriberCount, 0, 10_000],
    ["topics", options.topicCount, 1, options.publisherCount],
    ["window", options.windowSize, 1, 65_535],
    ["max-outstanding", options.maximumOutstanding, 1, Infinity],
    ["concurrency", options.concurrency, 1, 10_000],
    ["subscriptions", options.subscriptionCount, 1, 1000],
    ["connections", options.connectionCount, 1, 1_000_000],
    ["stalled", options.stalledCount, 0, 1_000_000],
  ];
  if (options.mode === "latency") {
    bounds.push(["rate", options.ratePerSecond, 1, Infinity]);
    bounds.push(["payload", options.payloadBytes, 8, 1 << 24]);
    bounds.push(["subscribers", options.subscriberCount, 1, 10_000]);
  }
  if (options.mode === "idle" && options.processId === undefined) {
    throw new Error("Cannot measure memory: --mode idle needs --pid");
  }
  for (const [name, value, low, high] of bounds) {
    if (value >= low && value <= high) continue;
    throw new Error(
      `Cannot read options: --${name} is ${value}, must be ${low} to ${high}`,
    );
  }
  return options;
}
