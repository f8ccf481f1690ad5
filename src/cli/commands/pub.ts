import type { PublishOptions } from "../../client/mod.ts";
import { reasonName } from "../../codec/mod.ts";
import type { Command } from "../command.ts";
import { defineClient } from "../mosquitto/client_command.ts";
import { readQos } from "../mosquitto/connect_options.ts";
import { ClientFailure, ClientUsageError } from "../mosquitto/errors.ts";
import {
  lossOf,
  openClient,
  type OpenedClient,
} from "../mosquitto/open_client.ts";
import {
  readPayload,
  readPayloadMode,
  splitLines,
} from "../mosquitto/payload.ts";
import { propertiesOf } from "../mosquitto/property_argument.ts";
import type { ClientArguments } from "../mosquitto/read_arguments.ts";
import { PUB_OPTIONS } from "../mosquitto/spelling.ts";
import { readTarget } from "../mosquitto/target.ts";
import { checkTopicName } from "../mosquitto/topics.ts";
import { Progress } from "../progress.ts";
import type { Surroundings } from "../surroundings.ts";

const MAXIMUM_IN_FLIGHT = 20;

/** `rqtt pub`: publishes, as mosquitto_pub does. */
export const command: Command = defineClient({
  name: "pub",
  summary: "publish messages, spelt as mosquitto_pub is",
  usage: ["[options] -t TOPIC (-m TEXT | -f FILE | -s | -l | -n)"],
  options: PUB_OPTIONS,
  example: {
    purpose: "let later subscribers know, too",
    line: "pub -t lamp/state -m on -q 1 -r",
  },
  act: publishAll,
});

async function publishAll(
  args: ClientArguments,
  surroundings: Surroundings,
): Promise<number> {
  const settings = readSettings(args);
  const payloads = await readPayloads(args, surroundings);
  const opened = await openClient(args, {
    surroundings,
    protocolVersion: 4,
    isLasting: false,
  });
  const progress = new Progress(surroundings);
  try {
    const publisher = new Publisher(opened, settings, (warning) => {
      if (!args.has("quiet")) surroundings.writeError(warning);
    });
    let count = 0;
    for await (const payload of payloads) {
      if (count > 0) await delay(settings.delayMs);
      await publisher.publish(payload);
      count++;
      progress.show(() => `${count} messages published`);
    }
    await publisher.settled();
    return 0;
  } finally {
    progress.clear();
    await opened.close();
  }
}

interface Settings {
  readonly topicName: string;
  readonly options: PublishOptions;
  readonly maximumInFlight: number;
  readonly delayMs: number;
}

function readSettings(args: ClientArguments): Settings {
  const topicName = readTarget(args).topic ?? args.text("topic");
  if (topicName !== undefined) checkTopicName(topicName, "publish");
  if (readPayloadMode(args) === undefined || topicName === undefined) {
    throw new ClientUsageError("Both topic and message must be supplied.");
  }
  const maximumInFlight = args.integer("M") ?? MAXIMUM_IN_FLIGHT;
  if (maximumInFlight < 1) {
    throw new ClientUsageError(
      "Maximum inflight messages must be greater than 0.",
    );
  }
  const seconds = Number.parseFloat(args.text("repeat-delay") ?? "0");
  if (!(seconds >= 0)) {
    throw new ClientUsageError("--repeat-delay argument must be >=0.0.");
  }
  const { topicAlias: _alias, ...properties } = propertiesOf(
    args.properties,
    "publish",
  );
  return {
    topicName,
    options: {
      qos: readQos(args),
      isRetained: args.has("retain"),
      properties,
    },
    maximumInFlight,
    delayMs: seconds * 1000,
  };
}

/** Everything to publish: lines as they come, or one payload again and again. */
async function readPayloads(
  args: ClientArguments,
  { openInput }: Surroundings,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  const repeatCount = args.integer("repeat") ?? 1;
  if (repeatCount < 1) {
    throw new ClientUsageError("--repeat argument must be >0.");
  }
  if (readPayloadMode(args) === "stdin-line") return splitLines(openInput());
  return repeat(await readPayload(args, openInput), repeatCount);
}

function* repeat(payload: Uint8Array, count: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield payload;
}

/** Publishes with a bound on what is not acknowledged. */
class Publisher {
  readonly #opened: OpenedClient;
  readonly #settings: Settings;
  readonly #warn: (warning: string) => void;
  readonly #pending = new Set<Promise<void>>();
  #count = 0;
  #loss: ClientFailure | null = null;

  constructor(
    opened: OpenedClient,
    settings: Settings,
    warn: (warning: string) => void,
  ) {
    this.#opened = opened;
    this.#settings = settings;
    this.#warn = warn;
    opened.client.addEventListener("close", (event) => {
      this.#loss = lossOf(event);
    });
  }

  /** Resolves when the next one may be given. */
  async publish(payload: Uint8Array): Promise<void> {
    while (this.#pending.size >= this.#settings.maximumInFlight) {
      await Promise.race(this.#pending);
    }
    const sending = this.#send(payload, ++this.#count);
    this.#pending.add(sending);
    sending.then(
      () => this.#pending.delete(sending),
      // It is told by whoever waits for all of them.
      () => {},
    );
  }

  /** @throws {ClientFailure} If one could not be sent. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #send(payload: Uint8Array, number: number): Promise<void> {
    const { topicName, options } = this.#settings;
    try {
      const { reasonCode } = await this.#opened.client.publish(
        topicName,
        payload,
        options,
      );
      if (reasonCode < 0x80) return;
      this.#warn(
        `Warning: Publish ${number} failed: ${reasonName(reasonCode)}.`,
      );
    } catch (error) {
      throw this.#loss ??
        new ClientFailure(`Error: ${(error as Error).message}`, 1, {
          cause: error,
        });
    }
  }
}

function delay(delayMs: number): Promise<void> {
  if (delayMs === 0) return Promise.resolve();
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
