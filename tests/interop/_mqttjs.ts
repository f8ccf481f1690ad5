import { Buffer } from "node:buffer";
import {
  connect,
  ErrorWithReasonCode,
  type IClientOptions,
  type IPublishPacket,
  type MqttClient,
} from "mqtt";
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
import { beforeDeadline } from "./_deadline.ts";
import { Inbox } from "./_inbox.ts";

/** MQTT.js, in this process. */
export const mqttJs: Client = {
  name: "MQTT.js",
  whyMissing: null,
  subscribe: (options) => MqttJsSubscriber.start(options),

  async publish({ port, version, publications }: PublishOptions) {
    const reasonCodes: (number | undefined)[] = [];
    await using publisher = await MqttJsConnection.open({ port, version });
    for (const publication of publications) {
      reasonCodes.push(await publisher.publish(publication));
    }
    await publisher.disconnect();
    return reasonCodes;
  },

  async connectInVain({ port, version, clientIdentifier }: ConnectOptions) {
    await using connection = new MqttJsConnection({
      port,
      version,
      clientId: clientIdentifier,
    });
    return await connection.refused();
  },
};

/** The options of MQTT.js, and where to connect. */
export interface MqttJsOptions extends IClientOptions {
  readonly port: number;
  readonly version: Version;
}

/** One connection of MQTT.js that is made once; disposing of it breaks it. */
export class MqttJsConnection implements AsyncDisposable {
  readonly client: MqttClient;
  readonly messages: Inbox<IPublishPacket> = new Inbox();
  readonly disconnects: Inbox<number> = new Inbox();
  readonly #connected = Promise.withResolvers<void>();
  #reasonCode: number | undefined;
  #isSessionPresent = false;

