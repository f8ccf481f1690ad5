import { type AccessController, loadRules } from "../../auth/mod.ts";
import type { Action, ClientIdentity } from "../../broker/mod.ts";
import type { Config } from "../../config/mod.ts";
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
  const client: ClientIdentity = {
    clientIdentifier: options.text("client") ?? "",
    userName: options.text("user") ?? null,
    remoteAddress: "",
    authorization: null,
  };
  const lines = await explainFor(config, readTextFile, {
    client,
    action,
    topic,
  });
  writeOutput(lines.join("\n"));
  return lines[0].startsWith("allowed") ? EXIT_CODE.fine : EXIT_CODE.failure;
}

interface Question {
  readonly client: ClientIdentity;
  readonly action: Action;
  readonly topic: string;
}

/** The decision first, then what each link has said. */
async function explainFor(
  config: Config,
  readTextFile: (path: string) => string,
  question: Question,
): Promise<string[]> {
  const { controllers, bans } = loadRules(config.auth, readTextFile);
  const ban = bans?.find(question.client) ?? null;
  if (ban !== null) return [`denied: the client is banned by ${ban}`];
  if (question.action === "publish" && question.topic.startsWith("$")) {
    return ["denied: topics that begin with $ are the broker's own"];
  }
  if (controllers.length === 0) {
    return [
      "allowed: there is no access control (auth.acl_file, auth.roles_file)",
    ];
  }
  const steps: string[] = [];
  for (const controller of controllers) {
    const verdict = await ask(controller, question);
    if (verdict === null) {
      steps.push(`  ${controller.name}: has no rule for it`);
      continue;
    }
    const word = verdict.isAllowed ? "allowed" : "denied";
    steps.push(`  ${controller.name}: ${word} by ${verdict.rule}`);
    return [`${word}: ${verdict.rule}`, ...steps];
  }
  return ["denied: no rule allows it", ...steps];
}

function ask(controller: AccessController, question: Question) {
  const { client, action, topic } = question;
  const plain = action === "subscribe"
    ? parseSharedFilter(topic)?.topicFilter ?? topic
    : topic;
  return controller.decide(client, action, plain);
}

function checkTopic(topic: string, action: Action): void {
  const fault = action === "subscribe"
    ? validateSubscriptionFilter(topic)
    : validateTopicName(topic);
  if (fault !== null) {
    throw new UsageError(`Cannot read --topic: "${topic}" has a ${fault}`);
  }
}
