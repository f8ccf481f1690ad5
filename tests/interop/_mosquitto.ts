import { Child, outputOf } from "./_child.ts";
import type {
  Client,
  ConnectOptions,
  MessageProperties,
  Publication,
  PublishOptions,
  Received,
  SubscribeOptions,
  Subscriber,
  Version,
} from "./_client.ts";
import { Inbox } from "./_inbox.ts";

/** What `-V` calls them. */
const VERSION_ARGUMENTS: Readonly<Record<Version, string>> = {
  3: "mqttv31",
  4: "mqttv311",
  5: "mqttv5",
};

/** User Properties stand apart: in JSON a name that occurs twice is lost. */
const MESSAGE_LINE = /^MESSAGE (.*)\t(\{.*\})$/;

/** mosquitto_pub and mosquitto_sub. */
export const mosquitto: Client = {
  name: "mosquitto",
  whyMissing: outputOf("sh", [
      "-c",
      "command -v mosquitto_pub && command -v mosquitto_sub && command -v stdbuf",
    ]) === null
    ? "mosquitto_pub, mosquitto_sub or stdbuf is not installed"
    : null,
  subscribe: (options) => MosquittoSubscriber.start(options),

  async publish({ port, version, publications }: PublishOptions) {
    const reasonCodes: (number | undefined)[] = [];
    for (const publication of publications) {
      const { lines, code, errors } = await runMosquittoPub([
        ...connectionArguments({ port, version }),
        ...publicationArguments(publication),
      ], publication.payload);
      if (code !== 0) {
        throw new Error(`Cannot publish: mosquitto_pub says "${errors}"`);
      }
      reasonCodes.push(readCode(lines, /received PUB(?:ACK|REC) .*RC:(\d+)/));
    }
    return reasonCodes;
  },

  async connectInVain({ port, version, clientIdentifier }: ConnectOptions) {
    const { lines } = await runMosquittoPub(
      [
        ...connectionArguments({ port, version, clientIdentifier }),
        ...["-t", "never", "-n"],
      ],
      "",
    );
    const code = readCode(lines, /received CONNACK \((\d+)\)/);
    if (code === undefined) {
      throw new Error(`Waited for CONNACK: ${lines.join("; ") || "nothing"}`);
    }
    return code;
  },
};

/** Arguments that say where and as whom to connect, and to tell each packet. */
export function connectionArguments(
  { port, version, clientIdentifier }: {
    port: number;
    version: Version;
    clientIdentifier?: string;
  },
): string[] {
  return [
    ...["-d", "-h", "127.0.0.1", "-p", `${port}`],
    ...["-V", VERSION_ARGUMENTS[version]],
    ...(clientIdentifier === undefined ? [] : ["-i", clientIdentifier]),
  ];
}

/** Runs mosquitto_pub with `input` as its standard input. */
export async function runMosquittoPub(
  args: readonly string[],
  input: string,
): Promise<{ lines: string[]; code: number; errors: string }> {
  const lines: string[] = [];
  await using child = new Child({
    command: "mosquitto_pub",
    args,
    onLine: (line) => lines.push(line),
  });
  await child.write(input);
  await child.endInput();
  return { lines, ...await child.finished() };
}

function publicationArguments(publication: Publication): string[] {
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

function subscribeArguments(options: SubscribeOptions): string[] {
  const { version, topicFilters, qos = 2, isPersistent, will } = options;
  const { subscriptionIdentifier } = options;
  return [
    ...connectionArguments(options),
    ...["-F", "MESSAGE %P\\t%j", "-q", `${qos}`],
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

function readCode(lines: readonly string[], pattern: RegExp) {
  const code = lines.map((line) => pattern.exec(line)?.[1])
    .find((found) => found !== undefined);
  return code === undefined ? undefined : Number(code);
}

class MosquittoSubscriber implements Subscriber {
  readonly #messages = new Inbox<Received>();
  readonly #subscribed = new Inbox<null>();
  readonly #disconnects = new Inbox<number>();
  readonly #child: Child;

  private constructor(options: SubscribeOptions) {
    this.#child = new Child({
      // Into a pipe it would write lines only when it has a few thousand bytes.
      command: "stdbuf",
      args: ["-oL", "mosquitto_sub", ...subscribeArguments(options)],
      onLine: (line) => this.#read(line),
      onEnd: ({ code, errors }) => {
        const reason = `mosquitto_sub ended with ${code} and said "${errors}"`;
        this.#messages.end(reason);
        this.#subscribed.end(reason);
        this.#disconnects.end(reason);
      },
    });
  }

  static async start(options: SubscribeOptions): Promise<Subscriber> {
    const subscriber = new MosquittoSubscriber(options);
    try {
      await subscriber.#subscribed.next("mosquitto_sub to subscribe");
      return subscriber;
    } catch (error) {
      await subscriber.kill();
      throw error;
    }
  }

  next(): Promise<Received> {
    return this.#messages.next("mosquitto_sub to show a message");
  }

  async disconnect(): Promise<void> {
    await this.#child.stop("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#child.stop("SIGKILL");
  }

  disconnectedWith(): Promise<number> {
    return this.#disconnects.next("mosquitto_sub to show DISCONNECT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #read(line: string): void {
    const message = MESSAGE_LINE.exec(line);
    if (message !== null) {
      this.#messages.push(readMessage(message[1], JSON.parse(message[2])));
    } else if (line.startsWith("Subscribed ")) {
      this.#subscribed.push(null);
    } else {
      const code = /received DISCONNECT \((\d+)\)/i.exec(line)?.[1];
      if (code !== undefined) this.#disconnects.push(Number(code));
    }
  }
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
    properties: {
      payloadFormatIndicator: properties["payload-format-indicator"],
      messageExpiryIntervalSeconds: properties["message-expiry-interval"],
      contentType: properties["content-type"],
      responseTopic: properties["response-topic"],
      correlationData: properties["correlation-data"],
      userProperties: readUserProperties(userProperties),
    },
    subscriptionIdentifiers: subscriptionIdentifier === undefined
      ? []
      : [subscriptionIdentifier],
  };
}

/** `%P` writes `name:value name:value`. */
function readUserProperties(text: string): [string, string][] {
  return text.split(" ").filter((pair) => pair !== "").map((pair) => {
    const colon = pair.indexOf(":");
    return [pair.slice(0, colon), pair.slice(colon + 1)];
  });
}
