/** The same files, given to Mosquitto and to RQTT, mean the same. */
import { assertEquals } from "../_assert.ts";
import { storePassword } from "../../src/auth/passwd.ts";
import { BrokerProcess } from "../interop/_broker.ts";

const MOSQUITTO = ["/usr/sbin/mosquitto", "mosquitto"].find((command) => {
  try {
    new Deno.Command(command, { args: ["-h"], stdout: "null", stderr: "null" })
      .outputSync();
    return true;
  } catch {
    return false;
  }
});

const ACL = `topic write open
user alice
topic plant/#
topic deny plant/secret
topic read log
topic write up/+/x
topic deny devices/c1/b
pattern readwrite devices/%c/#
pattern write users/%u
pattern deny devices/%c/locked
`;

/** Who publishes with which client identifier, and to what. */
const PUBLICATIONS: readonly [string | null, string, string][] = [
  [null, "c1", "open"],
  [null, "c1", "plant/a"],
  [null, "c1", "devices/c1/a"],
  [null, "c1", "users/"],
  ["alice", "c1", "open"],
  ["alice", "c1", "plant/a"],
  ["alice", "c1", "plant"],
  ["alice", "c1", "plant/secret"],
  ["alice", "c1", "plant/secret/b"],
  ["alice", "c1", "log"],
  ["alice", "c1", "up/1/x"],
  ["alice", "c1", "up/1/y"],
  ["alice", "c1", "devices/c1/a"],
  ["alice", "c1", "devices/c1/b"],
  ["alice", "c1", "devices/c1/locked"],
  ["alice", "c1", "devices/c2/a"],
  ["alice", "c1", "users/alice"],
  ["alice", "c1", "users/bob"],
  ["alice", "c+", "devices/c+/a"],
  ["alice", "c+", "plant/a"],
  ["bob", "c1", "plant/a"],
  ["bob", "c1", "users/bob"],
  ["bob", "c1", "devices/c1/a"],
];

/** Whether the server takes each of the publications, in order. */
async function outcomes(port: number): Promise<string[]> {
  const results: string[] = [];
  for (const [user, identifier, topic] of PUBLICATIONS) {
    const login = user === null ? [] : ["-u", user, "-P", "secret"];
    const { stdout } = await new Deno.Command("mosquitto_pub", {
      args: [
        ...["-p", String(port), "-V", "5", "-d", "-q", "1", "-m", "x"],
        ...["-i", identifier, "-t", topic, ...login],
      ],
      stderr: "null",
    }).output();
    const code = /RC:(\d+)/.exec(new TextDecoder().decode(stdout))?.[1];
    const outcome = code === undefined
      ? "refused"
      : Number(code) < 0x80
      ? "taken"
      : "denied";
    results.push(`${user} ${identifier} ${topic}: ${outcome}`);
  }
  return results;
}

/** Mosquitto on a free port; resolves when it has logged that it runs. */
async function startMosquitto(
  command: string,
  directory: string,
): Promise<{ port: number; process: Deno.ChildProcess }> {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const file = `${directory}/mosquitto.conf`;
  const settings = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    `password_file ${directory}/users`,
    `acl_file ${directory}/acl`,
    ...(Deno.uid() === 0 ? ["user root"] : []),
  ];
  await Deno.writeTextFile(file, `${settings.join("\n")}\n`);
  const process = new Deno.Command(command, {
    args: ["-v", "-c", file],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = process.stderr.pipeThrough(new TextDecoderStream())
    .getReader();
  let log = "";
  while (!/ running/.test(log)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot start mosquitto: ${log}`);
    log += value;
  }
  // Read on, or it would stop when the pipe is full.
  (async () => {
    while (!(await reader.read()).done);
  })();
  return { port, process };
}

Deno.test({
  name:
    "Mosquitto takes our passwords, and decides by an ACL file as RQTT does",
  ignore: MOSQUITTO === undefined,
  async fn() {
    const directory = await Deno.makeTempDir();
    const options = { kind: "sha512-pbkdf2", iterations: 101 } as const;
    let users = "";
    for (const user of ["alice", "bob"]) {
      users += `${user}:${await storePassword("secret", options)}\n`;
    }
    await Deno.writeTextFile(`${directory}/users`, users);
    await Deno.writeTextFile(`${directory}/acl`, ACL);
    const mosquitto = await startMosquitto(MOSQUITTO!, directory);
    try {
      await using broker = await BrokerProcess.start({
        RQTT_AUTH_PASSWORD_FILE: `${directory}/users`,
        RQTT_AUTH_ACL_FILE: `${directory}/acl`,
        RQTT_AUTH_ALLOW_ANONYMOUS: "true",
      });
      assertEquals(
        await outcomes(broker.port),
        await outcomes(mosquitto.port),
      );
    } finally {
      mosquitto.process.kill("SIGTERM");
      await mosquitto.process.status;
      await Deno.remove(directory, { recursive: true });
    }
  },
});
