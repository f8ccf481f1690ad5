import { type Command, HELP_OPTION, UsageError } from "../command.ts";
import { EXIT_CODE } from "../exit_code.ts";
import dockerfile from "../packaging/Dockerfile" with { type: "text" };
import plist from "../packaging/rqtt.plist" with { type: "text" };
import unit from "../packaging/rqtt.service" with { type: "text" };
import { readOptions } from "../read_options.ts";

/** What runs services, with the file that tells it of the broker. */
const FILES: Readonly<Record<string, string>> = {
  systemd: unit,
  docker: dockerfile,
  launchd: plist,
};

/** `rqtt install`: what runs the broker as a service. */
export const command: Command = {
  name: "install",
  summary: "print a file that runs the broker as a service",
  usage: ["--print systemd|docker|launchd"],
  options: [
    {
      name: "print",
      value: "MANAGER",
      choices: Object.keys(FILES),
      summary: "the unit of systemd, a Dockerfile or the plist of launchd",
    },
    HELP_OPTION,
  ],
  notes: "Each file says at its top where it belongs. Nothing is changed here.",
  example: {
    purpose: "keep the unit where systemd looks for it",
    line: "install --print systemd > /etc/systemd/system/rqtt.service",
  },
  exitCodes: "0 fine, 2 wrong usage",
  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async run(args, { writeOutput }) {
    const manager = readOptions(command, args).text("print") ?? "";
    if (!Object.hasOwn(FILES, manager)) {
      const names = Object.keys(FILES).join(", ");
      throw new UsageError(`Expected --print with one of ${names}`);
    }
    writeOutput(FILES[manager].trimEnd());
    return EXIT_CODE.fine;
  },
};
