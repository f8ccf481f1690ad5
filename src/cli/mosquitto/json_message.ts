import type { ReceivedMessage } from "../../client/mod.ts";
import { formatTime } from "./strftime.ts";

/** How a message is written as JSON. */
export interface JsonOptions {
  /** Whether the payload, which is JSON itself, is not quoted. */
  readonly isPayloadJson: boolean;
  /** Indented by tabs. */
  readonly isPretty: boolean;
  readonly nowMs: number;
}

/** Looks at each value, and at how it was written. */
type Reviver = (
  key: string,
  value: unknown,
  context: { readonly source: string },
) => unknown;

/** What V8 has and the types do not know yet. */
const json = JSON as unknown as {
  rawJSON(text: string): unknown;
  parse(text: string, reviver: Reviver): unknown;
};

/** Writes a message with its time and properties, or `null` if the payload is no JSON. */
export function formatJsonMessage(
  message: ReceivedMessage,
  { isPayloadJson, isPretty, nowMs }: JsonOptions,
): string | null {
  const { topicName, qos, isRetained, payload, receipt } = message;
  let content: unknown = message.text();
  if (isPayloadJson) {
    try {
      content = parseExactly(message.text());
    } catch {
      return null;
    }
  }
  const properties = jsonProperties(message);
  const value = {
    tst: formatTimestamp(nowMs),
    topic: topicName,
    qos,
    retain: Number(isRetained),
    payloadlen: payload.length,
    ...receipt !== null && { mid: receipt.packetIdentifier },
    ...Object.keys(properties).length > 0 && { properties },
    payload: content,
  };
  return isPretty ? writePretty(value, 0) : JSON.stringify(value);
}

/** Local time with six digits, as Mosquitto writes it, "Z" and all. */
function formatTimestamp(nowMs: number): string {
  const date = new Date(nowMs);
  const part = (letter: string) => formatTime(letter, date);
  const micros = String(Math.floor((nowMs % 1000) * 1000)).padStart(6, "0");
  return `${part("F")}T${part("T")}.${micros}Z${part("z")}`;
}

function jsonProperties({ properties }: ReceivedMessage) {
  const {
    contentType,
    correlationData,
    messageExpiryInterval,
    payloadFormatIndicator,
    responseTopic,
    subscriptionIdentifiers,
    topicAlias,
    userProperties,
  } = properties;
  const all = {
    "topic-alias": topicAlias,
    "subscription-identifier": subscriptionIdentifiers?.[0],
    "content-type": contentType,
    "user-properties": userProperties && Object.fromEntries(userProperties),
    "response-topic": responseTopic,
    "correlation-data": correlationData &&
      new TextDecoder().decode(correlationData),
    "payload-format-indicator": payloadFormatIndicator,
    "message-expiry-interval": messageExpiryInterval,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
}

/** Numbers stay as they were typed: a double has 15 digits, JSON any. */
function parseExactly(text: string): unknown {
  return json.parse(
    text,
    (_key, value, { source }) =>
      typeof value === "number" ? json.rawJSON(source) : value,
  );
}

/** A line for each member of an object, arrays on one line. */
function writePretty(value: unknown, depth: number): string {
  if (Array.isArray(value)) {
    return `[${value.map((each) => writePretty(each, depth + 1)).join(", ")}]`;
  }
  const isObject = typeof value === "object" && value !== null &&
    !("rawJSON" in value);
  if (!isObject) return JSON.stringify(value);
  const indent = "\t".repeat(depth);
  const members = Object.entries(value).map(([key, member]) =>
    `${indent}\t${JSON.stringify(key)}:\t${writePretty(member, depth + 1)}`
  );
  return members.length === 0
    ? `{\n${indent}}`
    : `{\n${members.join(",\n")}\n${indent}}`;
}
