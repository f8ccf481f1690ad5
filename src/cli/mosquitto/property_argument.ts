import type { Properties } from "../../codec/mod.ts";
import { ClientUsageError } from "./errors.ts";

/** The packets that -D knows, as it names them. */
export type PropertyCommand =
  | "connect"
  | "publish"
  | "puback"
  | "pubrec"
  | "pubcomp"
  | "subscribe"
  | "unsubscribe"
  | "disconnect"
  | "auth"
  | "will";

/** One -D: a property of one kind of packet. */
export interface PropertyArgument {
  readonly command: PropertyCommand;
  readonly key: keyof Properties | "subscriptionIdentifier";
  readonly value: number | string | Uint8Array | [string, string];
}

interface PropertyForm {
  readonly key: PropertyArgument["key"];
  /** The greatest number; "text", "bytes" and "pair" are none. */
  readonly form: number | "text" | "bytes" | "pair";
  readonly commands: readonly PropertyCommand[];
}

const UINT8 = 0xff;
const UINT16 = 0xffff;
const UINT32 = 0xffffffff;
const VARIABLE_BYTE_INTEGER = 268_435_455;

const message = ["publish", "will"] as const;
const connect = ["connect"] as const;

const FORMS: Readonly<Record<string, PropertyForm>> = {
  "payload-format-indicator": form("payloadFormatIndicator", UINT8, message),
  "message-expiry-interval": form("messageExpiryInterval", UINT32, message),
  "content-type": form("contentType", "text", message),
  "response-topic": form("responseTopic", "text", message),
  "correlation-data": form("correlationData", "bytes", message),
  "subscription-identifier": form(
    "subscriptionIdentifier",
    VARIABLE_BYTE_INTEGER,
    ["subscribe"],
  ),
  "session-expiry-interval": form("sessionExpiryInterval", UINT32, [
    "connect",
    "disconnect",
  ]),
  "authentication-method": form("authenticationMethod", "text", connect),
  "authentication-data": form("authenticationData", "bytes", connect),
  "request-problem-information": form(
    "requestProblemInformation",
    UINT8,
    connect,
  ),
  "request-response-information": form(
    "requestResponseInformation",
    UINT8,
    connect,
  ),
  "will-delay-interval": form("willDelayInterval", UINT32, ["will"]),
  "receive-maximum": form("receiveMaximum", UINT16, connect),
  "topic-alias-maximum": form("topicAliasMaximum", UINT16, connect),
  "topic-alias": form("topicAlias", UINT16, ["publish"]),
  "maximum-packet-size": form("maximumPacketSize", UINT32, connect),
  "user-property": form("userProperties", "pair", [
    "connect",
    "publish",
    "subscribe",
    "unsubscribe",
    "disconnect",
    "will",
  ]),
};

const COMMANDS: readonly PropertyCommand[] = [
  "connect",
  "publish",
  "puback",
  "pubrec",
  "pubcomp",
  "subscribe",
  "unsubscribe",
  "disconnect",
  "auth",
  "will",
];

function form(
  key: PropertyForm["key"],
  form: PropertyForm["form"],
  commands: readonly PropertyCommand[],
): PropertyForm {
  return { key, form, commands };
}

/**
 * Reads what stands behind a -D; `count` is how many arguments belong to it.
 * @throws {ClientUsageError} If it is no property of that packet.
 */
export function readPropertyArgument(
  args: readonly string[],
): { readonly property: PropertyArgument; readonly count: number } {
  const [commandText, name, value, second] = args;
  if (value === undefined) throw tooFew();
  const command = COMMANDS.find((each) => each === commandText.toLowerCase());
  if (command === undefined) {
    throw new ClientUsageError(
      "Invalid command given in --property argument.",
    );
  }
  if (!Object.hasOwn(FORMS, name)) {
    throw new ClientUsageError(
      "Invalid property name given in --property argument.",
    );
  }
  const { key, form, commands } = FORMS[name];
  if (!commands.includes(command)) {
    throw new ClientUsageError(
      `${name} property not allowed for ${commandText} in --property argument.`,
    );
  }
  if (form === "pair") {
    if (second === undefined) throw tooFew();
    return { property: { command, key, value: [value, second] }, count: 4 };
  }
  return {
    property: { command, key, value: readValue(name, form, value) },
    count: 3,
  };
}

/** The properties of `command` together; user properties in their order. */
export function propertiesOf(
  all: readonly PropertyArgument[],
  command: PropertyCommand,
): Properties & { subscriptionIdentifier?: number } {
  const properties: Record<string, unknown> = {};
  const userProperties: [string, string][] = [];
  for (const { command: each, key, value } of all) {
    if (each !== command) continue;
    if (Array.isArray(value)) userProperties.push(value);
    else properties[key] = value;
  }
  return {
    ...properties,
    ...userProperties.length > 0 && { userProperties },
  };
}

function readValue(
  name: string,
  form: number | "text" | "bytes",
  text: string,
): string | number | Uint8Array {
  if (form === "text") return text;
  if (form === "bytes") return new TextEncoder().encode(text);
  const number = Number.parseInt(text) || 0;
  if (number >= 0 && number <= form) return number;
  throw new ClientUsageError(
    `Property value (${number}) out of range for property ${name}.`,
  );
}

function tooFew(): ClientUsageError {
  return new ClientUsageError(
    "--property argument given but not enough arguments specified.",
  );
}
