import { type Received, withoutAbsent } from "./_client.ts";

/**
 * How mosquitto_sub writes a message. User Properties stand apart: in JSON a
 * name that occurs twice is lost.
 */
export const MESSAGE_FORMAT = "MESSAGE %P\\t%j";

const MESSAGE_LINE = /^MESSAGE (.*)\t(\{.*\})$/;

/** The message in a line of mosquitto_sub; `null` if the line is another. */
export function parseMessage(line: string): Received | null {
  const parts = MESSAGE_LINE.exec(line);
  return parts && readMessage(parts[1], JSON.parse(parts[2]));
}

/** What `%j` prints. */
interface JsonMessage {
  readonly topic: string;
  readonly qos: number;
  readonly retain: number;
  /** `null` if it is empty. */
  readonly payload: string | null;
  readonly properties?: {
    readonly "payload-format-indicator"?: number;
    readonly "message-expiry-interval"?: number;
    readonly "content-type"?: string;
    readonly "response-topic"?: string;
    readonly "correlation-data"?: string;
    readonly "subscription-identifier"?: number;
  };
}

function readMessage(userProperties: string, message: JsonMessage): Received {
  const { properties = {} } = message;
  const subscriptionIdentifier = properties["subscription-identifier"];
  return {
    topicName: message.topic,
    payload: message.payload ?? "",
    qos: message.qos,
    isRetained: message.retain === 1,
    properties: withoutAbsent({
      payloadFormatIndicator: properties["payload-format-indicator"],
      messageExpiryIntervalSeconds: properties["message-expiry-interval"],
      contentType: properties["content-type"],
      responseTopic: properties["response-topic"],
      correlationData: properties["correlation-data"],
      userProperties: readUserProperties(userProperties),
    }),
    subscriptionIdentifiers: subscriptionIdentifier === undefined
      ? []
      : [subscriptionIdentifier],
  };
}

/** `%P` writes `name:value name:value`. */
function readUserProperties(text: string): [string, string][] | undefined {
  if (text === "") return undefined;
  return text.split(" ").map((pair) => {
    const colon = pair.indexOf(":");
    return [pair.slice(0, colon), pair.slice(colon + 1)];
  });
}
