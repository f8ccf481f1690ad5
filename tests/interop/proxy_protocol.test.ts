import { assertEquals } from "../_assert.ts";
import { Child, outputOf } from "./_child.ts";
import { beforeDeadline } from "./_deadline.ts";
import type { Requirement } from "./_harness.ts";
import {
  after,
  listenersForTests,
  type ListenerSurroundings,
  overTls,
  tlsKeys,
} from "./_listeners.ts";
import { mosquitto } from "./_mosquitto.ts";
import { mqttJs } from "./_mqttjs.ts";
import { CONNACK, CONNECT, RawConnection } from "./_raw.ts";
import type { Client, Link } from "./_client.ts";

const haproxy: Requirement = {
  whyMissing: outputOf("haproxy", ["-v"]) === null
    ? "haproxy is not installed"
    : null,
};

const PROXIED = "proxy_protocol: true\n";

const test = listenersForTests({
  tcp: () => `type: tcp\n${PROXIED}`,
  tls: (certificates) => `type: tls\n${PROXIED}${tlsKeys(certificates)}`,
  ws: () => `type: ws\n${PROXIED}`,
  wss: (certificates) => `type: wss\n${PROXIED}${tlsKeys(certificates)}`,
  auto: (certificates) => `type: auto\n${PROXIED}${tlsKeys(certificates)}`,
});

/** haproxy in front of one port of the broker. */
class Proxy implements AsyncDisposable {
  readonly port: number;
  readonly #process: Child;
  readonly #directory: string;

  private constructor(port: number, process: Child, directory: string) {
    this.port = port;
    this.#process = process;
    this.#directory = directory;
  }

  /** `send` is the word of haproxy for the version of the protocol. */
  static async start(target: number, send: string): Promise<Proxy> {
    const directory = await Deno.makeTempDir({ prefix: "rqtt-haproxy-" });
    const port = freePort();
    const file = `${directory}/haproxy.cfg`;
    await Deno.writeTextFile(
      file,
      `defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen mqtt
  bind 127.0.0.1:${port}
  server broker 127.0.0.1:${target} ${send}
`,
    );
    const process = new Child({
      command: "haproxy",
      args: ["-db", "-f", file],
      onLine: () => {},
    });
    const proxy = new Proxy(port, process, directory);
    await beforeDeadline(untilAccepting(port), "haproxy to listen");
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilAccepting(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

const LINKS: readonly [
  listener: string,
  client: Client,
  link: (surroundings: ListenerSurroundings) => Link,
][] = [
  ["tcp", mosquitto, () => ({ type: "tcp" })],
  ["tls", mosquitto, ({ certificates }) => overTls("tls", certificates)],
  ["ws", mqttJs, () => ({ type: "ws" })],
  ["wss", mqttJs, ({ certificates }) => overTls("wss", certificates)],
  ["auto", mosquitto, () => ({ type: "tcp" })],
  ["auto", mosquitto, ({ certificates }) => overTls("tls", certificates)],
  ["auto", mqttJs, () => ({ type: "ws" })],
  ["auto", mqttJs, ({ certificates }) => overTls("wss", certificates)],
];

for (const [version, send] of [[1, "send-proxy"], [2, "send-proxy-v2"]]) {
  for (const [listener, client, link] of LINKS) {
    test({
      name: `${client.name} reaches "${listener}" behind haproxy, which ` +
        `speaks version ${version} of the PROXY protocol`,
      needs: [haproxy, client],
      async run(surroundings) {
        const { ports, unique } = surroundings;
        await using proxy = await Proxy.start(ports[listener], `${send}`);
        const options = {
          port: proxy.port,
          link: link(surroundings),
          version: 5,
        } as const;
        await using subscriber = await client.subscribe({
          ...options,
          topicFilters: [unique],
        });
        await client.publish({
          ...options,
          publications: [{ topicName: unique, payload: "through", qos: 1 }],
        });
        assertEquals((await subscriber.next()).payload, "through");
      },
    });
  }
}

test({
  name: "The log has the client's address behind haproxy, not haproxy's",
  needs: [haproxy],
  async run({ ports, broker }) {
    await using proxy = await Proxy.start(ports.tcp, "send-proxy-v2");
    const { length } = broker.log();
    using connection = await RawConnection.open(proxy.port);
    await connection.send(CONNECT);
    assertEquals(await connection.receive(4), CONNACK.toHex());
    await broker.logged(
      after(
        length,
        new RegExp(`client connected .* address=${connection.localAddress} `),
      ),
    );
  },
});

test({
  name: "The address in the header is the client's",
  needs: [],
  async run({ ports, broker }) {
    const { length } = broker.log();
    using connection = await RawConnection.open(ports.tcp);
    await connection.send("PROXY TCP6 2001:db8::7 ::1 5000 1883\r\n", CONNECT);
    assertEquals(await connection.receive(4), CONNACK.toHex());
    await broker.logged(
      after(length, /client connected .* address=\[2001:db8::7\]:5000 /),
    );
  },
});

for (const listener of ["tcp", "tls", "ws", "wss", "auto"]) {
  test({
    name: `"${listener}" closes who comes without the header`,
    needs: [],
    async run({ ports, broker }) {
      const { length } = broker.log();
      using connection = await RawConnection.open(ports[listener]);
      await connection.send(CONNECT);
      assertEquals(await connection.receiveAll(), "");
      await broker.logged(
        after(
          length,
          /Cannot read the PROXY header: .* does not begin with it/,
        ),
      );
    },
  });
}
