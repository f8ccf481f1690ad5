import { loadConfig } from "../../../src/config/mod.ts";
import { Server } from "../../../src/server.ts";
import { HAS_MOSQUITTO } from "./_clients.ts";

/** A broker that both clients talk to. */
export interface Broker extends AsyncDisposable {
  readonly port: number;
  readonly unixPath: string;
}

/** The brokers of a comparison, by name; `null` if one is not installed. */
export const BROKERS: Readonly<
  Record<string, ((files: AccessFiles) => Promise<Broker>) | null>
> = {
  rqtt: startRqtt,
  mosquitto: HAS_MOSQUITTO ? startMosquitto : null,
};

/** Password file and ACL file, the same for every broker. */
export interface AccessFiles {
  readonly directory: string;
  readonly passwordPath: string;
  readonly aclPath: string;
}

async function startRqtt(files: AccessFiles): Promise<Broker> {
  const unixPath = `${files.directory}/rqtt.sock`;
  const yaml = `
listeners:
  - address: 127.0.0.1:0
  - { type: unix, path: ${unixPath} }
auth:
  allow_anonymous: true
  password_file: ${files.passwordPath}
  acl_file: ${files.aclPath}
limits:
  max_login_failures: 1000
`;
  const config = loadConfig({
    file: "rqtt.yaml",
    environment: {},
    flags: {},
    readTextFile: () => yaml,
  });
  const server = await Server.start({ config });
  const [address] = server.addresses as { port: number }[];
  return {
    port: address.port,
    unixPath,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

async function startMosquitto(files: AccessFiles): Promise<Broker> {
  const port = freePort();
  const unixPath = `${files.directory}/mosquitto.sock`;
  const configPath = `${files.directory}/mosquitto.conf`;
  await Deno.writeTextFile(
    configPath,
    `user root
listener ${port} 127.0.0.1
listener 0 ${unixPath}
allow_anonymous true
password_file ${files.passwordPath}
acl_file ${files.aclPath}
`,
  );
  const child = new Deno.Command("mosquitto", {
    args: ["-c", configPath],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let log = "";
  while (!/ running$/m.test(log)) {
    const { done, value } = await lines.read();
    if (done) throw new Error(`Cannot start mosquitto: ${log}`);
    log += value;
  }
  return {
    port,
    unixPath,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
      await lines.cancel();
    },
  };
}

/** A port that nobody listens on at the moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
