import { editPasswordFile, storePassword } from "../../../src/auth/passwd.ts";
import { connect } from "../../../src/client/mod.ts";
import { assert, assertEquals } from "../../_assert.ts";
import { type AccessFiles, type Broker, BROKERS } from "./_brokers.ts";
import {
  type ClientEnd,
  type ClientName,
  HAS_MOSQUITTO_CLIENTS,
  runOurs,
  runTheirs,
} from "./_clients.ts";

type Row = readonly [name: ClientName, args: string, input?: string];

/** What subscribers find: `a`, binary, JSON, with properties, denied. */
const ROWS: readonly Row[] = [
  ["sub", "-t text -C 1"],
  ["sub", "-t text -C 1 -v"],
  ["sub", "-t text -C 1 --verbose -N"],
  ["sub", "-t text -C 1 -q 1 -d"],
  ["sub", "-t text -C 1 --debug -V 311 -i me"],
  ["sub", "-t text -t json -C 2 -v"],
  ["sub", "-t text -C 1 -i me"],
  ["sub", "-t text -C 1 -I prefix"],
  ["sub", "-t text -C 1 -V 31 -i me"],
  ["sub", "-t text -C 1 -V mqttv5 -q 2"],
  ["sub", "-t binary -C 1"],
  ["sub", "-t binary -C 1 -F %x|%X|%l|%p"],
  ["sub", "-t # -T text -T j/# -t json -C 1 -F %r|%q|%m"],
  [
    "sub",
    "-t everything -C 1 -q 1 -V 5 -F %A|%C|%D|%F|%l|%m|%P|%p|%q|%R|%r|%S",
  ],
  [
    "sub",
    "-t everything -C 1 -D subscribe subscription-identifier 9 -F %S|%05S|%-5S|",
  ],
  ["sub", "-t everything -C 1 -F %A|%C|%D|%E|%F|%P|%R|%S|"],
  ["sub", "-t text -C 1 -F %010l|%-10l|%10t|%-10t|%.2t|%10.2t|%-10.2t|"],
  ["sub", "-t text -C 1 -F %3p|%-9p|%09p|%9p|%0p|%.3p|%.3x|%010t"],
  ["sub", "-t everything -C 1 -V 5 -F %30C|%.4C|%-30C|%.2R|%9R|%-9R|"],
  ["sub", "-t everything -C 1 -V 5 -F %5F|%05F|%-5F|%4A|%04A|%5m|%05m|"],
  ["sub", "-t text -C 1 -F \\\\|\\a\\e\\n\\r\\t\\v\\0|@@|%%"],
  ["sub", "-t text -C 1 -F @a|@A|@b|@B|@C|@d|@D|@e|@F|@g|@G|@h|@j|@m|@n|@t"],
  ["sub", "-t text -C 1 -F @u|@U|@V|@w|@W|@x|@y|@Y|@z|@Z|@E|@O|@p|@P"],
  ["sub", "-t text -C 1 -F %I|%30I|%-30I|%U|@N|@s|@c|@r|@R|@T|@X|@H|@I|@k|@l"],
  ["sub", "-t json -C 1 -F %j"],
  ["sub", "-t json -C 1 -F %J"],
  ["sub", "-t json -C 1 -F %J --pretty"],
  ["sub", "-t json -C 1 -F %j --pretty -V 5 -q 1"],
  ["sub", "-t text -C 1 -F %J"],
  ["sub", "-t text -C 1 -F %J --quiet"],
  ["sub", "-t text -R -W 1"],
  ["sub", "-t text -W 1 --quiet -R"],
  ["sub", "-t nothing -E"],
  ["sub", "-t nothing -E -d"],
  ["sub", "-t nothing -E -d -q 2 --retain-as-published -t other -V 5 -i me"],
  ["sub", "-L mqtt://localhost:PORT/text -C 1"],
  ["sub", "-u user -P right -t text -C 1"],
  ["sub", "-u user -P wrong -t text -C 1"],
  ["sub", "-u user -P wrong -t text -C 1 -V 5"],
  ["sub", "-u user -P right -t denied -W 1 -d"],
  ["sub", "--unix UNIX -t text -C 1 -v"],
  ["sub", "-h nosuch.invalid -t a"],
  ["sub", "--unix /nonexistent -t a"],
  ["pub", "-t out -m x -d"],
  ["pub", "-t out -m x -d -q 1 -i me"],
  ["pub", "-t out -m x -d -q 2 -V 5 -i me"],
  ["pub", "-t out -m x -d --repeat 3"],
  ["pub", "-t out -m x -u user -P wrong"],
  ["pub", "-t out -m x -u user -P wrong -V 5"],
  ["pub", "-t out -m x -u user -P wrong --quiet"],
  ["pub", "-t denied -m x -q 1 -V 5 -u user -P right"],
  ["pub", "-t denied -m x -q 1 -V 5 -u user -P right --quiet"],
  ["pub", "-t denied -m x -q 2 -V 5 -u user -P right"],
  ["pub", "-t out -s", ""],
  ["pub", "-t out -l -d", "one\ntwo\n"],
  ["pub", "--unix UNIX -t out -m x"],
  ["rr", "-t out -e nothing -m x -W 1"],
  ["rr", "-t out -e text -m x -W 5 -v"],
  ["rr", "-t out -e text -m x -W 5 -F %t|%r -d -i me"],
  ["rr", "-t out -e text -m x -W 5 -V 311"],
  ["rr", "-t out -e text -m x -u user -P wrong"],
  ["rr", "-t out -e text -m x -D publish response-topic r"],
];

