import type { Client } from "../../client/client.ts";
import type { ReceivedMessage } from "../../client/message.ts";
import type { MessageStream } from "../../client/message_stream.ts";
import { encode, HEARTBEAT, withHeartbeat, writeEvent } from "./events.ts";
import { textOf } from "./retained.ts";

/** Messages that wait for a client that does not keep up. */
export const MAXIMUM_WAITING_MESSAGES = 1_000;
/** Sum of their sizes. */
export const MAXIMUM_WAITING_BYTES = 4 * 1_048_576;
/** Messages that come together go out together, up to this size. */
const LARGEST_CHUNK = 65_536;

/** A subscription as server-sent events: `message`, `dropped` and `end`. */
export class LiveStream implements UnderlyingDefaultSource<Uint8Array> {
  readonly #client: Client;
  readonly #messages: MessageStream;
  readonly #onEnd: () => void;
  #next: Promise<ReceivedMessage | null> | null = null;
  #toldDropped = 0;

  /** Takes over `client`, whose messages these are. */
  constructor(client: Client, messages: MessageStream, onEnd: () => void) {
    this.#client = client;
    this.#messages = messages;
    this.#onEnd = onEnd;
  }

  start(
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): void {
    // Tells the client at once that it is subscribed.
    controller.enqueue(encode("retry: 2000\n\n"));
  }

  async pull(
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> {
    this.#next ??= this.#messages.next().then(
      ({ value }) => value ?? null,
      () => null,
    );
    const message = await withHeartbeat(this.#next);
    if (message === undefined) return controller.enqueue(encode(HEARTBEAT));
    this.#next = null;
    if (message === null) {
      controller.enqueue(
        encode(this.#writeDropped() + writeEvent("end", { reason: REASON })),
      );
      controller.close();
      await this.cancel();
      return;
    }
    let text = this.#writeDropped() + writeMessage(message);
    while (text.length < LARGEST_CHUNK && this.#messages.bufferedCount > 0) {
      const { value } = await this.#messages.next();
      if (value === undefined) break;
      text += writeMessage(value);
    }
    controller.enqueue(encode(text));
  }

  async cancel(): Promise<void> {
    this.#onEnd();
    await this.#client.close();
  }

  #writeDropped(): string {
    const count = this.#client.droppedCount - this.#toldDropped;
    if (count === 0) return "";
    this.#toldDropped += count;
    return writeEvent("dropped", { count });
  }
}

const REASON = "the subscription was ended by the broker";

function writeMessage(message: ReceivedMessage): string {
  const { topicName, payload, isRetained, properties } = message;
  const text = textOf(payload);
  const { contentType, userProperties } = properties;
  return writeEvent("message", {
    topic: topicName,
    ...text === null
      ? { payload_base64: payload.toBase64() }
      : { payload: text },
    retain: isRetained,
    ...contentType !== undefined && { content_type: contentType },
    ...userProperties !== undefined && { user_properties: userProperties },
  });
}
