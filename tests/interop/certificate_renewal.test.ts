import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "../_assert.ts";
import {
  after,
  listenersForTests,
  type ListenerSurroundings,
  tlsKeys,
} from "./_listeners.ts";
import { CONNACK, CONNECT, PINGREQ, PINGRESP, RawConnection } from "./_raw.ts";

const test = listenersForTests({
  node: (certificates) => `type: tls\n${tlsKeys(certificates)}`,
  deno: (certificates) =>
    `type: tls\ntls_engine: deno\n${tlsKeys(certificates)}`,
  wss: (certificates) => `type: wss\n${tlsKeys(certificates)}`,
  auto: (certificates) => `type: auto\n${tlsKeys(certificates)}`,
}, { expectsErrors: true });

const MOST_ATTEMPTS = 50;
const LISTENERS = ["node", "deno", "wss", "auto"];

/** The serial numbers of the certificates that listeners show. */
function shownSerials(
  { ports, certificates }: ListenerSurroundings,
): Promise<string[]> {
  return Promise.all(LISTENERS.map(async (listener) => {
    const shown = await connectWithOpenssl(certificates, ports[listener]);
    const [pem] = shown.match(/-----BEGIN CERTIFICATE-----[^]+-----END/)!;
    await Deno.writeTextFile(
      certificates.path(`${listener}.shown`),
      `${pem} CERTIFICATE-----\n`,
    );
    return await certificates.openssl(
      ...["x509", "-in", `${listener}.shown`, "-noout", "-serial"],
    );
  }));
}

/** Tries again while a listener of Deno's engine is opened anew. */
async function connectWithOpenssl(
  certificates: ListenerSurroundings["certificates"],
  port: number,
): Promise<string> {
  for (let attempt = 1;; attempt++) {
    try {
      return await certificates.openssl(
        ...["s_client", "-connect", `127.0.0.1:${port}`],
        ...["-CAfile", "ca.pem", "-verify_return_error"],
      );
    } catch (error) {
      const isPassing = /errno=(104|111)|Connection refused/.test(`${error}`);
      if (!isPassing || attempt === MOST_ATTEMPTS) throw error;
    }
  }
}

/** Resolves when each listener has told what `pattern` says. */
async function untilEachHas(
  { broker, ports }: ListenerSurroundings,
  length: number,
  pattern: string,
): Promise<void> {
  for (const listener of LISTENERS) {
    const address = `listener=127\\.0\\.0\\.1:${ports[listener]}`;
    await broker.logged(
      after(length, new RegExp(`${pattern} ${address} [^\\n]*\\n`)),
    );
  }
}

test({
  name: "A renewed certificate is shown to new clients, and old ones stay",
  needs: [],
  async run(surroundings) {
    const { broker, certificates, ports } = surroundings;
    using stack = new DisposableStack();
    const connections = [];
    for (const listener of ["node", "deno", "auto"]) {
      const connection = stack.use(
        await RawConnection.openSecure(
          ports[listener],
          certificates.authority,
        ),
      );
      await connection.send(CONNECT);
      assertEquals(await connection.receive(4), CONNACK.toHex());
      connections.push(connection);
    }
    const [before] = await shownSerials(surroundings);
    const { length } = broker.log();
    const serial = await certificates.issueServer();
    assertNotEquals(serial, before);
    await untilEachHas(surroundings, length, "the certificate was renewed");
    assertEquals(
      await shownSerials(surroundings),
      LISTENERS.map(() => serial),
    );
    for (const connection of connections) {
      await connection.send(PINGREQ);
      assertEquals(await connection.receive(2), PINGRESP.toHex());
    }
  },
});

test({
  name: "A certificate that cannot be used leaves the old one, and says so",
  needs: [],
  async run(surroundings) {
    const { broker, certificates } = surroundings;
    const { certificatePath } = certificates.server;
    const good = await Deno.readTextFile(certificatePath);
    const serials = await shownSerials(surroundings);
    for (
      const [bad, cause] of [
        ["not a certificate\n", "expected a certificate in PEM"],
        [
          certificates.authority,
          "the private key does not fit the certificate",
        ],
      ]
    ) {
      const { length } = broker.log();
      await Deno.writeTextFile(certificatePath, bad);
      await untilEachHas(
        surroundings,
        length,
        "the new certificate cannot be used, the old one stays",
      );
      assert(broker.log().slice(length).includes(cause), cause);
      assertEquals(await shownSerials(surroundings), serials);
    }
    // Back to what is in use: nothing to renew, and nothing to complain about.
    await Deno.writeTextFile(certificatePath, good);
  },
});

test({
  name: "A certificate behind a symbolic link is renewed when the link moves",
  needs: [],
  async run(surroundings) {
    const { broker, certificates } = surroundings;
    const { certificatePath, privateKeyPath } = certificates.server;
    const { length } = broker.log();
    // As certbot and Kubernetes do it.
    await certificates.issueNamed("moved");
    for (
      const [path, extension] of [
        [certificatePath, "pem"],
        [privateKeyPath, "key"],
      ]
    ) {
      await Deno.symlink(`moved.${extension}`, `${path}.new`);
      await Deno.rename(`${path}.new`, path);
    }
    await untilEachHas(surroundings, length, "the certificate was renewed");
    const serial = await certificates.openssl(
      ..."x509 -in moved.pem -noout -serial".split(" "),
    );
    assertEquals(
      await shownSerials(surroundings),
      LISTENERS.map(() => serial),
    );
    assertMatch(broker.log().slice(length), /renewed .* expires=20\d\d-/);
  },
});
