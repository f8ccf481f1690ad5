import { assertEquals, assertMatch } from "../_assert.ts";
import type { ClientName } from "../_certificates.ts";
import {
  after,
  listenersForTests,
  type ListenerSurroundings,
  tlsKeys,
} from "./_listeners.ts";
import { mosquitto } from "./_mosquitto.ts";
import { paho } from "./_paho.ts";
import { mqttJs } from "./_mqttjs.ts";
import { ACCEPTED, connectSecurely } from "./_s_client.ts";

const test = listenersForTests({
  plain: (certificates) => `type: tls\n${tlsKeys(certificates)}`,
  fast: (certificates) =>
    `type: tls\ntls_engine: deno\n${tlsKeys(certificates)}`,
  required: (certificates) =>
    `type: tls\n${tlsKeys(certificates)}client_auth: require\n` +
    `client_ca: ${certificates.authorityPath}\n` +
    `client_crl: ${certificates.revocationListPath}\n` +
    "use_identity_as_user_name: true\n",
  requested: (certificates) =>
    `type: tls\n${tlsKeys(certificates)}client_auth: request\n` +
    `client_ca: ${certificates.authorityPath}\n`,
});

const LISTENERS = ["plain", "fast", "requested"];

for (const listener of LISTENERS) {
  for (const version of ["1.2", "1.3"]) {
    test({
      name: `TLS ${version} is spoken, through the listener "${listener}"`,
      needs: [],
      async run({ ports, certificates: { authorityPath } }) {
        const { received, report } = await connectSecurely({
          port: ports[listener],
          authorityPath,
          args: [`-tls${version.replace(".", "_")}`],
        });
        assertEquals(received, ACCEPTED, report);
        assertMatch(report, new RegExp(`TLSv${version}`));
      },
    });
  }

  test({
    name: `TLS 1.1 is not spoken, through the listener "${listener}"`,
    needs: [],
    async run({ ports, certificates: { authorityPath } }) {
      const { received, report } = await connectSecurely({
        port: ports[listener],
        authorityPath,
        args: ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
      });
      assertEquals(received, "");
      assertMatch(report, /alert (protocol version|handshake failure)/);
    },
  });

  for (const protocol of ["mqtt", "x-amzn-mqtt-ca"]) {
    test({
      name: `ALPN ${protocol} is accepted, through the listener "${listener}"`,
      needs: [],
      async run({ ports, certificates: { authorityPath } }) {
        const { received, report } = await connectSecurely({
          port: ports[listener],
          authorityPath,
          args: ["-alpn", `other,${protocol}`],
        });
        assertEquals(received, ACCEPTED, report);
      },
    });
  }

  test({
    name: `ALPN of other protocols alone is refused, through "${listener}"`,
    needs: [],
    async run({ ports, certificates: { authorityPath } }) {
      const { received, report } = await connectSecurely({
        port: ports[listener],
        authorityPath,
        args: ["-alpn", "h2"],
      });
      assertEquals(received, "");
      assertMatch(report, /alert no application protocol/);
    },
  });
}

/** Connects with a certificate, or without one. */
function show(
  { ports, certificates }: ListenerSurroundings,
  listener: string,
  name?: ClientName,
) {
  return connectSecurely({
    port: ports[listener],
    authorityPath: certificates.authorityPath,
    identity: name && certificates.client(name),
  });
}

test({
  name: "A good certificate is let in, and its common name is the user name",
  needs: [],
  async run(surroundings) {
    const { received, report } = await show(surroundings, "required", "good");
    assertEquals(received, ACCEPTED, report);
    await surroundings.broker.logged(/client connected .* user=alice$/m);
  },
});

const REFUSALS: readonly [name: ClientName, cause: RegExp][] = [
  ["expired", /certificate is out of date, or of no certification authority/],
  ["foreign", /certificate is out of date, or of no certification authority/],
  ["revoked", /certificate is not valid: the certificate is revoked/],
  ["nameless", /certificate has no common name to be the user name/],
];

for (const [name, cause] of REFUSALS) {
  test({
    name: `A certificate that is ${name} is refused, and the log says why`,
    needs: [],
    async run(surroundings) {
      const { length } = surroundings.broker.log();
      const { received } = await show(surroundings, "required", name);
      assertEquals(received, "");
      await surroundings.broker.logged(after(length, cause));
    },
  });
}

test({
  name: "No certificate is refused where one is required, with an alert",
  needs: [],
  async run(surroundings) {
    const { received, report } = await show(surroundings, "required");
    assertEquals(received, "");
    assertMatch(report, /alert certificate required/);
    await surroundings.broker.logged(/sent no certificates/);
  },
});

test({
  name:
    "No certificate is let in where one is only requested, and a good one too",
  needs: [],
  async run(surroundings) {
    for (const name of [undefined, "good", "nameless"] as const) {
      const { received, report } = await show(surroundings, "requested", name);
      assertEquals(received, ACCEPTED, report);
    }
  },
});

const REQUEST_REFUSALS: readonly [name: ClientName, cause: RegExp][] = [
  ["expired", /certificate is not valid: it expired on Jan {2}1 .* 2021/],
  ["foreign", /not valid: it is of no certification authority of the listener/],
];

for (const [name, cause] of REQUEST_REFUSALS) {
  test({
    name: `A certificate that is ${name} is refused where one is requested`,
    needs: [],
    async run(surroundings) {
      const { length } = surroundings.broker.log();
      const { received } = await show(surroundings, "requested", name);
      assertEquals(received, "");
      await surroundings.broker.logged(after(length, cause));
    },
  });
}

for (const client of [mosquitto, mqttJs, paho]) {
  test({
    name: `${client.name} shows its certificate and is let in`,
    needs: [client],
    async run({ ports, certificates, unique }) {
      const link = {
        type: "tls",
        authorityPath: certificates.authorityPath,
        identity: certificates.client("good"),
      } as const;
      const options = { port: ports.required, link, version: 5 } as const;
      await using subscriber = await client.subscribe({
        ...options,
        topicFilters: [unique],
      });
      await client.publish({
        ...options,
        publications: [{ topicName: unique, payload: "seen", qos: 1 }],
      });
      assertEquals((await subscriber.next()).payload, "seen");
    },
  });
}

test({
  name: "A client that breaks off its handshake leaves nothing behind",
  needs: [],
  async run({ ports, broker }) {
    const port = ports.required;
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    await socket.write(Uint8Array.of(0x16, 0x03, 0x01));
    const address = socket.localAddr as Deno.NetAddr;
    socket.close();
    await broker.logged(
      new RegExp(`connection refused address=127.0.0.1:${address.port} `),
    );
  },
});
