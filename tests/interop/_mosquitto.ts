import { Child, outputOf } from "./_child.ts";
import type {
  Client,
  ConnectOptions,
  PublishOptions,
  Received,
  SubscribeOptions,
  Subscriber,
} from "./_client.ts";
import { Inbox } from "./_inbox.ts";
import {
  connectionArguments,
  publicationArguments,
  subscribeArguments,
} from "./_mosquitto_arguments.ts";
import { parseMessage } from "./_mosquitto_messages.ts";

/** mosquitto_pub and mosquitto_sub. */
export const mosquitto: Client = {
  name: "mosquitto",
  links: ["tcp", "tls", "unix"],
  whyMissing: outputOf("sh", [
      "-c",
      "command -v mosquitto_pub && command -v mosquitto_sub && command -v stdbuf",
    ]) === null
    ? "mosquitto_pub, mosquitto_sub or stdbuf is not installed"
    : null,
  subscribe: (options) => MosquittoSubscriber.start(options),

  async publish({ port, link, version, publications }: PublishOptions) {
    const reasonCodes: (number | undefined)[] = [];
    for (const publication of publications) {
      const { lines, code, errors } = await runMosquittoPub([
        ...connectionArguments({ port, link, version }),
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

/** Runs mosquitto_pub with `input` as its standard input. */
export async function runMosquittoPub(
  args: readonly string[],
  input: string,
): Promise<{ lines: string[]; code: number; errors: string }> {
  const lines: string[] = [];
  await using child = new Child({
    command: "mosquitto_pub",
    args,
    input,
    onLine: (line) => lines.push(line),
  });
  return { lines, ...await child.finished() };
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
    const message = parseMessage(line);
    if (message !== null) {
      this.#messages.push(message);
    } else if (line.startsWith("Subscribed ")) {
      this.#subscribed.push(null);
    } else {
      const code = /received DISCONNECT \((\d+)\)/i.exec(line)?.[1];
      if (code !== undefined) this.#disconnects.push(Number(code));
    }
  }
}
