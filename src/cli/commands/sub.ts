import type { Client, ReceivedMessage } from "../../client/mod.ts";
import { matchesTopicFilter } from "../../topics/mod.ts";
import type { Command } from "../command.ts";
import { defineClient } from "../mosquitto/client_command.ts";
import { readQos } from "../mosquitto/connect_options.ts";
import {
  CLIENT_EXIT_CODE,
  ClientFailure,
  ClientUsageError,
} from "../mosquitto/errors.ts";
import { MessagePrinter } from "../mosquitto/message_printer.ts";
import { openClient, type OpenedClient } from "../mosquitto/open_client.ts";
import { propertiesOf } from "../mosquitto/property_argument.ts";
import type { ClientArguments } from "../mosquitto/read_arguments.ts";
import { readTimeout, Reception } from "../mosquitto/reception.ts";
import { SUB_OPTIONS } from "../mosquitto/spelling.ts";
import { readTarget } from "../mosquitto/target.ts";
import { checkTopicFilters } from "../mosquitto/topics.ts";
import type { Surroundings } from "../surroundings.ts";

/** `rqtt sub`: subscribes and prints, as mosquitto_sub does. */
export const command: Command = defineClient({
  name: "sub",
  summary: "subscribe and print messages, spelt as mosquitto_sub is",
  usage: ["[options] -t FILTER"],
  options: SUB_OPTIONS,
  example: {
    purpose: "print what is below a topic, with the Topic Names",
    line: "sub -v -t greenhouse/#",
  },
  act: subscribe,
});

async function subscribe(
  args: ClientArguments,
  surroundings: Surroundings,
): Promise<number> {
  const settings = readSettings(args, surroundings);
  const opened = await openClient(args, {
    surroundings,
    protocolVersion: 4,
    isLasting: true,
  });
  const reception = new Reception(opened, args, {
    surroundings,
    receive: (message) => receive(message, settings, opened.client),
  });
  try {
    const ended = reception.run();
    // What comes before it is awaited is told then.
    ended.catch(() => {});
    await requestSubscriptions(opened, settings, args);
    if (args.has("E")) reception.stop();
    return await ended;
  } finally {
    await opened.close(reception.reasonCode);
  }
}

interface Settings {
  readonly topicFilters: readonly string[];
  readonly unsubscribed: readonly string[];
  readonly filteredOut: readonly string[];
  readonly printer: MessagePrinter;
  readonly isRetainedHidden: boolean;
  readonly isRetainedOnly: boolean;
  readonly isRetainedRemoved: boolean;
  /** The part of the messages that is printed, up to 1. */
  readonly chance: number;
  /** Messages that are still to be printed. */
  remaining: number;
}

function readSettings(
  args: ClientArguments,
  surroundings: Surroundings,
): Settings {
  const { topic } = readTarget(args);
  const topicFilters = [
    ...topic === undefined ? [] : [topic],
    ...args.all("topic"),
  ];
  const unsubscribed = args.all("unsubscribe");
  const filteredOut = args.all("filter-out");
  checkTopicFilters(topicFilters, "subscription");
  checkTopicFilters(unsubscribed, "unsubscribe");
  checkTopicFilters(filteredOut, "filter");
  readTimeout(args);
  readQos(args);
  const count = args.integer("C");
  if (count !== undefined && count < 1) {
    throw new ClientUsageError(`Invalid message count "${count}".`);
  }
  if (args.has("R") && args.has("retained-only")) {
    throw new ClientUsageError(
      "Combining '-R' and '--retained-only' makes no sense.",
    );
  }
  const printer = new MessagePrinter(args, surroundings);
  if (topicFilters.length === 0) {
    throw new ClientUsageError("You must specify a topic to subscribe to.");
  }
  return {
    topicFilters,
    unsubscribed,
    filteredOut,
    printer,
    isRetainedHidden: args.has("R"),
    isRetainedOnly: args.has("retained-only"),
    isRetainedRemoved: args.has("remove-retained"),
    chance: readChance(args),
    remaining: count ?? Infinity,
  };
}

function readChance(args: ClientArguments): number {
  const text = args.text("random-filter");
  const percent = text === undefined ? 100 : Number.parseFloat(text);
  if (percent >= 0.1 && percent <= 100) return percent / 100;
  throw new ClientUsageError(
    "--random-filter chance must be between 0.1-100.0",
  );
}

async function requestSubscriptions(
  { client, protocolVersion }: OpenedClient,
  settings: Settings,
  args: ClientArguments,
): Promise<void> {
  const { subscriptionIdentifier, userProperties } = propertiesOf(
    args.properties,
    "subscribe",
  );
  const subscribed = client.subscribe(settings.topicFilters, {
    qos: readQos(args),
    retainAsPublished: protocolVersion === 5 && args.has("retain-as-published"),
    subscriptionIdentifier,
    userProperties,
  });
  const properties = propertiesOf(args.properties, "unsubscribe");
  const unsubscribed = settings.unsubscribed.map((topicFilter) =>
    client.unsubscribe(topicFilter, properties)
  );
  const [{ reasonCodes }] = await Promise.all([subscribed, ...unsubscribed]);
  if (reasonCodes.every((code) => code >= 0x80)) {
    throw new ClientFailure(
      "All subscription requests were denied.",
      CLIENT_EXIT_CODE.fine,
    );
  }
}

/** Returns whether to go on. */
async function receive(
  message: ReceivedMessage,
  settings: Settings,
  client: Client,
): Promise<boolean> {
  const { topicName, isRetained } = message;
  if (settings.isRetainedOnly && !isRetained) return false;
  if (
    settings.filteredOut.some((filter) => matchesTopicFilter(topicName, filter))
  ) return true;
  if (settings.isRetainedRemoved && isRetained) {
    await client.publish(topicName, "", { qos: 1, isRetained: true });
  }
  if (settings.isRetainedHidden && isRetained) return true;
  if (settings.chance < 1 && Math.random() >= settings.chance) return true;
  settings.printer.print(message);
  settings.remaining--;
  return settings.remaining > 0;
}
