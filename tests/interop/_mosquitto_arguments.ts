import type {
  Link,
  MessageProperties,
  Publication,
  SubscribeOptions,
  Version,
} from "./_client.ts";
import { MESSAGE_FORMAT } from "./_mosquitto_messages.ts";

/** What `-V` calls them. */
const VERSION_ARGUMENTS: Readonly<Record<Version, string>> = {
  3: "mqttv31",
  4: "mqttv311",
  5: "mqttv5",
};

/** Arguments that say where and as whom to connect, and to tell each packet. */
export function connectionArguments(
  { port, link, version, clientIdentifier }: {
    port: number;
    link?: Link;
    version: Version;
    clientIdentifier?: string;
  },
): string[] {
  return [
    "-d",
    ...linkArguments(port, link),
    ...["-V", VERSION_ARGUMENTS[version]],
    ...(clientIdentifier === undefined ? [] : ["-i", clientIdentifier]),
  ];
}

function linkArguments(port: number, link?: Link): string[] {
  if (link?.path !== undefined) return ["--unix", link.path];
  const { authorityPath, identity } = link ?? {};
  return [
    ...["-h", "127.0.0.1", "-p", `${port}`],
    ...(authorityPath === undefined ? [] : ["--cafile", authorityPath]),
    ...(identity === undefined ? [] : [
      ...["--cert", identity.certificatePath],
      ...["--key", identity.privateKeyPath],
    ]),
  ];
}

/** The arguments of mosquitto_pub for one message; its payload is the input. */
export function publicationArguments(publication: Publication): string[] {
  const { topicName, qos = 0, isRetained = false, properties = {} } =
    publication;
  return [
    ...["-t", topicName, "-q", `${qos}`],
    // -s reads the payload from standard input, but not an empty one.
    publication.payload === "" ? "-n" : "-s",
    ...(isRetained ? ["-r"] : []),
    ...propertyArguments("publish", properties),
  ];
}

function propertyArguments(
  packet: string,
  properties: MessageProperties,
): string[] {
  const values: [string, ...(string | number | undefined)[]][] = [
    ["payload-format-indicator", properties.payloadFormatIndicator],
    ["message-expiry-interval", properties.messageExpiryIntervalSeconds],
    ["content-type", properties.contentType],
    ["response-topic", properties.responseTopic],
    ["correlation-data", properties.correlationData],
    ...(properties.userProperties ?? []).map((
      [name, value],
    ): [string, string, string] => ["user-property", name, value]),
  ];
  return values.flatMap(([name, ...texts]) =>
    texts.includes(undefined)
      ? []
      : ["-D", packet, name, ...texts.map((text) => `${text}`)]
  );
}

function willArguments({ topicName, payload, ...will }: Publication): string[] {
  return [
    ...["--will-topic", topicName, "--will-payload", payload],
    ...["--will-qos", `${will.qos ?? 0}`],
    ...(will.isRetained ? ["--will-retain"] : []),
    ...propertyArguments("will", will.properties ?? {}),
  ];
}

/** The arguments of mosquitto_sub. */
export function subscribeArguments(options: SubscribeOptions): string[] {
  const { version, topicFilters, qos = 2, isPersistent, will } = options;
  const { subscriptionIdentifier } = options;
  return [
    ...connectionArguments(options),
    ...["-F", MESSAGE_FORMAT, "-q", `${qos}`],
    ...topicFilters.flatMap((topicFilter) => ["-t", topicFilter]),
    ...(isPersistent ? ["-c"] : []),
    ...(isPersistent && version === 5 ? ["-x", "3600"] : []),
    ...(subscriptionIdentifier === undefined ? [] : [
      ...["-D", "subscribe", "subscription-identifier"],
      `${subscriptionIdentifier}`,
    ]),
    ...(will === undefined ? [] : willArguments(will)),
  ];
}
