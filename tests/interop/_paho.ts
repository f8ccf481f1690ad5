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
} from "./_client.ts";
import { Inbox } from "./_inbox.ts";

const DRIVER = new URL("./_paho_driver.py", import.meta.url).pathname;

/** Debian's Python first: it is the one that Debian's packages are for. */
const PYTHONS = ["/usr/bin/python3", "python3"];

const python = PYTHONS.find((command) =>
  outputOf(command, ["-c", "import paho.mqtt"]) !== null
);

/** Eclipse Paho for Python. */
export const paho: Client = {
  name: "Paho",
  links: ["tcp", "tls", "ws", "wss"],
  whyMissing: python === undefined
    ? "Python with paho-mqtt is not installed"
    : null,
  subscribe: (options) => PahoProcess.subscribe(options),

  async publish({ port, link, version, publications }: PublishOptions) {
    await using publisher = await PahoProcess.connect({ port, link, version });
    for (const publication of publications) {
      await publisher.publish(publication);
    }
    await publisher.disconnect();
    // Paho takes the Reason Codes of acknowledgements for itself.
    return publications.map(() => undefined);
  },

  async connectInVain(options: ConnectOptions) {
    await using child = new PahoProcess(options);
    const code = await child.connected();
    if (code === 0) {
      throw new Error("Waited for Paho to be refused: it is connected");
    }
    return code;
  },
};

/** Of {@linkcode SubscribeOptions}, what every connection needs. */
type PahoOptions =
  & Pick<SubscribeOptions, "port" | "version">
  & Partial<SubscribeOptions>;

/** With Topic Alias, which only Paho lets its user set by hand. */
interface PahoPublication extends Omit<Publication, "properties"> {
  readonly properties?: MessageProperties & { readonly topicAlias?: number };
}

/** What the driver writes. */
type DriverEvent =
  | { readonly event: "connected" | "disconnected"; readonly code: number }
  | { readonly event: "subscribed" | "published" }
  | { readonly event: "message" } & Received;

/** A Python process with one Paho client; disposing of it kills it. */
export class PahoProcess implements Subscriber {
  readonly #child: Child;
  readonly #messages = new Inbox<Received>();
  readonly #connects = new Inbox<number>();
  readonly #disconnects = new Inbox<number>();
  readonly #progress = new Inbox<"subscribed" | "published">();

  constructor(options: PahoOptions) {
    this.#child = new Child({
      command: python!,
      args: ["-I", DRIVER],
      onLine: (line) => this.#read(JSON.parse(line)),
      onEnd: ({ code, errors }) => this.#end(code, errors),
    });
    this.#send({
      clientIdentifier: "",
      isPersistent: false,
      topicFilters: [],
      qos: 2,
      ...options,
    });
  }

  static async connect(options: PahoOptions): Promise<PahoProcess> {
    const paho = new PahoProcess(options);
    try {
      const code = await paho.connected();
      if (code !== 0) throw new Error(`Cannot connect: CONNACK has ${code}`);
      return paho;
    } catch (error) {
      await paho.kill();
      throw error;
    }
  }

  static async subscribe(options: SubscribeOptions): Promise<PahoProcess> {
    const paho = await PahoProcess.connect(options);
    await paho.#progress.next("Paho to subscribe");
    return paho;
  }

  /** Waits for CONNACK and returns its code. */
  connected(): Promise<number> {
    return this.#connects.next("Paho to show CONNACK");
  }

  /** Publishes; resolves when it is acknowledged. */
  async publish(publication: PahoPublication): Promise<void> {
    this.#send({ publish: publication });
    await this.#progress.next("Paho to publish");
  }

  next(): Promise<Received> {
    return this.#messages.next("Paho to show a message");
  }

  disconnectedWith(): Promise<number> {
    return this.#disconnects.next("Paho to show DISCONNECT");
  }

  async disconnect(): Promise<void> {
    this.#send({ disconnect: true });
    await this.#child.finished();
  }

  async kill(): Promise<void> {
    await this.#child.stop("SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #send(command: unknown): void {
    this.#child.write(`${JSON.stringify(command)}\n`);
  }

  #read(event: DriverEvent): void {
    switch (event.event) {
      case "connected":
        this.#connects.push(event.code);
        break;
      case "disconnected":
        this.#disconnects.push(event.code);
        break;
      case "message":
        this.#messages.push(event);
        break;
      default:
        this.#progress.push(event.event);
    }
  }

  #end(code: number, errors: string): void {
    const reason = `Paho's process ended with ${code} and said "${errors}"`;
    this.#messages.end(reason);
    this.#connects.end(reason);
    this.#disconnects.end(reason);
    this.#progress.end(reason);
  }
}
