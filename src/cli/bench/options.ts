import { type Option, UsageError } from "../command.ts";
import type { Options } from "../read_options.ts";
import type { LinkType } from "./link.ts";
import type { Login, ProtocolVersion } from "./wire.ts";

const modes = [
  "throughput",
  "latency",
  "storm",
  "idle",
  "puback",
  "drain",
  "populate",
] as const;

/** What a run of the load generator measures. */
export type Mode = typeof modes[number];

/** Everything that one run needs to know. */
export interface LoadOptions {
  mode: Mode;
  hostname: string;
  port: number;
  link: LinkType;
  /** Certificates that TLS trusts, in PEM. */
  caCertificates: string[];
  version: ProtocolVersion;
  login: Login | undefined;
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

/** The command line, in the order of the help. */
export const LOAD_OPTIONS: readonly Option[] = [
  {
    name: "mode",
    value: "MODE",
    choices: modes,
    summary: "what to measure, see below",
  },
  { name: "publishers", value: "N", summary: "spread over the topics (1)" },
  { name: "subscribers", value: "N", summary: "of each topic (1)" },
  { name: "seconds", value: "S", summary: "to send for, or to stay idle (3)" },
  { name: "rate", value: "N", summary: "messages a second in all, paced" },
  ...group("Messages", [
    ["topics", "N", "topics (1)"],
    ["payload", "BYTES", "of each message (64)"],
    ["qos", "QOS", "0, 1 or 2 (0)"],
    ["messages", "N", "to send in all, instead of for some time"],
  ]),
  ...group("Connect", [
    ["host", "HOST", "the broker (127.0.0.1)"],
    ["port", "PORT", "its port (1883)"],
    ["username", "NAME", "user name"],
    ["password", "PASSWORD", "its password"],
    ["tls", "", "over TLS"],
    ["ws", "", "over WebSocket, path /mqtt; with --tls over both"],
    ["ca", "FILE", "certificates to trust beside the usual"],
    ["version", "4|5", "MQTT 3.1.1 or 5.0 (4)"],
  ]),
  ...group("Bounds", [
    ["window", "N", "unacknowledged messages of one publisher (1000)"],
    ["max-outstanding", "N", "messages that have not arrived (20000)"],
    ["max-outstanding-bytes", "N", "the same in bytes of frames (8388608)"],
    ["chunk", "BYTES", "frames in one write (65536)"],
    ["concurrency", "N", "handshakes at the same time (64)"],
    ["warmup", "S", "seconds that are not counted (1; 0 with --messages)"],
    ["grace", "S", "silence after which the missing is lost (2)"],
    ["timeout", "S", "longest run, after which it fails (120)"],
  ]),
  ...group("Sessions", [
    ["connections", "N", "of modes storm, idle and populate (1000)"],
    ["stalled", "N", "silent connections beside those of storm (0)"],
    ["subscriptions", "N", "of each session of mode populate (5)"],
  ]),
  ...group("Other", [
    ["persistent-subscriber", "", "sessions that outlive connections"],
    ["pid", "N", "the broker's process: its CPU and memory (Linux)"],
    ["json", "", "also one JSON object"],
    ["help", "", "print this help and exit"],
  ]),
];

function group(
  name: string,
  members: readonly (readonly [name: string, value: string, summary: string])[],
): Option[] {
  return members.map(([option, value, summary]) => ({
    name: option,
    ...value !== "" && { value },
    summary,
    group: name,
  }));
}

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
 * What `given` asks for.
 * @throws {UsageError} If a value is out of range.
 */
export function readLoadOptions(given: Options): LoadOptions {
  const numberNames = Object.keys(numberDefaults) as NumberOption[];
  const mode = readMode(
    given.text("mode") ?? (given.text("rate") ? "latency" : "throughput"),
  );
  const defaults = {
    ...numberDefaults,
    ...(mode === "puback" ? pubackDefaults : {}),
    ...(mode === "drain" ? drainDefaults : {}),
    ...(mode === "populate" ? populateDefaults : {}),
  };
  const numbers = {} as Record<NumberOption, number>;
  for (const name of numberNames) {
    numbers[name] = readNumber(name, given.text(name), defaults[name]);
  }
  return checkOptions({
    mode,
    hostname: given.text("host") ?? "127.0.0.1",
    port: numbers.port,
    link: readLink(given),
    caCertificates: readCertificates(given.text("ca")),
    version: numbers.version === 5 ? 5 : 4,
    login: readLogin(given),
    publisherCount: numbers.publishers,
    subscriberCount: numbers.subscribers,
    isSubscriberLasting: given.has("persistent-subscriber"),
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
    isJson: given.has("json"),
  });
}

function readLink(given: Options): LinkType {
  if (given.has("ws")) return given.has("tls") ? "wss" : "ws";
  return given.has("tls") ? "tls" : "tcp";
}

function readLogin(given: Options): Login | undefined {
  const userName = given.text("username");
  const password = given.text("password");
  if (userName !== undefined) return { userName, password };
  if (password === undefined) return undefined;
  throw new UsageError("Cannot read --password: it needs --username");
}

function readCertificates(path: string | undefined): string[] {
  if (path === undefined) return [];
  try {
    return [Deno.readTextFileSync(path)];
  } catch (error) {
    throw new UsageError(`Cannot read --ca: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function readMode(text: string): Mode {
  const mode = modes.find((name) => name === text);
  if (mode !== undefined) return mode;
  throw new UsageError(
    `Cannot read --mode: expected ${modes.join(", ")}, found "${text}"`,
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
  throw new UsageError(
    `Cannot read --${name}: expected a number from 0, found "${text}"`,
  );
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
    throw new UsageError("Cannot measure memory: --mode idle needs --pid");
  }
  for (const [name, value, low, high] of bounds) {
    if (value >= low && value <= high) continue;
    throw new UsageError(
      `Cannot read --${name}: expected ${low} to ${high}, found ${value}`,
    );
  }
  return options;
}
