import { type Command, type Option, spellings } from "../command.ts";
import { type Completed, quoteSh, shownOptions, valueKind } from "./model.ts";

/** The script that teaches zsh the command line. */
export function zshCompletions(
  { commands, defaultCommand }: Completed,
): string {
  const described = commands.map(({ name, summary }) =>
    `    ${quoteSh(`${name}:${summary}`)}`
  );
  return `\
#compdef rqtt
# Completions of rqtt for zsh: put them as _rqtt into a directory of $fpath.
_rqtt() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    return
  fi
  local command=${defaultCommand}
  if [[ $words[2] != -* ]]; then
    command=$words[2]
    shift words
    ((CURRENT--))
  fi
  case $command in
${commands.map(writeCommand).join("\n")}
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _rqtt "$@"
else
  compdef _rqtt rqtt
fi`;
}

function writeCommand(command: Command): string {
  const specifications = [
    ...shownOptions(command).flatMap(writeOption),
    quoteSh(
      command.operands === undefined
        ? "*:file:_files"
        : `*:argument:(${command.operands.join(" ")})`,
    ),
  ];
  return `    ${command.name}) _arguments -S ${
    specifications.map((each) => `\\\n      ${each}`).join(" ")
  } ;;`;
}

/** One specification for each spelling. */
function writeOption(option: Option): string[] {
  const summary = escape(option.summary);
  const argument = argumentOf(option);
  return spellings(option).map((spelling) =>
    quoteSh(`*${spelling}[${summary}]${argument}`)
  );
}

function argumentOf(option: Option): string {
  const name = escape(option.value ?? "");
  switch (valueKind(option)) {
    case "none":
      return "";
    case "file":
      return `:${name}:_files`;
    case "directory":
      return `:${name}:_files -/`;
    case "choices":
      return `:${name}:(${option.choices!.join(" ")})`;
    case "other":
      return `:${name}: `;
  }
}

function escape(text: string): string {
  return text.replace(/[[\]:\\]/g, "\\$&");
}
