import type { Client } from "../../../src/client/browser.ts";
import type { ConnectOptions, MessageStream } from "../../../src/client/api.ts";
import { assert, assertEquals } from "../../_assert.ts";
import { once } from "../_define.ts";

/** What a check works with; it runs in the page. */
export interface CheckContext {
  /** Connects to the broker, or to another path of it. */
  connect(options?: ConnectOptions, path?: string): Promise<Client>;
  /** No other check uses this; good for topics and Client Identifiers. */
  readonly unique: string;
  /** Breaks all connections to the broker. */
  cut(): Promise<void>;
}

/** One thing that the client has to do in every browser. */
export interface Check {
  readonly name: string;
  /** Resolves with what is worth telling, or rejects. */
  run(context: CheckContext): Promise<string | void>;
}

const LOAD = { messages: 20_000, acknowledged: 5_000, batch: 1_000 };

/** What is checked in each browser, over `ws:` and `wss:`. */
export const CHECKS: readonly Check[] = [
  {
    name: "connects and closes, in MQTT 5.0 and 3.1.1",
    async run({ connect }) {
      for (const protocolVersion of [5, 4] as const) {
        const client = await connect({ protocolVersion });
        assertEquals(client.state, "connected");
        assertEquals(client.clientIdentifier !== "", protocolVersion === 5);
        await client.close();
        assertEquals(client.state, "closed");
      }
    },
  },
  {
    name: "carries each QoS, from nothing to 400,000 bytes",
    async run({ connect, unique }) {
      const client = await connect();
      const messages = client.messages(`${unique}/+`);
      await client.subscribe(`${unique}/+`, { qos: 2 });
      for (const sizeBytes of [0, 1, 1_025, 70_000, 400_000]) {
        const payload = new Uint8Array(sizeBytes).map((_, i) => i * 7);
        for (const qos of [0, 1, 2] as const) {
          await client.publish(`${unique}/${qos}`, payload, { qos });
          const message = await next(messages);
          assertEquals(message.topicName, `${unique}/${qos}`);
          assertEquals(message.qos, qos);
          assert(isEqual(message.payload, payload));
        }
      }
    },
  },
  {
    name: "keeps the order of 1,000 messages at once",
    async run({ connect, unique }) {
      const client = await connect();
      for (const qos of [1, 2] as const) {
        const messages = client.messages(`${unique}/${qos}`);
        await client.subscribe(`${unique}/${qos}`, { qos });
        const publishing = Array.from(
          { length: 1_000 },
          (_, i) => client.publish(`${unique}/${qos}`, String(i), { qos }),
        );
        for (let i = 0; i < 1_000; i++) {
          assertEquals((await next(messages)).text(), String(i));
        }
        await Promise.all(publishing);
        await messages.return();
      }
    },
  },
  {
    name: "carries properties and Topic Aliases",
    async run({ connect, unique }) {
      const client = await connect({
        topicAliasMaximum: 5,
        outboundTopicAliasMaximum: 5,
      });
      const messages = client.messages();
      await client.subscribe(unique, { subscriptionIdentifier: 77 });
      const properties = {
        contentType: "text/plain",
        correlationData: Uint8Array.of(0, 1, 255),
        userProperties: [["a", "1"], ["a", "ü"]] as [string, string][],
      };
      for (const payload of ["first", "by its alias"]) {
        await client.publish(unique, payload, { properties });
        const message = await next(messages);
        assertEquals([message.topicName, message.text()], [unique, payload]);
        const { topicAlias: _, ...rest } = message.properties;
        assertEquals(rest, { ...properties, subscriptionIdentifiers: [77] });
      }
    },
  },
  {
    name: "gets retained messages and a Will",
    async run({ connect, unique }) {
      const watcher = await connect();
      await watcher.publish(`${unique}/kept`, "1", {
        qos: 1,
        isRetained: true,
      });
      const messages = watcher.messages();
      await watcher.subscribe(`${unique}/+`, { qos: 1 });
      const kept = await next(messages);
      assertEquals([kept.text(), kept.isRetained], ["1", true]);
      const leaving = await connect({
        will: { topicName: `${unique}/will`, payload: "gone", qos: 1 },
      });
      await leaving.close({ reasonCode: 0x04 });
      assertEquals((await next(messages)).text(), "gone");
    },
  },
  {
    name: "gets answers to its requests",
    async run({ connect, unique }) {
      const service = await connect();
      const requests = service.messages();
      await service.subscribe(unique, { qos: 1 });
      const serving = (async () => {
        for await (const { properties, payload } of requests) {
          const { responseTopic, correlationData } = properties;
          await service.publish(responseTopic!, payload.toReversed(), {
            qos: 1,
            properties: { correlationData },
          });
        }
      })();
      const client = await connect();
      const responses = await Promise.all(
        ["abc", "xyz"].map((text) => client.request(unique, text)),
      );
      assertEquals(responses.map((one) => one.text()), ["cba", "zyx"]);
      await requests.return();
      await serving;
    },
  },
  {
    name: "resumes its session after a cut",
    async run({ connect, cut, unique }) {
      const client = await connect(session(unique));
      const messages = client.messages();
      await client.subscribe(unique, { qos: 1 });
      const lost = once(client, "disconnect");
      await cut();
      await lost;
      const connected = once(client, "connect");
      const publishing = client.publish(unique, "meanwhile", { qos: 1 });
      assertEquals(await connected, {
        isSessionPresent: true,
        isReconnect: true,
      });
      assertEquals((await publishing).reasonCode, 0);
      assertEquals((await next(messages)).text(), "meanwhile");
    },
  },
  {
    name: "delivers QoS 2 once and in order through cuts",
    async run({ connect, cut, unique }) {
      const client = await connect(session(unique));
      const messages = client.messages();
      await client.subscribe(unique, { qos: 2 });
      const expected = Array.from({ length: 300 }, (_, i) => String(i));
      const publishing = Promise.all(
        expected.map((text) => client.publish(unique, text, { qos: 2 })),
      );
      const received: string[] = [];
      for await (const message of messages) {
        received.push(message.text());
        if (received.length === expected.length) break;
        if (received.length % 75 === 0) await cut();
      }
      assertEquals(received, expected);
      await publishing;
    },
  },
  {
    name: "drops and counts QoS 0 that nobody reads",
    async run({ connect, unique }) {
      const client = await connect();
      const messages = client.messages(unique, { maximumMessages: 50 });
      const last = client.messages(`${unique}/last`);
      await client.subscribe([unique, `${unique}/last`], { qos: 1 });
      for (let i = 0; i < 300; i++) await client.publish(unique, String(i));
      await client.publish(`${unique}/last`, "", { qos: 1 });
      await next(last);
      assertEquals(messages.bufferedCount, 50);
      assertEquals(client.droppedCount, 250);
    },
  },
  {
    name: "says why it cannot connect, and gives up by a signal",
    async run({ connect }) {
      const refused = await rejectionOf(connect({}, "/elsewhere"));
      assertEquals(refused.reasonCode, 0x88);
      const signal = AbortSignal.abort(new Error("enough"));
      assertEquals((await rejectionOf(connect({ signal }))).message, "enough");
    },
  },
  {
    name: "carries 20,000 messages at QoS 0 and 5,000 at QoS 1",
    async run({ connect, unique }) {
      const publisher = await connect();
      const subscriber = await connect({ receiveMaximum: LOAD.batch });
      const messages = subscriber.messages(unique);
      await subscriber.subscribe(unique, { qos: 1 });
      const payload = new Uint8Array(64);
      const rates: number[] = [];
      for (const qos of [0, 1] as const) {
        const total = qos === 0 ? LOAD.messages : LOAD.acknowledged;
        const startMs = performance.now();
        for (let count = 0; count < total; count += LOAD.batch) {
          const publishing = Array.from(
            { length: LOAD.batch },
            () => publisher.publish(unique, payload, { qos }),
          );
          for (let i = 0; i < LOAD.batch; i++) await next(messages);
          await Promise.all(publishing);
        }
        rates.push(total / (performance.now() - startMs));
      }
      assertEquals(subscriber.droppedCount, 0);
      return rates.map((rate) => `${Math.round(rate)} k/s`).join(", ");
    },
  },
];

function session(clientIdentifier: string): ConnectOptions {
  return {
    clientIdentifier,
    sessionExpiryIntervalSeconds: 600,
    reconnect: { initialDelayMs: 20, maximumDelayMs: 100 },
  };
}

async function next(messages: MessageStream) {
  const { value, done } = await messages.next();
  if (done) throw new Error("Waited for a message: the stream has ended");
  return value;
}

async function rejectionOf(
  promise: Promise<unknown>,
): Promise<Error & { readonly reasonCode?: number }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("Waited for a rejection: it has resolved");
}

/** Quicker than a deep comparison of 400,000 bytes. */
function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length &&
    left.every((byte, i) => byte === right[i]);
}
