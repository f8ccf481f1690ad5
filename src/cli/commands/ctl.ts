import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { ACTIONS } from "../ctl/actions.ts";
import { ApiClient, ApiError, pickToken } from "../ctl/api_client.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { type Options, readOptions } from "../read_options.ts";
import { explainReadFailure } from "../../config/read_failure.ts";
import { suggest } from "../../config/suggest.ts";
import type { Surroundings } from "../surroundings.ts";

const DEFAULT_URL = "http://127.0.0.1:9883";

/** `rqtt ctl`: looks after a running broker through its admin API. */
export const command: Command = {
  name: "ctl",
  summary: "look after a running broker through its admin API",
  usage: [
    "[options] clients|sessions|subscriptions|listeners|plugins",
    `[options] config|reload | kick|expire ID | publish ${ACTIONS.publish.operands}`,
    `[options] log ${ACTIONS.log.operands}`,
    `[options] retained ${ACTIONS.retained.operands}`,
  ],
  options: [
    {
      name: "url",
      value: "URL",
      summary: `RQTT_CTL_URL, or ${DEFAULT_URL}`,
    },
    {
      name: "token-file",
      value: "FILE",
      summary: "has the token; RQTT_CTL_TOKEN_FILE",
    },
    {
      name: "token",
      value: "TOKEN",
      summary: "the token, which ps shows; RQTT_CTL_TOKEN",
    },
    { name: "ca", value: "FILE", summary: "authority to trust for https" },
    { name: "json", summary: "print JSON in place of a table" },
    { name: "limit", value: "N", summary: "rows at most, 100" },
    {
      name: "sort",
      value: "KEY",
      summary: "order of the rows; -KEY for the largest first",
    },
    {
      name: "where",
      value: "QUERY",
      summary: "filters of the API: 'search=ann', 'topic=a/b'",
    },
    {
      name: "qos",
      short: "q",
      value: "QOS",
      choices: ["0", "1", "2"],
      summary: "of what is published, 1",
    },
    { name: "for", value: "TIME", summary: "how long a filter holds, 10m" },
    { name: "retain", short: "r", summary: "retain what is published" },
    HELP_OPTION,
  ],
  operands: Object.keys(ACTIONS),
  example: {
    purpose: "see who gets messages of a topic",
    line: "ctl --token-file tokens subscriptions --where topic=plant/a",
  },
  exitCodes: "0 fine, 1 failure, 2 wrong usage",
  async run(args, surroundings) {
    try {
      return await control(readOptions(command, args, 4), surroundings);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      surroundings.writeError(error.message);
      return EXIT_CODE.failure;
    }
  },
};

async function control(
  options: Options,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const [name, ...operands] = options.operands;
  const action = Object.hasOwn(ACTIONS, name ?? "") ? ACTIONS[name] : undefined;
  if (action === undefined) throw unknownAction(name);
  if (
    operands.length < action.minimum || operands.length > action.maximum
  ) {
    throw new UsageError(
      `Expected ctl ${name} ${action.operands}`.trimEnd() +
        ", see rqtt ctl --help",
    );
  }
  const { environment, readTextFile, writeOutput } = surroundings;
  const caFile = options.text("ca");
  using api = new ApiClient({
    url: options.text("url") ?? environment.RQTT_CTL_URL ?? DEFAULT_URL,
    token: findToken(options, surroundings),
    caCertificate: caFile && readFile(caFile, readTextFile),
  });
  const shown = await action.run({
    api,
    options,
    operands,
    write: writeOutput,
  });
  if (shown === null) return EXIT_CODE.fine;
  const { json, text } = shown;
  writeOutput(options.has("json") ? JSON.stringify(json, null, 2) : text);
  return EXIT_CODE.fine;
}

/** The command line stands over variables, and a token over a file of them. */
function findToken(
  options: Options,
  { environment, readTextFile }: Surroundings,
): string {
  const { RQTT_CTL_TOKEN, RQTT_CTL_TOKEN_FILE } = environment;
  const file = options.text("token-file");
  const given = options.text("token") ??
    (file === undefined ? RQTT_CTL_TOKEN : undefined);
  if (given) return given;
  const path = file ?? RQTT_CTL_TOKEN_FILE;
  if (!path) {
    throw new UsageError(
      "Expected --token-file, --token or RQTT_CTL_TOKEN: admin.token_file of " +
        "the broker has tokens, or its log shows one at the start",
    );
  }
  const token = pickToken(readFile(path, readTextFile));
  if (token !== undefined) return token;
  throw new ApiError(`Cannot find a token in ${path}: expected one in a line`);
}

function readFile(
  path: string,
  readTextFile: (path: string) => string,
): string {
  try {
    return readTextFile(path);
  } catch (cause) {
    const reason = explainReadFailure(cause);
    throw new ApiError(`Cannot read ${path}: ${reason}`, { cause });
  }
}

function unknownAction(name: string | undefined): UsageError {
  if (name === undefined) {
    return new UsageError("Expected what to do, see rqtt ctl --help");
  }
  const nearest = suggest(name, Object.keys(ACTIONS));
  const hint = nearest === undefined
    ? "see rqtt ctl --help"
    : `did you mean ${nearest}?`;
  return new UsageError(
    `Unknown action ${JSON.stringify(name.slice(0, 60))}, ${hint}`,
  );
}
