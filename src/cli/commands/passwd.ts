import {
  editPasswordFile,
  MINIMUM_ITERATIONS,
  PASSWORD_KINDS,
  type PasswordKind,
  replaceFile,
  storePassword,
} from "../../auth/passwd.ts";
import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { EXIT_CODE, type ExitCode } from "../exit_code.ts";
import { type Options, readOptions } from "../read_options.ts";
import type { Surroundings } from "../surroundings.ts";

/** `rqtt passwd`: changes a password file, spelt like mosquitto_passwd. */
export const command: Command = {
  name: "passwd",
  summary: "add, change and remove users of a password file",
  usage: [
    "[-c] [-H KIND] [-I N] FILE USER   (asks, or reads a pipe)",
    "[-c] [-H KIND] [-I N] -b FILE USER PASSWORD",
    "-D FILE USER",
  ],
  options: [
    { name: "c", summary: "make a new file, over one that is there" },
    {
      name: "b",
      summary: "take the password from the command line, where others see it",
    },
    { name: "D", summary: "remove the user" },
    {
      name: "H",
      value: "KIND",
      choices: PASSWORD_KINDS,
      summary: `${PASSWORD_KINDS.join(", ")}; the first by default`,
    },
    {
      name: "I",
      value: "N",
      summary: "iterations of sha512-pbkdf2 and scram-sha-256",
    },
    HELP_OPTION,
  ],
  notes: `\
mosquitto reads files of sha512-pbkdf2. SCRAM logins need scram-sha-256, which
plain logins can use too.`,
  example: {
    purpose: "start a new file with one user",
    line: "passwd -c users alice",
  },
  exitCodes: "0 fine, 1 failure, 2 wrong usage",
  async run(args, surroundings) {
    return await passwd(readOptions(command, args, 3), surroundings);
  },
};

async function passwd(
  options: Options,
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { writeError } = surroundings;
  const [file, user, password] = options.operands;
  const isBatch = options.has("b");
  if (user === undefined || (password !== undefined) !== isBatch) {
    throw new UsageError("Expected a file and a user, see rqtt passwd --help");
  }
  checkUser(user);
  const kind = readKind(options.text("H"));
  const hash = { kind, iterations: readCount(options.text("I"), kind) };
  try {
    const old = options.has("c") ? "" : await Deno.readTextFile(file);
    if (options.has("D")) {
      const text = editPasswordFile(old, user, null);
      if (text === undefined) {
        writeError(`Cannot remove the user: ${file} has no ${user}`);
        return EXIT_CODE.failure;
      }
      await replaceFile(file, text);
      return EXIT_CODE.fine;
    }
    const chosen = password ?? await ask(surroundings);
    if (chosen === null || chosen === "") {
      writeError("Cannot store the password: it is empty or was mistyped");
      return EXIT_CODE.failure;
    }
    const stored = await storePassword(chosen, hash);
    await replaceFile(file, editPasswordFile(old, user, stored)!);
    return EXIT_CODE.fine;
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "no such file, -c makes one"
      : (error as Error).message;
    writeError(`Cannot change ${file}: ${reason}`);
    return EXIT_CODE.failure;
  }
}

async function ask(
  { hasTerminal, askPassword, openInput }: Surroundings,
): Promise<string | null> {
  if (hasTerminal) {
    const password = askPassword("Password:");
    return password === askPassword("Again:") ? password : null;
  }
  // A script may write it once, or twice as mosquitto_passwd wants it.
  const text = await new Response(openInput()).text();
  const [password, again] = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return again === undefined || again === password ? password : null;
}

function checkUser(user: string): void {
  // deno-lint-ignore no-control-regex -- a line end would begin another line
  if (user !== "" && !/^#|[:\x00-\x1f]/.test(user)) return;
  throw new UsageError(
    "Expected a user name without colon and control characters that does " +
      "not begin with #",
  );
}

function readKind(value: string | undefined): PasswordKind {
  if (value === undefined) return PASSWORD_KINDS[0];
  const kind = PASSWORD_KINDS.find((each) => each === value);
  if (kind !== undefined) return kind;
  throw new UsageError(`Cannot read -H: expected ${PASSWORD_KINDS.join(", ")}`);
}

function readCount(
  value: string | undefined,
  kind: PasswordKind,
): number | undefined {
  if (value === undefined) return undefined;
  const minimum = MINIMUM_ITERATIONS[kind];
  const count = Number(value);
  if (Number.isInteger(count) && count >= minimum && count <= 10_000_000) {
    return count;
  }
  throw new UsageError(
    `Cannot read -I: expected a number from ${minimum} to 10000000`,
  );
}
