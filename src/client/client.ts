import { untilAborted } from "./_abort.ts";
import { type ClientState, Connector } from "./connector.ts";
import { closedError } from "./errors.ts";
import { ClientEventTarget, type Emit } from "./events.ts";
import type { SubscribeResult } from "./exchanges.ts";
import type { ReceivedMessage } from "./message.ts";
import type { MessageStream } from "./message_stream.ts";
import type {
  CloseOptions,
  ConnectOptions,
  MessagesOptions,
  Payload,
  PublishOptions,
  RequestOptions,
  SubscribeOptions,
  UnsubscribeOptions,
} from "./options.ts";
import type { PublishResult } from "./publication.ts";
import { Requests } from "./requests.ts";
import { ClientSession } from "./session.ts";
import { resolveSettings, type Settings } from "./settings.ts";
import type { Dial } from "./transport.ts";

/**
 * A client that stays connected: it dials again when the connection is lost,
 * and resumes or rebuilds its session. What is asked of it meanwhile waits.
 * Whatever is refused on this side rejects with an `MqttError`; what
 * the server answers is a Reason Code in the result.
 */
export class Client extends ClientEventTarget
  implements AsyncIterable<ReceivedMessage>, AsyncDisposable {
  readonly #connector: Connector;
  readonly #session: ClientSession;
  readonly #requests: Requests;

  private constructor(settings: Settings) {
    super();
    const emit: Emit = (type, detail) =>
      this.dispatchEvent(new CustomEvent(type, { detail }));
    this.#session = new ClientSession(settings, emit);
    this.#connector = new Connector(settings, this.#session, emit);
    this.#requests = new Requests(this.#session, this.#connector);
  }

  /** @internal What `connect` does, with the transports of the platform. */
  static async open(
    url: string | URL,
    options: ConnectOptions,
    dial: Dial,
  ): Promise<Client> {
    options.signal?.throwIfAborted();
    const client = new Client(resolveSettings(url, options, dial));
    await client.#connector.open(options.signal);
    return client;
  }

  /** Whether it has a connection. */
  get state(): ClientState {
    return this.#connector.state;
  }

  /** The one that it asked for or that the server assigned. */
  get clientIdentifier(): string {
    return this.#connector.clientIdentifier;
  }

  /** QoS 0 messages that were dropped because a consumer was too slow. */
  get droppedCount(): number {
    return this.#session.router.droppedCount;
  }

  /**
   * Publishes a message. Resolves at PUBACK or PUBCOMP with the server's Reason
   * Code, at QoS 0 when the message is on its way. Await it, or bound what you do
   * not await: more than `queueMaximumMessages` waiting ones are refused.
   * @throws {MqttError} If the message is not valid, too large, expired
   * before it could be sent, or one too many.
   */
  publish(
    topicName: string,
    payload: Payload,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    try {
      this.#assertOpen();
      return this.#session.publish(topicName, payload, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Subscribes; the result has one Reason Code for each Topic Filter. Open the
   * stream first: see {@linkcode messages}.
   * @throws {MqttError} If a Topic Filter is not valid or the server has
   * announced that it does not take such.
   */
  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async subscribe(
    topicFilters: string | readonly string[],
    options: SubscribeOptions = {},
  ): Promise<SubscribeResult> {
    this.#assertOpen();
    return this.#session.subscribe(toArray(topicFilters), options);
  }

  /**
   * Unsubscribes; the result has one Reason Code for each Topic Filter.
   * @throws {MqttError} If a Topic Filter is not valid.
   */
  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async unsubscribe(
    topicFilters: string | readonly string[],
    options: UnsubscribeOptions = {},
  ): Promise<SubscribeResult> {
    this.#assertOpen();
    return this.#session.unsubscribe(toArray(topicFilters), options);
  }

  /**
   * The messages from now on whose Topic Name matches `topicFilter`, or all.
   * It subscribes to nothing: it is to be opened before `subscribe` is called,
   * else what comes in between is lost. The first stream also has what came
   * before it.
   * @throws {MqttError} With 0x8F if the filter is not valid.
   */
  messages(
    topicFilter?: string | null,
    options: MessagesOptions = {},
  ): MessageStream {
    this.#assertOpen();
    return this.#session.router.open(topicFilter ?? null, options);
  }

  /** All messages; leaving the loop ends the stream, not the client. */
  [Symbol.asyncIterator](): MessageStream {
    return this.messages();
  }

  /**
   * Publishes a request and waits for the response: the first message that
   * comes to its Response Topic with its Correlation Data. MQTT 5.0 only.
   * @throws {MqttError} If the server refuses the request or nobody subscribes
   * to its topic, with that Reason Code; with 0x83 if no response comes in
   * time.
   */
  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async request(
    topicName: string,
    payload: Payload,
    options: RequestOptions = {},
  ): Promise<ReceivedMessage> {
    this.#assertOpen();
    return this.#requests.request(topicName, payload, options);
  }

  /**
   * Authenticates anew on the present connection, by the hook of the options.
   * @throws {MqttError} If there is none, or the server refuses.
   */
  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async reauthenticate(
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    return untilAborted(this.#connector.reauthenticate(), signal);
  }

  /**
   * Disconnects for good. What waits is rejected and streams end; await what
   * must arrive before.
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { reasonCode = 0, userProperties } = options;
    return this.#connector.close(reasonCode, {
      sessionExpiryInterval: options.sessionExpiryIntervalSeconds,
      userProperties,
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(): void {
    if (this.state === "closed") throw closedError();
  }
}

function toArray(topicFilters: string | readonly string[]): readonly string[] {
  return typeof topicFilters === "string" ? [topicFilters] : topicFilters;
}
