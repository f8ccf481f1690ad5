import {
  explainDecision,
  type Explanation,
  loadRules,
  PluginSet,
  SILENT_PLUGIN_OBSERVER,
} from "../../auth/mod.ts";
import type {
  Action,
  AuthenticationRequest,
  ClientIdentity,
  ListenerScope,
} from "../../broker/mod.ts";
import type { Config } from "../../config/mod.ts";
import { placeOf } from "../../reload.ts";
import {
  parseSharedFilter,
  validateSubscriptionFilter,
  validateTopicName,
} from "../../topics/mod.ts";
import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { configSource, FILE_OPTION } from "../config_options.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { type Options, readOptions } from "../read_options.ts";
import type { Surroundings } from "../surroundings.ts";

const ACTIONS: readonly Action[] = ["publish", "subscribe", "receive"];

/** `rqtt explain`: what the chain decides, link by link. */
export const command: Command = {
  name: "explain",
  summary: "tell whether a client may do something, and which rule says so",
  usage: ["[options] --topic TOPIC --action ACTION"],
  options: [
    FILE_OPTION,
    {
      name: "user",
      value: "NAME",
      summary: "the client's user name; without it the client shows none",
    },
    {
      name: "password",
      value: "TEXT",
      summary: "log in with it first; without it the client is let in",
    },
    {
      name: "listener",
      value: "ADDR",
      summary: "where it connects; the first listener if left out",
    },
    { name: "client", value: "ID", summary: "its Client Identifier" },
    { name: "topic", value: "TOPIC", summary: "Topic Name, or Topic Filter" },
    {
      name: "action",
      value: "ACTION",
      choices: ACTIONS,
      summary: ACTIONS.join(", "),
    },
    HELP_OPTION,
  ],
  example: {
    purpose: "see what alice may send",
    line: "explain -c rqtt.yaml --user alice --topic plant/a --action publish",
  },
  exitCodes: "0 allowed, 1 denied, 2 wrong usage, 3 wrong configuration",
  async run(args, surroundings) {
    return await explain(readOptions(command, args), surroundings);
  },
};

async function explain(
  options: Options,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { readTextFile, writeOutput } = surroundings;
  const topic = options.text("topic");
  const action = ACTIONS.find((each) => each === options.text("action"));
  if (!topic || action === undefined) {
    throw new UsageError(
      "Expected --topic and --action, see rqtt explain --help",
    );
  }
  checkTopic(topic, action);
  const config = configSource(options, surroundings).read();
  const explanation = await explainFor(config, readTextFile, {
    client: {
      clientIdentifier: options.text("client") ?? "",
      userName: options.text("user") ?? null,
      remoteAddress: "",
      authorization: null,
      listener: findListener(config, options.text("listener")),
    },
    password: options.text("password") ?? null,
    action,
    topic,
  });
  const { isAllowed, rule, steps } = explanation;
  const word = isAllowed ? "allowed" : "denied";
  writeOutput(
    [`${word}: ${rule}`, ...steps.map((step) => `  ${step}`)].join("\n"),
  );
  return isAllowed ? EXIT_CODE.fine : EXIT_CODE.failure;
}

interface Question {
  readonly client: ClientIdentity;
  readonly password: string | null;
  readonly action: Action;
  readonly topic: string;
}

/** Starts the plugins too: they are asked as the broker would ask them. */
async function explainFor(
  config: Config,
  readTextFile: (path: string) => string,
  { client, password, action, topic }: Question,
): Promise<Explanation> {
  const plugins = await PluginSet.start(config.plugins, SILENT_PLUGIN_OBSERVER);
  try {
    const rules = loadRules(config, { readTextFile, plugins });
    const plain = action === "subscribe"
      ? parseSharedFilter(topic)?.topicFilter ?? topic
      : topic;
    const login = password === null ? null : toLogin(client, password);
    return await explainDecision(rules, {
      client,
      login,
      action,
      topic: plain,
    });
  } finally {
    plugins.stop();
  }
}

function toLogin(
  client: ClientIdentity,
  password: string,
): AuthenticationRequest {
  const { clientIdentifier, userName } = client;
  return {
    ...client,
    connect: {
      type: 1,
      protocolVersion: 5,
      clientIdentifier,
      cleanStart: true,
      keepAliveSeconds: 0,
      userName,
      password: new TextEncoder().encode(password),
      willMessage: null,
      properties: {},
    },
    isVouched: false,
    certificateIdentity: null,
  };
}

/** @throws {UsageError} If there is no such listener. */
function findListener(
  { listeners, limits }: Config,
  address: string | undefined,
): ListenerScope {
  const places = listeners.map(placeOf);
  const index = address === undefined ? 0 : places.indexOf(address);
  if (index < 0) {
    throw new UsageError(
      `Cannot find --listener ${address}, there is ${places.join(", ")}`,
    );
  }
  return { index, name: places[index], limits };
}

function checkTopic(topic: string, action: Action): void {
  const fault = action === "subscribe"
    ? validateSubscriptionFilter(topic)
    : validateTopicName(topic);
  if (fault !== null) {
    throw new UsageError(`Cannot read --topic: "${topic}" has a ${fault}`);
  }
}
