import { assert, assertEquals } from "../_assert.ts";
import { Certificates, whyNoCertificates } from "../_certificates.ts";
import { BrokerProcess } from "./_broker.ts";
import type { Link } from "./_client.ts";
import { defineTest, type InteropTest, type Requirement } from "./_harness.ts";

/** openssl, which makes the certificates. */
export const openssl: Requirement = { whyMissing: whyNoCertificates };

/** What a test of listeners works with. */
export interface ListenerSurroundings {
  readonly broker: BrokerProcess;
  readonly certificates: Certificates;
  /** The ports by the names of the listeners. */
  readonly ports: Readonly<Record<string, number>>;
  /** No other test uses this; good for topics and Client Identifiers. */
  readonly unique: string;
}

/** Writes the keys of one listener in YAML, for files of `certificates`. */
export type DescribeListener = (certificates: Certificates) => string;

/** The keys of a listener with TLS. */
export function tlsKeys({ server }: Certificates): string {
  return `certificate: ${server.certificatePath}\n` +
    `private_key: ${server.privateKeyPath}\n`;
}

/** What a client needs for a listener with TLS. */
export function overTls(
  type: "tls" | "wss",
  { authorityPath }: Certificates,
): Link {
  return { type, authorityPath };
}

/** For text whose first `length` characters do not count. */
export function after(length: number, pattern: RegExp): RegExp {
  return new RegExp(`^[^]{${length}}[^]*?(?:${pattern.source})`);
}

interface Opened {
  readonly broker: BrokerProcess;
  readonly certificates: Certificates;
  readonly ports: Readonly<Record<string, number>>;
}

/**
 * Starts one broker with listeners of these names for all tests of a file, and
 * returns how to define them. Ports are free ones. When they are done the
 * broker has to stop with exit code 0; tests that have it log errors say so.
 */
export function listenersForTests(
  listeners: Readonly<Record<string, DescribeListener>>,
  { expectsErrors = false, settings = "" } = {},
): (test: InteropTest<ListenerSurroundings>) => void {
  let opened: Opened | undefined;
  let count = 0;
  Deno.test.beforeAll(async () => {
    if (whyNoCertificates === null) opened = await open(listeners, settings);
  });
  Deno.test.afterAll(async () => {
    if (opened === undefined) return;
    await using certificates = opened.certificates;
    await using broker = opened.broker;
    assert(certificates);
    assertEquals(await broker.stop("SIGTERM"), 0, broker.log());
    if (expectsErrors) return;
    assertEquals(/^\S+ +error .*$/m.exec(broker.log())?.[0], undefined);
  });
  return ({ run, needs, ...test }) => {
    const unique = `t${++count}`;
    defineTest({
      ...test,
      needs: [openssl, ...needs],
      async run() {
        assert(opened, "the broker has not started");
        const { length } = opened.broker.log();
        try {
          await run({ ...opened, unique });
        } catch (error) {
          const log = opened.broker.log().slice(length);
          console.error(`The broker's log:\n${log}`);
          throw error;
        }
      },
    });
  };
}

async function open(
  listeners: Readonly<Record<string, DescribeListener>>,
  settings: string,
): Promise<Opened> {
  const certificates = await Certificates.make();
  try {
    // The first one is there for the port that the command line sets.
    const items = ["type: tcp\n"];
    for (const describe of Object.values(listeners)) {
      const keys = describe(certificates);
      items.push(
        keys.includes("unix") ? keys : `${keys}address: 127.0.0.1:0\n`,
      );
    }
    const yaml = items.map((keys) =>
      `  - ${keys.trimEnd().replaceAll("\n", "\n    ")}\n`
    );
    const path = certificates.path("rqtt.yaml");
    await Deno.writeTextFile(path, `listeners:\n${yaml.join("")}${settings}`);
    const broker = await BrokerProcess.start({ RQTT_CONFIG: path });
    const ports = await portsOf(broker, Object.keys(listeners));
    return { broker, certificates, ports };
  } catch (error) {
    await certificates[Symbol.asyncDispose]();
    throw error;
  }
}

/** From the lines that tell where it listens. */
async function portsOf(
  broker: BrokerProcess,
  names: readonly string[],
): Promise<Record<string, number>> {
  const line = /listening on \S+?(?::(\d+))?(?: for \w+)?$/gm;
  const all = new RegExp(`(?:listening on[^]*?){${names.length + 1}}\\n`);
  await broker.logged(all);
  const [, ...lines] = broker.log().matchAll(line);
  return Object.fromEntries(
    names.map((name, i) => [name, Number(lines[i][1] ?? 0)]),
  );
}
