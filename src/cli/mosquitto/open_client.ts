import {
  type Client,
  type ClientEvent,
  connect,
  type ConnectOptions,
  MqttError,
} from "../../client/mod.ts";
import {
  type Packet,
  PacketType,
  type ProtocolVersion,
  reasonName,
} from "../../codec/mod.ts";
import type { Surroundings } from "../surroundings.ts";
import { readConnectOptions } from "./connect_options.ts";
import { createDial, urlOf } from "./dial.ts";
import { CLIENT_EXIT_CODE, ClientFailure } from "./errors.ts";
import { propertiesOf } from "./property_argument.ts";
import type { ClientArguments } from "./read_arguments.ts";
import { readTarget } from "./target.ts";
import { PacketPrinter, traceDial } from "./trace.ts";
import { readTrust } from "./trust.ts";

/** An accepted connection, and what is needed to end it. */
export interface OpenedClient {
  readonly client: Client;
  readonly protocolVersion: ProtocolVersion;
  /** Ends it with DISCONNECT; the Reason Code is 0x00 unless given. */
  close(reasonCode?: number): Promise<void>;
}

/** How a client differs from the others. */
export interface OpenOptions {
  readonly surroundings: Surroundings;
  /** Without -V and -D. */
  readonly protocolVersion: ProtocolVersion;
  /** Whether it comes back when the connection is lost. */
  readonly isLasting: boolean;
}

/** What the return codes of MQTT 3.1.1 are called. */
const RETURN_CODES = [
  "",
  "unacceptable protocol version.",
  "identifier rejected.",
  "broker unavailable.",
  "bad user name or password.",
  "not authorised.",
];

/**
 * Connects as the options say.
 * @throws {ClientUsageError} If options are wrong.
 * @throws {ClientFailure} If the broker cannot be reached or refuses.
 */
export async function openClient(
  args: ClientArguments,
  { surroundings, protocolVersion: usual, isLasting }: OpenOptions,
): Promise<OpenedClient> {
  const { processId, writeOutput } = surroundings;
  const target = readTarget(args);
  const trust = readTrust(args);
  const options = readConnectOptions(args, target, {
    protocolVersion: usual,
    processId,
  });
  const { protocolVersion, clientIdentifier = "" } = options;
  const isDebug = args.has("debug");
  const printer = new PacketPrinter(clientIdentifier, writeOutput);
  let connackCode = 0;
  const listener = (packet: Packet, sender: "client" | "server") => {
    if (packet.type === PacketType.connack) connackCode = packet.reasonCode;
    if (isDebug) printer.print(packet, sender);
  };
  const dial = createDial({
    target,
    trust,
    isInsecure: args.has("insecure"),
    alpn: args.text("tls-alpn"),
  });
  const complete: ConnectOptions = {
    ...options,
    dial: traceDial(dial, { protocolVersion, isComplete: isDebug, listener }),
    reconnect: isLasting ? { initialDelayMs: 1_000 } : false,
    outboundTopicAliasMaximum:
      propertiesOf(args.properties, "publish").topicAlias,
  };
  try {
    const client = await connect(urlOf(target), complete);
    return {
      client,
      protocolVersion,
      close: (reasonCode) =>
        client.close({ reasonCode, ...closeOptions(args) }),
    };
  } catch (error) {
    if (connackCode !== 0) throw refused(connackCode, protocolVersion, error);
    throw unreachable(error);
  }
}

/** Why a client has ended by itself. */
export function lossOf(
  { detail: { error } }: ClientEvent<"close">,
): ClientFailure | null {
  return error === null ? null : new ClientFailure(
    `Error: The connection was lost. (${error.message})`,
    CLIENT_EXIT_CODE.connectionLost,
    { cause: error },
  );
}

function closeOptions(args: ClientArguments) {
  const { sessionExpiryInterval, userProperties } = propertiesOf(
    args.properties,
    "disconnect",
  );
  return {
    sessionExpiryIntervalSeconds: sessionExpiryInterval,
    userProperties,
  };
}

/** The exit code is the code of CONNACK. */
function refused(
  code: number,
  version: ProtocolVersion,
  cause: unknown,
): ClientFailure {
  const reason = version === 5
    ? reasonName(code)
    : `Connection Refused: ${RETURN_CODES[code] ?? "unknown reason."}`;
  return new ClientFailure(`Connection error: ${reason}`, code, { cause });
}

function unreachable(error: unknown): unknown {
  const cause = error instanceof MqttError ? error.cause ?? error : error;
  if (!(cause instanceof Error)) return error;
  const fail = (text: string) =>
    new ClientFailure(text, CLIENT_EXIT_CODE.failure, { cause });
  if (cause instanceof Deno.errors.ConnectionRefused) {
    return fail("Error: Connection refused");
  }
  if (cause instanceof Deno.errors.NotFound) {
    return fail("Error: No such file or directory");
  }
  if (/failed to lookup address/.test(cause.message)) {
    return fail("Unable to connect (Lookup error.).");
  }
  if (/certificate|tls|handshake/i.test(cause.message)) {
    return fail(`Error: A TLS error occurred. (${cause.message})`);
  }
  return fail(`Error: ${cause.message}`);
}
