import type {
  Client,
  ConnectOptions,
  PublishOptions,
  Received,
  SubscribeOptions,
  Subscriber,
} from "./_client.ts";
import { MqttJsConnection, type MqttJsOptions } from "./_mqttjs_connection.ts";
import { readMessage, writeWill } from "./_mqttjs_messages.ts";

/** MQTT.js, in this process. */
export const mqttJs: Client = {
  name: "MQTT.js",
  links: ["tcp", "tls", "ws", "wss"],
  whyMissing: null,
  subscribe: (options) => MqttJsSubscriber.start(options),

  async publish({ port, link, version, publications }: PublishOptions) {
    const reasonCodes: (number | undefined)[] = [];
    await using publisher = await MqttJsConnection.open({
      port,
      link,
      version,
    });
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

class MqttJsSubscriber implements Subscriber {
  readonly #connection: MqttJsConnection;

  private constructor(connection: MqttJsConnection) {
    this.#connection = connection;
  }

  static async start(options: SubscribeOptions): Promise<Subscriber> {
    const { topicFilters, qos = 2, subscriptionIdentifier } = options;
    const connection = await MqttJsConnection.open(connectOptions(options));
    try {
      await connection.subscribe(topicFilters, {
        qos,
        ...(subscriptionIdentifier && {
          properties: { subscriptionIdentifier },
        }),
      });
      return new MqttJsSubscriber(connection);
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
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
  const { port, link, version, clientIdentifier, isPersistent, will } = options;
  return {
    port,
    link,
    version,
    // Left alone, MQTT.js makes one up; 3.1 needs that.
    ...((clientIdentifier !== undefined || version !== 3) && {
      clientId: clientIdentifier ?? "",
    }),
    clean: !isPersistent,
    ...(isPersistent && version === 5 && {
      properties: { sessionExpiryInterval: 3600 },
    }),
    ...(will && { will: writeWill(will) }),
  };
}
