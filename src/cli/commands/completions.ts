import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { bashCompletions } from "../completions/bash.ts";
import { fishCompletions } from "../completions/fish.ts";
import type { Completed } from "../completions/model.ts";
import { zshCompletions } from "../completions/zsh.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { readOptions } from "../read_options.ts";
import { DEFAULT_COMMAND, loadCommands } from "../registry.ts";

const SHELLS: Readonly<Record<string, (completed: Completed) => string>> = {
  bash: bashCompletions,
  zsh: zshCompletions,
  fish: fishCompletions,
};

/** `rqtt completions`: what a shell needs to complete command lines. */
export const command: Command = {
  name: "completions",
  summary: "print what bash, zsh or fish need to complete command lines",
  usage: ["bash|zsh|fish"],
  options: [HELP_OPTION],
  operands: Object.keys(SHELLS),
  notes: "Each script says at its top where shells look for it.",
  example: {
    purpose: "complete in this bash",
    line: "completions bash > /tmp/rqtt.bash && . /tmp/rqtt.bash",
  },
  exitCodes: "0 fine, 2 wrong usage",
  async run(args, { writeOutput }) {
    const [shell = ""] = readOptions(command, args, 1).operands;
    if (!Object.hasOwn(SHELLS, shell)) {
      throw new UsageError("Expected bash, zsh or fish");
    }
    writeOutput(SHELLS[shell]({
      commands: await loadCommands(),
      defaultCommand: DEFAULT_COMMAND,
    }));
    return EXIT_CODE.fine;
  },
};
