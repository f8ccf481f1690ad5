import {
  connect,
  ErrorWithReasonCode,
  type IClientOptions,
  type IClientSubscribeProperties,
  type IConnackPacket,
  type IPublishPacket,
  type MqttClient,
  Store,
} from "mqtt";
import type { Link, Publication, Qos, Version } from "./_client.ts";
import { beforeDeadline } from "./_deadline.ts";
import { Inbox } from "./_inbox.ts";
import { writeProperties } from "./_mqttjs_messages.ts";

/** The options of MQTT.js, and where to connect. */
export interface MqttJsOptions extends IClientOptions {
  readonly port: number;
  /** TCP if it is left out. */
  readonly link?: Link;
  readonly version: Version;
}

/**
 * MQTT.js reads the messages left over from an earlier connection as a stream,
 * whose end takes a timer: it has to be over when a test is.
 */
class WatchedStore extends Store {
  #closed: Promise<void> = Promise.resolve();

  override createStream(): ReturnType<Store["createStream"]> {
    const stream = super.createStream();
    this.#closed = new Promise((resolve) => stream.once("close", resolve));
    return stream;
  }

  /** Settles when the stream made last is closed. */
  get closed(): Promise<void> {
    return this.#closed;
  }
}

function urlOf(port: number, { type }: Link = { type: "tcp" }): string {
  switch (type) {
    case "tls":
      return `mqtts://127.0.0.1:${port}`;
    case "ws":
    case "wss":
      return `${type}://127.0.0.1:${port}/mqtt`;
    default:
      return `mqtt://127.0.0.1:${port}`;
  }
}

function linkOptions(link?: Link): IClientOptions {
  if (link?.authorityPath === undefined) return {};
  const tls = {
    ca: Deno.readTextFileSync(link.authorityPath),
    ...(link.identity && {
      cert: Deno.readTextFileSync(link.identity.certificatePath),
      key: Deno.readTextFileSync(link.identity.privateKeyPath),
    }),
  };
  return { ...tls, wsOptions: tls };
}

/** One connection of MQTT.js that is made once; disposing of it breaks it. */
export class MqttJsConnection implements AsyncDisposable {
  readonly client: MqttClient;
  readonly messages: Inbox<IPublishPacket> = new Inbox();
  readonly disconnects: Inbox<number> = new Inbox();
  readonly #connected = Promise.withResolvers<void>();
  readonly #outgoingStore = new WatchedStore();
  #connack: IConnackPacket | null = null;
  #reasonCode: number | undefined;

  constructor({ port, link, version, ...options }: MqttJsOptions) {
    this.client = connect(urlOf(port, link), {
      ...linkOptions(link),
      protocolVersion: version,
      ...(version === 3 ? { protocolId: "MQIsdp" } : {}),
      reconnectPeriod: 0,
      timerVariant: "native",
      outgoingStore: this.#outgoingStore,
      ...options,
    });
    // Whoever awaits it sees it rejected; nobody has to.
    this.#connected.promise.catch(() => {});
    this.client.on("connect", (connack) => {
      this.#connack = connack;
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

  /** What the broker has accepted the connection with. */
  get connack(): IConnackPacket | null {
    return this.#connack;
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

  /** Subscribes; resolves after SUBACK. */
  async subscribe(
    topicFilters: readonly string[],
    options: { qos: Qos } & IClientSubscribeProperties,
  ): Promise<void> {
    const subscribed = this.client.subscribeAsync([...topicFilters], options);
    await beforeDeadline(subscribed, "MQTT.js to subscribe");
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
    await beforeDeadline(this.#outgoingStore.closed, "MQTT.js to end");
  }
}
