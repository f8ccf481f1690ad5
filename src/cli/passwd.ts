import {
  editPasswordFile,
  PASSWORD_KINDS,
  type PasswordKind,
  replaceFile,
  storePassword,
} from "../auth/passwd.ts";
import { parseArgs } from "./_parse_args.ts";
import { UsageError } from "./arguments.ts";
import { EXIT_CODE, type ExitCode } from "./exit_code.ts";

/** What `rqtt passwd --help` prints. */
export const PASSWD_HELP = `\
Usage: rqtt passwd [-c] [-H KIND] [-I N] FILE USER        asks for the password
       rqtt passwd [-c] [-H KIND] [-I N] -b FILE USER PASSWORD
       rqtt passwd -D FILE USER                           removes the user

  -c       make a new file, over one that is there
  -b       take the password from the command line, where others may see it
  -D       remove the user
  -H KIND  ${PASSWORD_KINDS.join(", ")} (the first by default)
  -I N     iterations of sha512-pbkdf2 and scram-sha-256

mosquitto reads files of sha512-pbkdf2. SCRAM logins need scram-sha-256, which
plain logins can use too.`;

/** What `rqtt passwd` needs of the process. */
export interface PasswdSurroundings {
  readonly args: readonly string[];
  readonly writeOutput: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Asks on the terminal; `null` if there is no answer. */
  readonly askPassword: (question: string) => string | null;
}

/** `rqtt passwd`: changes a password file, spelt like mosquitto_passwd. */
export async function passwd(
  surroundings: PasswdSurroundings,
): Promise<ExitCode> {
  const { args, writeOutput, writeError } = surroundings;
  const parsed = parseArgs(args, {
    string: ["H", "I", "_"],
    boolean: ["c", "b", "D", "help"],
    alias: { h: "help" },
    unknown: (argument) => {
      if (!argument.startsWith("-")) return true as unknown as false;
      throw new UsageError(
        `Unknown option ${JSON.stringify(argument)}, see rqtt passwd --help`,
      );
    },
  });
  if (parsed.help) {
    writeOutput(PASSWD_HELP);
    return EXIT_CODE.fine;
  }
  const [file, user, password, ...rest] = parsed._.map(String);
  const isBatch = parsed.b === true;
  if (
    user === undefined || rest.length > 0 ||
    (password !== undefined) !== isBatch
  ) throw new UsageError("Expected a file and a user, see rqtt passwd --help");
  checkUser(user);
  const options = { kind: readKind(parsed.H), iterations: readCount(parsed.I) };
  try {
    const old = parsed.c === true ? "" : await Deno.readTextFile(file);
    if (parsed.D === true) {
      const text = editPasswordFile(old, user, null);
      if (text === undefined) {
        writeError(`Cannot remove the user: ${file} has no ${user}`);
        return EXIT_CODE.failure;
      }
      await replaceFile(file, text);
      return EXIT_CODE.fine;
    }
    const chosen = password ?? ask(surroundings);
    if (chosen === null || chosen === "") {
      writeError("Cannot store the password: it is empty or was mistyped");
      return EXIT_CODE.failure;
    }
    const stored = await storePassword(chosen, options);
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

function ask({ askPassword }: PasswdSurroundings): string | null {
  const password = askPassword("Password:");
  return password === askPassword("Again:") ? password : null;
}

function checkUser(user: string): void {
  // deno-lint-ignore no-control-regex -- a line end would begin another line
  if (user !== "" && !/[:\x00-\x1f]/.test(user)) return;
  throw new UsageError(
    "Expected a user name without colon and control characters",
  );
}

function readKind(value: unknown): PasswordKind {
  if (value === undefined) return PASSWORD_KINDS[0];
  const kind = PASSWORD_KINDS.find((each) => each === value);
  if (kind !== undefined) return kind;
  throw new UsageError(`Cannot read -H: expected ${PASSWORD_KINDS.join(", ")}`);
}

function readCount(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (Number.isInteger(count) && count >= 1 && count <= 10_000_000) {
    return count;
  }
  throw new UsageError("Cannot read -I: expected a number from 1 to 10000000");
}
