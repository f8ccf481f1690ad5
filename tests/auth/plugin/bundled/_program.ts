import {
  type BrokerEnvironment,
  BrokerProcess,
} from "../../../interop/_broker.ts";
import {
  MqttJsConnection,
  type MqttJsOptions,
} from "../../../interop/_mqttjs_connection.ts";
import { runMosquittoPub } from "../../../interop/_mosquitto.ts";

/** Who a client of Mosquitto says it is. */
export interface MosquittoLogin {
  readonly client: string;
  /** `client` if it is left out. */
  readonly user?: string;
  readonly password: string;
  /** Whether a message that it publishes is retained. */
  readonly isRetained?: boolean;
}

/** The real program with a configuration of its own. */
export class Program implements AsyncDisposable {
  readonly broker: BrokerProcess;
  readonly #directory: string;

  private constructor(broker: BrokerProcess, directory: string) {
    this.broker = broker;
    this.#directory = directory;
  }

  /** `files` are written first; `@/` before their names stands for their directory. */
  static async start(
    yaml: string,
    { files = {}, environment = {} }: {
      files?: Readonly<Record<string, string>>;
      environment?: BrokerEnvironment;
    } = {},
  ): Promise<Program> {
    const directory = await Deno.makeTempDir();
    const path = `${directory}/rqtt.yaml`;
    await Deno.writeTextFile(path, yaml.replaceAll("@/", `${directory}/`));
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    try {
      const broker = await BrokerProcess.start({
        RQTT_CONFIG: path,
        ...environment,
      });
      return new Program(broker, directory);
    } catch (error) {
      await Deno.remove(directory, { recursive: true });
      throw error;
    }
  }

  /** MQTT.js, connected. */
  connect(options: Partial<MqttJsOptions>): Promise<MqttJsConnection> {
    return MqttJsConnection.open(this.#options(options));
  }

  /** The Reason Code with which MQTT.js is refused; 0 if it is let in. */
  async refusal(options: Partial<MqttJsOptions>): Promise<number> {
    await using connection = new MqttJsConnection(this.#options(options));
    const connected = Promise.withResolvers<number>();
    connection.client.once("connect", () => connected.resolve(0));
    const refused = connection.refused();
    // It says that it was not refused; that is known by then.
    refused.catch(() => {});
    return await Promise.race([connected.promise, refused]);
  }

  /**
   * Publishes with mosquitto_pub at QoS 1: the Reason Codes of CONNACK and
   * PUBACK, as far as they came.
   */
  async publish(
    topic: string,
    login: MosquittoLogin,
  ): Promise<(number | undefined)[]> {
    const { lines } = await runMosquittoPub([
      ...this.#arguments(login),
      ...["-d", "-q", "1", "-t", topic, "-m", "x"],
      ...(login.isRetained ? ["-r"] : []),
    ], "");
    return [/CONNACK \((\d+)\)/, /PUBACK .*RC:(\d+)/].map((pattern) => {
      const code = lines.map((line) => pattern.exec(line)?.[1])
        .find((found) => found !== undefined);
      return code === undefined ? undefined : Number(code);
    });
  }

  /** The first message that mosquitto_sub shows, as `topic payload`. */
  async receive(topicFilter: string, login: MosquittoLogin): Promise<string> {
    const { stdout } = await new Deno.Command("mosquitto_sub", {
      args: [
        ...this.#arguments(login),
        ...["-v", "-t", topicFilter, "-C", "1", "-W", "20"],
      ],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }

  #arguments({ client, user = client, password }: MosquittoLogin): string[] {
    return [
      ...["-h", "127.0.0.1", "-p", String(this.broker.port), "-V", "5"],
      ...["-i", client, "-P", password, "-u", user],
    ];
  }

  #options(options: Partial<MqttJsOptions>): MqttJsOptions {
    return { port: this.broker.port, version: 5, ...options };
  }
}

/** Asks again until the answer is `expected`; the test's deadline is the end. */
export async function eventually<Answer>(
  expected: Answer,
  ask: () => Promise<Answer>,
): Promise<void> {
  for (const endMs = Date.now() + 30_000;;) {
    const answer = await ask();
    if (JSON.stringify(answer) === JSON.stringify(expected)) return;
    if (Date.now() > endMs) {
      throw new Error(
        `Waited for ${JSON.stringify(expected)}: it is ` +
          JSON.stringify(answer),
      );
    }
  }
}
