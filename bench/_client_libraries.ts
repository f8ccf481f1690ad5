import mqtt from "mqtt";
import { connect } from "../src/client/mod.ts";

/** A publisher and a subscriber that are connected. */
export interface ClientPair {
  /** Resolves when the message is on its way or acknowledged, by its QoS. */
  publish(topicName: string, payload: Uint8Array): Promise<unknown>;
  close(): Promise<void>;
}

/** A client library under load. */
export interface ClientLibrary {
  readonly name: string;
  /** `onMessage` is called for each message that arrives. */
  open(
    url: string,
    qos: 0 | 1 | 2,
    onMessage: () => void,
  ): Promise<ClientPair>;
}

/** The client of this repository. */
export const rqttClient: ClientLibrary = {
  name: "RQTT client",
  async open(url, qos, onMessage) {
    const publisher = await connect(url);
    const subscriber = await connect(url, { receiveMaximum: 1000 });
    const messages = subscriber.messages();
    await subscriber.subscribe("bench/topic", { qos });
    const consumed = (async () => {
      for await (const _ of messages) onMessage();
    })();
    return {
      publish: (topicName, payload) =>
        publisher.publish(topicName, payload, { qos }),
      async close() {
        await publisher.close();
        await subscriber.close();
        await consumed;
      },
    };
  },
};

/** MQTT.js. */
export const mqttJs: ClientLibrary = {
  name: "MQTT.js",
  async open(url, qos, onMessage) {
    const options = {
      protocolVersion: 5 as const,
      properties: { receiveMaximum: 1000 },
    };
    const publisher = await mqtt.connectAsync(url, options);
    const subscriber = await mqtt.connectAsync(url, options);
    subscriber.on("message", onMessage);
    await subscriber.subscribeAsync("bench/topic", { qos });
    return {
      publish: (topicName, payload) =>
        // It takes any Uint8Array, whatever its types say.
        publisher.publishAsync(topicName, payload as never, { qos }),
      async close() {
        await publisher.endAsync();
        await subscriber.endAsync();
      },
    };
  },
};
