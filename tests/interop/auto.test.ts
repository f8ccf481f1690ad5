import { assertEquals, assertMatch } from "../_assert.ts";
import { after, listenersForTests, tlsKeys } from "./_listeners.ts";
import { CONNACK, CONNECT, RawConnection } from "./_raw.ts";
import { ACCEPTED, connectSecurely } from "./_s_client.ts";

const test = listenersForTests({
  both: (certificates) => `type: auto\n${tlsKeys(certificates)}`,
  plain: () => "type: auto\n",
  required: (certificates) =>
    `type: auto\n${tlsKeys(certificates)}client_auth: require\n` +
    `client_ca: ${certificates.authorityPath}\n`,
});

for (const secure of [false, true]) {
  const over = secure ? "over TLS" : "in the clear";

  test({
    name: `One port answers GET /healthz ${over}`,
    needs: [],
    async run({ ports, certificates }) {
      using client = secure
        ? Deno.createHttpClient({ caCerts: [certificates.authority] })
        : undefined;
      const url = `${secure ? "https" : "http"}://127.0.0.1:${ports.both}`;
      for (
        const [path, method, status, text] of [
          ["/healthz", "GET", 200, "ok\n"],
          ["/healthz?verbose", "GET", 200, "ok\n"],
          ["/healthz", "HEAD", 200, ""],
          ["/healthz", "POST", 405, "only GET is allowed\n"],
          ["/mqtt", "GET", 426, "expected a WebSocket handshake\n"],
          ["/", "GET", 404, "there is nothing here\n"],
        ] as const
      ) {
        const response = await fetch(url + path, { method, client });
        assertEquals(await response.text(), text, `${method} ${path}`);
        assertEquals(response.status, status, `${method} ${path}`);
      }
    },
  });

  test({
    name: `One port serves MQTT that comes byte by byte ${over}`,
    needs: [],
    async run({ ports, certificates }) {
      using connection = secure
        ? await RawConnection.openSecure(ports.both, certificates.authority)
        : await RawConnection.open(ports.both);
      for (const byte of CONNECT) await connection.send(Uint8Array.of(byte));
      assertEquals(await connection.receive(4), CONNACK.toHex());
    },
  });
}

const STRANGERS: readonly [name: string, bytes: Uint8Array, cause: RegExp][] = [
  ["PINGREQ", Uint8Array.of(0xc0, 0), /first byte is 0xc0/],
  ["a NUL", Uint8Array.of(0), /first byte is 0x00: neither MQTT nor HTTP/],
  ["a lower-case letter", Uint8Array.of(0x67), /first byte is 0x67/],
  ["TLS without TLS", Uint8Array.of(0x16, 3, 1), /TLS, which is not served/],
];

for (const [name, bytes, cause] of STRANGERS) {
  test({
    name: `What begins with ${name} is closed, and the log says why`,
    needs: [],
    async run({ ports, broker }) {
      const { length } = broker.log();
      using connection = await RawConnection.open(ports.plain);
      await connection.send(bytes);
      assertEquals(await connection.receiveAll(), "");
      await broker.logged(after(length, cause));
    },
  });
}

test({
  name: "An HTTP request that is malformed gets 400 and is closed",
  needs: [],
  async run({ ports }) {
    using connection = await RawConnection.open(ports.both);
    await connection.send("GET /healthz\r\n\r\n");
    const answer = await connection.receiveAll();
    assertMatch(answer, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assertMatch(answer, /\r\nConnection: close\r\n/);
  },
});

test({
  name:
    "Where certificates of clients are required, nobody gets in without TLS",
  needs: [],
  async run({ ports, certificates, broker }) {
    const { length } = broker.log();
    using connection = await RawConnection.open(ports.required);
    await connection.send(CONNECT);
    assertEquals(await connection.receiveAll(), "");
    await broker.logged(after(length, /MQTT came without TLS/));
    const url = `http://127.0.0.1:${ports.required}`;
    const refused = await fetch(`${url}/mqtt`);
    assertEquals([refused.status, await refused.text()], [
      403,
      "TLS is required here\n",
    ]);
    const healthy = await fetch(`${url}/healthz`);
    assertEquals([healthy.status, await healthy.text()], [200, "ok\n"]);
    const { received } = await connectSecurely({
      port: ports.required,
      authorityPath: certificates.authorityPath,
      identity: certificates.client("good"),
    });
    assertEquals(received, ACCEPTED);
  },
});
