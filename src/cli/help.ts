import type { Command, Option } from "./command.ts";
import { VERSION } from "../version.ts";

/** What `rqtt --help` prints: one screen of 24 lines of 80 characters. */
export function programHelp(commands: readonly Command[]): string {
  const lines = commands.map(({ name, summary }) =>
    `  ${name.padEnd(12)} ${summary}`
  );
  return `\
RQTT ${VERSION}, a broker for MQTT 5.0, 3.1.1 and 3.1

Usage: rqtt [COMMAND] [options]       without a command: serve

${lines.join("\n")}

rqtt COMMAND --help tells more of one, rqtt --version the version.

Exit codes: 0 fine, 1 failure, 2 wrong usage, 3 wrong configuration`;
}

/** What `rqtt COMMAND --help` prints: one screen as well. */
export function commandHelp(command: Command): string {
  const { name, summary, usage, options, notes, example, exitCodes } = command;
  const ways = usage.map((way) => `rqtt ${name} ${way}`.trimEnd());
  return [
    `rqtt ${name}: ${summary}`,
    `Usage: ${ways.join("\n       ")}`,
    writeOptions(options),
    ...notes === undefined ? [] : [notes],
    `Example: ${example.purpose}\n  rqtt ${example.line}`,
    `Exit codes: ${exitCodes}`,
  ].join("\n\n");
}

function writeOptions(all: readonly Option[]): string {
  const options = all.filter(({ isHidden }) => !isHidden);
  const single = options.filter(({ group }) => group === undefined);
  const left = single.map((option) => {
    const indent = option.short || option.name.length === 1 ? "" : "    ";
    return `  ${indent}${writeNames(option)}`;
  });
  const width = Math.max(...left.map(({ length }) => length)) + 2;
  const lines = single.map(({ summary }, index) =>
    left[index].padEnd(width) + summary
  );
  return [...lines, ...writeGroups(options)].join("\n");
}

function writeGroups(options: readonly Option[]): string[] {
  const groups = Map.groupBy(options, ({ group }) => group);
  return [...groups].flatMap(([group, members]) =>
    group === undefined
      ? []
      : wrap(`  ${group}: ${members.map(writeBriefly).join(", ")}`)
  );
}

function writeNames({ name, short, value }: Option): string {
  const names = name.length === 1
    ? `-${name}`
    : `${short ? `-${short}, ` : ""}--${name}`;
  return `${names} ${value ?? ""}`.trimEnd();
}

function writeBriefly(option: Option): string {
  const { name, short } = option;
  return writeNames(
    short ? { ...option, name: short, short: undefined } : {
      ...option,
      name,
    },
  );
}

/** Lines of 80 characters; what goes on is indented. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const part of text.split(/(?<=,) /)) {
    if (line !== "" && line.length + 1 + part.length > 80) {
      lines.push(line);
      line = `    ${part}`;
    } else line = line === "" ? part : `${line} ${part}`;
  }
  return [...lines, line];
}
