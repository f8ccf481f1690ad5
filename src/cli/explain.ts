import { type AccessController, loadRules } from "../auth/mod.ts";
import type { Action, ClientIdentity } from "../broker/mod.ts";
import { type Config, FILE_VARIABLE, loadConfig } from "../config/mod.ts";
import {
  parseSharedFilter,
  validateSubscriptionFilter,
  validateTopicName,
} from "../topics/mod.ts";
import { parseArgs } from "./_parse_args.ts";
import { UsageError } from "./arguments.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";

/** What `rqtt explain --help` prints. */
export const EXPLAIN_HELP = `\
Usage: rqtt explain [--config FILE] [--user NAME] [--client ID]
                    --topic TOPIC --action publish|subscribe|receive

Tells whether a client may do that, and which rule says so. Without --user it
is a client that shows no user name. Exit codes: 0 allowed, 1 denied.`;

const ACTIONS: readonly Action[] = ["publish", "subscribe", "receive"];

/** What `rqtt explain` needs of the process. */
export interface ExplainSurroundings {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly readTextFile: (path: string) => string;
  readonly writeOutput: (text: string) => void;
}

/** `rqtt explain`: what the chain decides, link by link. */
export async function explain(
  surroundings: ExplainSurroundings,
): Promise<ExitCode> {
  const { args, environment, readTextFile, writeOutput } = surroundings;
  const parsed = parseArgs(args, {
    string: ["config", "user", "client", "topic", "action"],
    boolean: ["help"],
    alias: { c: "config", h: "help" },
    unknown: (argument) => {
      throw new UsageError(
        `Unknown argument ${JSON.stringify(argument)}, see rqtt explain --help`,
      );
    },
  });
  if (parsed.help) {
    writeOutput(EXPLAIN_HELP);
    return EXIT_CODE.fine;
  }
  const text = (name: string) => parsed[name] as string | undefined;
  const topic = text("topic");
  const action = ACTIONS.find((each) => each === text("action"));
  if (!topic || action === undefined) {
    throw new UsageError(
      "Expected --topic and --action, see rqtt explain --help",
    );
  }
  checkTopic(topic, action);
  const file = text("config") ?? (environment[FILE_VARIABLE] || undefined);
  const config = loadConfig({ file, environment, flags: {}, readTextFile });
  const client: ClientIdentity = {
    clientIdentifier: text("client") ?? "",
    userName: text("user") ?? null,
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
