import type { Config } from "../../config/mod.ts";
import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { configSource, FILE_OPTION } from "../config_options.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { readOptions } from "../read_options.ts";
import type { Surroundings } from "../surroundings.ts";

/** A broker that takes longer to answer is not healthy. */
const TIMEOUT_MS = 4_000;

/** `rqtt health`: for containers and scripts, which need no curl then. */
export const command: Command = {
  name: "health",
  summary: "ask the broker on this machine whether it serves clients",
  usage: ["[--config FILE | --url URL]"],
  options: [
    FILE_OPTION,
    { name: "url", value: "URL", summary: "ask here instead" },
    HELP_OPTION,
  ],
  notes: `\
It asks /readyz at admin.address, or else /healthz at the first listener of type
auto, as the configuration has them.`,
  example: {
    purpose: "end with 1 unless the broker of that file serves clients",
    line: "health --config /etc/rqtt/rqtt.yaml",
  },
  exitCodes: "0 healthy, 1 not, 2 wrong usage, 3 wrong configuration",
  async run(args, surroundings) {
    const options = readOptions(command, args);
    const url = options.text("url") ??
      healthUrl(
        configSource(options, surroundings).read({ checksFiles: false }),
      );
    return await ask(url, surroundings);
  },
};

/**
 * Where the broker with this configuration says how it is.
 * @throws {UsageError} If it does not, or over TLS with a name unknown here.
 */
export function healthUrl({ admin, listeners }: Config): string {
  if (admin.address !== null && admin.certificatePath === null) {
    return `http://${hostOf(admin.address)}/readyz`;
  }
  for (const listener of listeners) {
    if (listener.type === "auto") return `http://${hostOf(listener)}/healthz`;
  }
  throw new UsageError(
    "Cannot ask: the configuration has neither admin.address without TLS nor " +
      "a listener of type auto, name one with --url",
  );
}

/** An address that means "every one" can be asked at the loopback one. */
function hostOf(
  { hostname, port }: { readonly hostname: string; readonly port: number },
): string {
  if (hostname === "0.0.0.0") return `127.0.0.1:${port}`;
  if (hostname === "::") return `[::1]:${port}`;
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

async function ask(
  url: string,
  { writeOutput, writeError }: Surroundings,
): Promise<ExitCode> {
  try {
    const { status, text } = await get(url);
    if (status === 200) {
      writeOutput(text.trim());
      return EXIT_CODE.fine;
    }
    writeError(`${url} answers ${status}: ${text.slice(0, 200).trim()}`);
  } catch (error) {
    writeError(`Cannot ask ${url}: ${(error as Error).message}`);
  }
  return EXIT_CODE.failure;
}

/** Not with `fetch`, which asks a proxy if a variable names one. */
async function get(url: string): Promise<{ status: number; text: string }> {
  const { get } =
    await (url.startsWith("https:")
      ? import("node:https")
      : import("node:http"));
  return await new Promise((resolve, reject) => {
    const request = get(url, { timeout: TIMEOUT_MS, agent: false });
    request.on("response", async (response) => {
      response.setEncoding("utf8");
      const text = (await Array.fromAsync(response)).join("");
      resolve({ status: response.statusCode ?? 0, text });
    });
    request.on("timeout", () => {
      request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`));
    });
    request.on("error", reject);
  });
}