for (const [name, start] of Object.entries(BROKERS)) {
  Deno.test({
    name: `the same command line prints the same, with ${name} as broker`,
    ignore: !HAS_MOSQUITTO_CLIENTS || start === null,
    async fn(test) {
      const files = await makeAccessFiles();
      try {
        await using broker = await start!(files);
        await retainMessages(broker);
        for (const row of ROWS) {
          const [client, line, input] = row;
          await test.step(`${client} ${line}`, async () => {
            const args = toArguments(line, broker);
            const theirs = await runTheirs(client, args, input);
            const ours = await runOurs(client, args, input);
            assertEquals(comparable(ours, row), comparable(theirs, row));
          });
        }
      } finally {
        await Deno.remove(files.directory, { recursive: true });
      }
    },
  });
}

for (const [name, start] of Object.entries(BROKERS)) {
  Deno.test({
    name: `what is retained is cleared by --remove-retained, with ${name}`,
    ignore: start === null,
    async fn() {
      const files = await makeAccessFiles();
      try {
        await using broker = await start!(files);
        await retainMessages(broker);
        await using watcher = await connect(`mqtt://127.0.0.1:${broker.port}`);
        const cleared = watcher.messages("text");
        await watcher.subscribe("text", { retainHandling: 2 });
        const line = "--remove-retained -t text -t json -T json -C 1 -p PORT";
        const { code, output } = await runOurs(
          "sub",
          toArguments(line, broker),
        );
        assertEquals([code, output], [0, "plain text\n"]);
        const { value } = await cleared.next();
        assertEquals(value?.payload.length, 0);
        const rest = await runOurs(
          "sub",
          toArguments("-t # --retained-only -W 1 -v", broker),
        );
        assert(!/^text /m.test(rest.output), rest.output);
        assert(/^json /m.test(rest.output), rest.output);
      } finally {
        await Deno.remove(files.directory, { recursive: true });
      }
    },
  });
}

Deno.test("--retained-only ends with the first message that is not", async () => {
  const files = await makeAccessFiles();
  try {
    await using broker = await BROKERS.rqtt!(files);
    await retainMessages(broker);
    await using client = await connect(`mqtt://127.0.0.1:${broker.port}`);
    const args = toArguments("-t text -t live --retained-only -v", broker);
    const ended = runOurs("sub", args);
    let isOver = false;
    ended.then(() => isOver = true);
    // Until it has subscribed nobody hears it.
    while (!isOver) await client.publish("live", "x", { qos: 1 });
    assertEquals(await ended, {
      code: 0,
      output: "text plain text\n",
      error: "",
    });
  } finally {
    await Deno.remove(files.directory, { recursive: true });
  }
});

function toArguments(line: string, { port, unixPath }: Broker): string[] {
  const args = line.split(" ").map((word) =>
    word.replace("PORT", String(port)).replace("UNIX", unixPath)
  );
  return /PORT|UNIX|nonexistent/.test(line)
    ? args
    : [...args, "-p", String(port)];
}

/** Without the moment, identifiers that are given out, and detail of ours. */
function comparable(
  { code, output, error }: ClientEnd,
  [client, line]: Row,
): ClientEnd {
  const isTimed = /%I|%U|%j|%J/.test(line);
  const text = (isTimed ? output.replace(/\d{2,}/g, "N") : output)
    .replaceAll(/auto-[-\w]+/g, "auto");
  return {
    code,
    output: / -d\b| --debug\b/.test(line) ? sortTrace(text, client) : text,
    error: error.replace(/ \(.*\)$/, "").replace(/ It is the one of -e\.$/, ""),
  };
}

/**
 * Ours acknowledges when a message is printed, Mosquitto's when it has come;
 * mosquitto_rr leaves without DISCONNECT and without a word of the SUBACK.
 */
function sortTrace(output: string, client: ClientName): string {
  const lines = output.split("\n").sort();
  return lines.filter((line) =>
    client !== "rr" || !/sending DISCONNECT|^Subscribed/.test(line)
  ).join("\n");
}

async function makeAccessFiles(): Promise<AccessFiles> {
  const directory = await Deno.makeTempDir();
  const passwordPath = `${directory}/users`;
  const aclPath = `${directory}/acl`;
  const stored = await storePassword("right", {
    kind: "sha512-pbkdf2",
    iterations: 10,
  });
  await Deno.writeTextFile(passwordPath, editPasswordFile("", "user", stored)!);
  await Deno.writeTextFile(
    aclPath,
    "topic readwrite #\nuser user\ntopic readwrite text\ntopic readwrite out\n",
  );
  return { directory, passwordPath, aclPath };
}

async function retainMessages({ port }: Broker): Promise<void> {
  await using client = await connect(`mqtt://127.0.0.1:${port}`);
  const retain = { qos: 1, isRetained: true } as const;
  await client.publish("text", "plain text", retain);
  await client.publish("binary", Uint8Array.of(0, 255, 10, 128), retain);
  await client.publish(
    "json",
    '{"n": 1.5, "small": -3,\n "list": [1, {"a": null}], "flag": true, ' +
      '"text": "é\\"\\u0001", "empty": {}}',
    retain,
  );
  await client.publish("everything", 'quoted "é"', {
    ...retain,
    properties: {
      contentType: "text/plain",
      responseTopic: "re/sp",
      correlationData: new TextEncoder().encode("co"),
      payloadFormatIndicator: 1,
      userProperties: [["k", "v"], ["k2", "w"]],
    },
  });
}
