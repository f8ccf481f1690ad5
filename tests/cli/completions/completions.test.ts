import { loadCommands } from "../../../src/cli/registry.ts";
import { run } from "../../../src/cli/run.ts";
import { assert, assertEquals } from "../../_assert.ts";
import { fakeSurroundings } from "../_surroundings.ts";

async function scriptFor(shell: string): Promise<string> {
  const { surroundings, output } = fakeSurroundings({
    args: ["completions", shell],
  });
  assertEquals(await run(surroundings), 0);
  return output[0];
}

/** What has been typed, and what may stand there. */
const LINES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["rqtt s", ["serve", "sub"]],
  ["rqtt serve --log-l", ["--log-level"]],
  ["rqtt serve --log-level ", ["debug", "error", "info", "warn"]],
  ["rqtt --log-level w", ["warn"]],
  ["rqtt --conf", ["--config"]],
  ["rqtt check -c rqtt", ["rqtt.yaml"]],
  ["rqtt import mos", ["mosquitto.conf"]],
  ["rqtt completions ", ["bash", "fish", "zsh"]],
  ["rqtt passwd -H sc", ["scram-sha-256"]],
  ["rqtt pub --will-q", ["--will-qos"]],
  ["rqtt sub -V mqttv3", ["mqttv31", "mqttv311"]],
  ["rqtt sub --psk", []],
];

/** How a shell is asked what may stand at the end of a line. */
interface Shell {
  readonly name: string;
  readonly complete: (
    line: string,
    files: { readonly script: string; readonly directory: string },
  ) => Promise<string[]>;
}

const ZSHRC = `
PROMPT=READY
unsetopt prompt_cr prompt_sp
autoload -U compinit
compinit -u -D
source $RQTT_COMPLETIONS
bindkey '^I' complete-word
compadd() {
  # Whoever names an array only asks what there is.
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then
    builtin compadd "$@"
    return
  fi
  local -a hits
  builtin compadd -O hits "$@"
  print -rl -- HIT:$^hits
}
finish() { print -r -- DONE; exit }
comppostfuncs=(finish)
`;

/** zsh completes on a terminal only, so it gets one. */
const ZSH_TERMINAL = `
zmodload zsh/zpty
zpty child zsh -i
zpty -r -m child seen '*READY*'
zpty -w -n child "$1"$'\\t'
zpty -r -m child seen '*DONE*'
print -r -- $seen
`;

const BASH_QUESTION = `
. "$1"
read -ra COMP_WORDS <<<"$2"
[[ $2 == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_rqtt
printf '%s\\n' "\${COMPREPLY[@]}"
`;

const SHELLS: readonly Shell[] = [
  {
    name: "bash",
    complete: async (line, { script, directory }) =>
      toWords(
        await shell(
          "bash",
          ["--norc", "-c", BASH_QUESTION, "-", script, line],
          {
            directory,
          },
        ),
      ),
  },
  {
    name: "zsh",
    async complete(line, { script, directory }) {
      const output = await shell("zsh", ["-f", "-c", ZSH_TERMINAL, "-", line], {
        directory,
        environment: { ZDOTDIR: directory, RQTT_COMPLETIONS: script },
      });
      return Array.from(output.matchAll(/HIT:(\S+)/g), ([, word]) => word);
    },
  },
  {
    name: "fish",
    async complete(line, { script, directory }) {
      const output = await shell(
        "fish",
        ["--no-config", "-c", "source $argv[1]; complete -C $argv[2]"]
          .concat(script, line),
        { directory, environment: { HOME: directory } },
      );
      // A description stands behind each.
      return toWords(output.replaceAll(/\t.*$/gm, ""));
    },
  },
];

function toWords(output: string): string[] {
  return output.split("\n").filter((word) => word !== "");
}

async function shell(
  name: string,
  args: readonly string[],
  { directory, environment = {} }: {
    readonly directory: string;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const { stdout } = await new Deno.Command(name, {
    args: [...args],
    cwd: directory,
    env: { TERM: "dumb", ...environment },
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

function isInstalled(name: string): boolean {
  return new Deno.Command("sh", {
    args: ["-c", `command -v ${name}`],
    stdout: "null",
  }).outputSync().success;
}

for (const { name, complete } of SHELLS) {
  Deno.test({
    name: `${name} completes commands, options, values and files`,
    ignore: !isInstalled(name),
    async fn() {
      const directory = await Deno.makeTempDir();
      try {
        const script = `${directory}/completions`;
        await Deno.writeTextFile(script, await scriptFor(name));
        await Deno.writeTextFile(`${directory}/.zshrc`, ZSHRC);
        await Deno.writeTextFile(`${directory}/rqtt.yaml`, "");
        await Deno.writeTextFile(`${directory}/mosquitto.conf`, "");
        for (const [line, words] of LINES) {
          const found = await complete(line, { script, directory });
          assertEquals(found.toSorted(), words, line);
        }
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    },
  });
}

Deno.test("every command and every option stands in the script of every shell", async () => {
  for (const { name } of SHELLS) {
    const script = await scriptFor(name);
    for (const command of await loadCommands()) {
      assert(script.includes(command.name), command.name);
      for (const option of command.options) {
        if (option.isHidden) continue;
        assert(script.includes(option.name), `${name} ${option.name}`);
      }
    }
  }
});

Deno.test("Another shell is wrong usage", async () => {
  const { surroundings, errors } = fakeSurroundings({
    args: ["completions", "csh"],
  });
  assertEquals(await run(surroundings), 2);
  assertEquals(errors, ["Expected bash, zsh or fish"]);
});
