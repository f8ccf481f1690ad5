import { type Command, spellings } from "../command.ts";
import { type Completed, quoteSh, shownOptions, valueKind } from "./model.ts";

/** The script that teaches bash the command line. */
export function bashCompletions(
  { commands, defaultCommand }: Completed,
): string {
  const names = commands.map(({ name }) => name);
  return `\
# Completions of rqtt for bash. To have them in every shell:
#   rqtt completions bash > ~/.local/share/bash-completion/completions/rqtt
_rqtt_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$2"))
}

_rqtt() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=${defaultCommand} options= operands=
  COMPREPLY=()
  if ((COMP_CWORD == 1)) && [[ $current != -* ]]; then
    COMPREPLY=($(compgen -W ${quoteSh(names.join(" "))} -- "$current"))
    return
  fi
  [[ \${COMP_WORDS[1]} != -* ]] && command=\${COMP_WORDS[1]}
  case "$command $previous" in
${commands.flatMap(writeValues).join("\n")}
  esac
  case $command in
${commands.map(writeWords).join("\n")}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ -n $operands ]]; then
    COMPREPLY=($(compgen -W "$operands" -- "$current"))
  else
    _rqtt_files -f "$current"
  fi
}

complete -F _rqtt rqtt`;
}

/** One line for each option with a value. */
function writeValues(command: Command): string[] {
  return shownOptions(command).flatMap((option) => {
    const kind = valueKind(option);
    if (kind === "none") return [];
    const patterns = spellings(option)
      .map((spelling) => quoteSh(`${command.name} ${spelling}`)).join(" | ");
    return [`    ${patterns}) ${actionOf(kind, option.choices)}return ;;`];
  });
}

function actionOf(
  kind: "file" | "directory" | "choices" | "other",
  choices: readonly string[] = [],
): string {
  switch (kind) {
    case "file":
      return '_rqtt_files -f "$current"; ';
    case "directory":
      return '_rqtt_files -d "$current"; ';
    case "choices":
      return `COMPREPLY=($(compgen -W ${
        quoteSh(choices.join(" "))
      } -- "$current")); `;
    case "other":
      return "";
  }
}

function writeWords(command: Command): string {
  const words = shownOptions(command).flatMap(spellings).join(" ");
  const operands = command.operands === undefined
    ? ""
    : ` operands=${quoteSh(command.operands.join(" "))}`;
  return `    ${command.name}) options=${quoteSh(words)}${operands} ;;`;
}
