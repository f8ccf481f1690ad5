import { type Option, OPTIONS } from "./arguments.ts";
import { VERSION } from "./version.ts";

/** What `--help` prints: one screen of 24 lines of 80 characters. */
export const HELP = `\
RQTT ${VERSION}, a broker for MQTT 5.0, 3.1.1 and 3.1

Usage: rqtt [options]
       rqtt passwd --help    rqtt explain --help

${OPTIONS.map(writeOption).join("\n")}

--host and --port change the first listener. Without any configuration only
this machine can connect. Flags stand over environment variables (RQTT_…),
those over the file, and that over the defaults.

Example: let everyone who reaches this machine connect
  rqtt --host 0.0.0.0 --allow-anonymous

Exit codes: 0 fine, 1 failure, 2 wrong usage, 3 wrong configuration`;

function writeOption({ name, short, value, summary }: Option): string {
  const names = `${short ? `-${short},` : "   "} --${name} ${value ?? ""}`;
  return `  ${names.padEnd(22)} ${summary}`;
}
