import type { Option } from "../command.ts";
import { type Completed, shownOptions, valueKind } from "./model.ts";

/** The script that teaches fish the command line. */
export function fishCompletions(
  { commands, defaultCommand }: Completed,
): string {
  const names = commands.map(({ name }) => name).join(" ");
  const lines = commands.flatMap((command) => {
    const isNamed = `__fish_seen_subcommand_from ${command.name}`;
    const condition = command.name === defaultCommand
      ? `${isNamed}; or not __fish_seen_subcommand_from ${names}`
      : isNamed;
    return [
      complete(
        `not __fish_seen_subcommand_from ${names}`,
        `-f -a ${command.name} -d ${quote(command.summary)}`,
      ),
      ...command.operands === undefined ? [] : [
        complete(isNamed, `-f -a ${quote(command.operands.join(" "))}`),
      ],
      ...shownOptions(command).map((option) =>
        complete(condition, writeOption(option))
      ),
    ];
  });
  return `\
# Completions of rqtt for fish. To have them in every shell:
#   rqtt completions fish > ~/.config/fish/completions/rqtt.fish
${lines.join("\n")}`;
}

function complete(condition: string, rest: string): string {
  return `complete -c rqtt -n ${quote(condition)} ${rest}`;
}

function writeOption(option: Option): string {
  const { name, short, summary } = option;
  const names = name.length === 1
    ? `-s ${name}`
    : `${short === undefined ? "" : `-s ${short} `}-l ${name}`;
  return `${names} ${argumentOf(option)}-d ${quote(summary)}`;
}

function argumentOf(option: Option): string {
  switch (valueKind(option)) {
    case "none":
      return "-f ";
    case "file":
    case "directory":
      return "-r -F ";
    case "choices":
      return `-x -a ${quote(option.choices!.join(" "))} `;
    case "other":
      return "-x ";
  }
}

/** In single quotes, as fish reads it. */
function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
