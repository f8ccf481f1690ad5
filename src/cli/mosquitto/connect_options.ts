import type { ConnectOptions } from "../../client/mod.ts";
import type { ProtocolVersion, QoS } from "../../codec/mod.ts";
import { validateTopicName } from "../../topics/mod.ts";
import { ClientUsageError } from "./errors.ts";
import { propertiesOf } from "./property_argument.ts";
import type { ClientArguments } from "./read_arguments.ts";
import type { Target } from "./target.ts";

const INFINITE_SECONDS = 0xffffffff;
/** Nothing is refused for its size: Mosquitto's clients announce no maximum. */
const MAXIMUM_PACKET_SIZE_BYTES = 268_435_460;
const VERSIONS: Readonly<Record<string, ProtocolVersion>> = {
  "31": 3,
  mqttv31: 3,
  "311": 4,
  mqttv311: 4,
  "5": 5,
  mqttv5: 5,
};

/** What makes one client another than the next. */
export interface ClientKind {
  /** Without -V and -D. */
  readonly protocolVersion: ProtocolVersion;
  readonly processId: number;
}

/**
 * What CONNECT is to say.
 * @throws {ClientUsageError} If options are wrong or do not fit together.
 */
export function readConnectOptions(
  args: ClientArguments,
  target: Target,
  kind: ClientKind,
): ConnectOptions & { readonly protocolVersion: ProtocolVersion } {
  const protocolVersion = readVersion(args, kind);
  const properties = propertiesOf(args.properties, "connect");
  const isPersistent = args.has("disable-clean-session");
  const expirySeconds = readExpiry(args) ?? properties.sessionExpiryInterval ??
    (isPersistent ? INFINITE_SECONDS : 0);
  const clientIdentifier = readIdentifier(args, kind) ??
    (protocolVersion === 3 ? `rqtt-${kind.processId}` : undefined);
  if (clientIdentifier === undefined && isPersistent) {
    throw new ClientUsageError(
      "You must provide a client id if you are using the -c option.",
    );
  }
  if (
    clientIdentifier === undefined && expirySeconds === INFINITE_SECONDS
  ) {
    throw new ClientUsageError(
      "You must provide a client id if you are using an infinite session " +
        "expiry interval.",
    );
  }
  const { userName, password } = target;
  if (
    password !== undefined && userName === undefined && protocolVersion !== 5
  ) {
    throw new ClientUsageError(
      "Problem setting username and/or password. A password needs a user " +
        "name (-u) before MQTT 5.0.",
    );
  }
  const { authenticationMethod: method, authenticationData } = properties;
  return {
    protocolVersion,
    clientIdentifier,
    cleanStart: !isPersistent,
    sessionExpiryIntervalSeconds: protocolVersion === 5 ? expirySeconds : 0,
    keepAliveSeconds: readKeepAlive(args),
    userName,
    password,
    will: readWill(args),
    receiveMaximum: properties.receiveMaximum,
    maximumPacketSizeBytes: properties.maximumPacketSize ??
      MAXIMUM_PACKET_SIZE_BYTES,
    topicAliasMaximum: properties.topicAliasMaximum,
    requestResponseInformation: properties.requestResponseInformation === 1,
    userProperties: properties.userProperties,
    ...method !== undefined && {
      authentication: {
        method,
        start: () => authenticationData,
        respond() {
          throw new Error("the server asks for more than authentication-data");
        },
      },
    },
  };
}

/** @throws {ClientUsageError} If it is none of 0, 1 and 2. */
export function readQos(args: ClientArguments): QoS {
  const qos = args.integer("qos") ?? 0;
  if (qos === 0 || qos === 1 || qos === 2) return qos;
  throw new ClientUsageError(`Invalid QoS given: ${qos}`);
}

function readVersion(
  args: ClientArguments,
  kind: ClientKind,
): ProtocolVersion {
  const text = args.text("protocol-version");
  if (text === undefined) {
    return args.properties.length > 0 ? 5 : kind.protocolVersion;
  }
  if (Object.hasOwn(VERSIONS, text)) return VERSIONS[text];
  throw new ClientUsageError("Invalid protocol version argument given.");
}

function readIdentifier(
  args: ClientArguments,
  { processId }: ClientKind,
): string | undefined {
  const prefix = args.text("id-prefix");
  if (prefix === undefined) return args.text("id");
  if (!args.has("id")) return `${prefix}${processId}`;
  throw new ClientUsageError("-i and -I argument cannot be used together.");
}

function readKeepAlive(args: ClientArguments): number | undefined {
  const seconds = args.integer("keepalive");
  if (seconds === undefined || (seconds >= 5 && seconds <= 65535)) {
    return seconds;
  }
  throw new ClientUsageError(
    "Invalid keepalive given, it must be between 5 and 65535 inclusive.",
  );
}

function readExpiry(args: ClientArguments): number | undefined {
  const text = args.text("x");
  if (text === undefined) return undefined;
  if (text === "∞") return INFINITE_SECONDS;
  if (!/^[+-]?\d+$/.test(text)) {
    throw new ClientUsageError("session-expiry-interval not a number.");
  }
  const seconds = Number(text);
  if (seconds === -1) return INFINITE_SECONDS;
  if (seconds >= 0 && seconds <= INFINITE_SECONDS) return seconds;
  throw new ClientUsageError("session-expiry-interval out of range.");
}

function readWill(args: ClientArguments): ConnectOptions["will"] {
  const topicName = args.text("will-topic");
  if (topicName === undefined) {
    for (const part of ["payload", "retain"]) {
      if (!args.has(`will-${part}`)) continue;
      throw new ClientUsageError(
        `Will ${part} given, but no will topic given.`,
      );
    }
    return undefined;
  }
  if (validateTopicName(topicName) !== null) {
    throw new ClientUsageError(
      `Invalid will topic '${topicName}', does it contain '+' or '#'?`,
    );
  }
  const qos = args.integer("will-qos") ?? 0;
  if (qos !== 0 && qos !== 1 && qos !== 2) {
    throw new ClientUsageError(`Invalid will QoS ${qos}.`);
  }
  return {
    topicName,
    payload: args.text("will-payload") ?? "",
    qos,
    isRetained: args.has("will-retain"),
    properties: propertiesOf(args.properties, "will"),
  };
}