  constructor({ port, version, ...options }: MqttJsOptions) {
    this.client = connect(`mqtt://127.0.0.1:${port}`, {
      protocolVersion: version,
      ...(version === 3 ? { protocolId: "MQIsdp" } : {}),
      reconnectPeriod: 0,
      timerVariant: "native",
      ...options,
    });
    // Whoever awaits it sees it rejected; nobody has to.
    this.#connected.promise.catch(() => {});
    this.client.on("connect", ({ sessionPresent }) => {
      this.#isSessionPresent = sessionPresent;
      this.#connected.resolve();
    });
    this.client.on("error", (error) => this.#connected.reject(error));
    this.client.on("close", () => {
      const reason = "MQTT.js lost its connection";
      this.#connected.reject(new Error(reason));
      this.messages.end(reason);
      this.disconnects.end(reason);
    });
    this.client.on(
      "message",
      (topic, _, packet) => this.messages.push({ ...packet, topic }),
    );
    this.client.on(
      "disconnect",
      ({ reasonCode }) => this.disconnects.push(reasonCode ?? 0),
    );
    this.client.on("packetreceive", (packet) => {
      if (packet.cmd === "puback" || packet.cmd === "pubrec") {
        this.#reasonCode = packet.reasonCode;
      }
    });
  }

  /** Connects; resolves after CONNACK. */
  static async open(options: MqttJsOptions): Promise<MqttJsConnection> {
    const connection = new MqttJsConnection(options);
    try {
      await beforeDeadline(
        connection.#connected.promise,
        "MQTT.js to connect",
      );
      return connection;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Session Present in CONNACK. */
  get isSessionPresent(): boolean {
    return this.#isSessionPresent;
  }

  /** The code in a CONNACK that refuses. */
  async refused(): Promise<number> {
    try {
      await beforeDeadline(this.#connected.promise, "MQTT.js to be refused");
    } catch (error) {
      if (error instanceof ErrorWithReasonCode) return error.code;
      throw error;
    }
    throw new Error("Waited for MQTT.js to be refused: it is connected");
  }

  /** Publishes; resolves with the Reason Code of the acknowledgement. */
  async publish(publication: Publication): Promise<number | undefined> {
    const { topicName, payload, qos = 0, isRetained = false, properties } =
      publication;
    this.#reasonCode = undefined;
    const published = this.client.publishAsync(topicName, payload, {
      qos,
      retain: isRetained,
      ...(properties && { properties: writeProperties(properties) }),
    });
    try {
      await beforeDeadline(published, "MQTT.js to publish");
    } catch (error) {
      if (!(error instanceof ErrorWithReasonCode)) throw error;
    }
    return this.#reasonCode;
  }

  /** Ends the connection with DISCONNECT. */
  async disconnect(): Promise<void> {
    await beforeDeadline(this.client.endAsync(), "MQTT.js to disconnect");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.stream.destroy();
    await beforeDeadline(this.client.endAsync(true), "MQTT.js to end");
  }
}

class MqttJsSubscriber implements Subscriber {
  readonly #connection: MqttJsConnection;

  private constructor(connection: MqttJsConnection) {
    this.#connection = connection;
  }

  static async start(options: SubscribeOptions): Promise<Subscriber> {
    const { topicFilters, qos = 2, subscriptionIdentifier } = options;
    const connection = await MqttJsConnection.open(connectOptions(options));
    const subscribed = connection.client.subscribeAsync([...topicFilters], {
      qos,
      ...(subscriptionIdentifier && { properties: { subscriptionIdentifier } }),
    });
    await beforeDeadline(subscribed, "MQTT.js to subscribe");
    return new MqttJsSubscriber(connection);
  }

  async next(): Promise<Received> {
    return readMessage(
      await this.#connection.messages.next("MQTT.js to show a message"),
    );
  }

  disconnect(): Promise<void> {
    return this.#connection.disconnect();
  }

  async kill(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  disconnectedWith(): Promise<number> {
    return this.#connection.disconnects.next("MQTT.js to show DISCONNECT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function connectOptions(options: SubscribeOptions): MqttJsOptions {
  const { port, version, clientIdentifier, isPersistent, will } = options;
  return {
    port,
    version,
    ...(clientIdentifier !== undefined && { clientId: clientIdentifier }),
    clean: !isPersistent,
    ...(isPersistent && version === 5 && {
      properties: { sessionExpiryInterval: 3600 },
    }),
    ...(will && { will: writeWill(will) }),
  };
}

function writeWill(will: Publication): NonNullable<IClientOptions["will"]> {
  const { contentType, userProperties } = writeProperties(
    will.properties ?? {},
  );
  return {
    topic: will.topicName,
    payload: Buffer.from(will.payload),
    qos: will.qos ?? 0,
    retain: will.isRetained ?? false,
    ...(will.properties && { properties: { contentType, userProperties } }),
  };
}

type MqttJsProperties = NonNullable<IPublishPacket["properties"]>;

function writeProperties(properties: MessageProperties): MqttJsProperties {
  const { correlationData, payloadFormatIndicator, userProperties } =
    properties;
  const all: MqttJsProperties = {
    payloadFormatIndicator: payloadFormatIndicator === undefined
      ? undefined
      : payloadFormatIndicator === 1,
    messageExpiryInterval: properties.messageExpiryIntervalSeconds,
    contentType: properties.contentType,
    responseTopic: properties.responseTopic,
    correlationData: correlationData === undefined
      ? undefined
      : Buffer.from(correlationData),
    userProperties: userProperties && groupByName(userProperties),
  };
  // MQTT.js takes a key without a value for a wrong value.
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  );
}

function groupByName(
  pairs: readonly (readonly [string, string])[],
): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) (groups[name] ??= []).push(value);
  return groups;
}

function readMessage(packet: IPublishPacket): Received {
  const { topic, payload, qos, retain, properties = {} } = packet;
  const { payloadFormatIndicator } = properties;
  return {
    topicName: topic,
    payload: payload.toString(),
    qos,
    isRetained: retain,
    properties: {
      payloadFormatIndicator: payloadFormatIndicator === undefined
        ? undefined
        : Number(payloadFormatIndicator),
      messageExpiryIntervalSeconds: properties.messageExpiryInterval,
      contentType: properties.contentType,
      responseTopic: properties.responseTopic,
      correlationData: properties.correlationData?.toString(),
      userProperties: Object.entries(properties.userProperties ?? {}).flatMap(
        ([name, values]) =>
          [values].flat().map((value): [string, string] => [name, value]),
      ),
    },
    subscriptionIdentifiers: [properties.subscriptionIdentifier ?? []].flat(),
  };
}
