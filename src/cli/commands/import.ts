import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import { convert } from "../import/convert.ts";
import { readDirectives } from "../import/directives.ts";
import { allNotes, writeYaml } from "../import/write_yaml.ts";
import { readOptions } from "../read_options.ts";

/** `rqtt import`: a mosquitto.conf becomes YAML. */
export const command: Command = {
  name: "import",
  summary: "print a mosquitto.conf as YAML, and what has no equivalent",
  usage: ["FILE"],
  options: [HELP_OPTION],
  notes: `\
Files of include_dir are read, too. Comments on standard output, and lines on
standard error, name every setting that has no equivalent here. Users and
rights stay in their files: both brokers read them.`,
  example: {
    purpose: "take over the configuration of Mosquitto",
    line: "import /etc/mosquitto/mosquitto.conf > rqtt.yaml",
  },
  exitCodes: "0 fine, 2 wrong usage, 3 the file cannot be read",
  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async run(args, { readTextFile, writeOutput, writeError }) {
    const [file] = readOptions(command, args, 1).operands;
    if (file === undefined) {
      throw new UsageError("Expected a file, see rqtt import --help");
    }
    const draft = convert(readDirectives(file, {
      readTextFile,
      readDirectory: (path) =>
        [...Deno.readDirSync(path)].map(({ name }) => name),
    }));
    writeOutput(writeYaml(draft, file));
    for (const { directive, reason } of allNotes(draft)) {
      const { file, line, name } = directive;
      writeError(`${file}:${line}: ${name} has no equivalent: ${reason}`);
    }
    return EXIT_CODE.fine;
  },
};
