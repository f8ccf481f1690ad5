import { assertEquals } from "../_assert.ts";
import { listenersForTests, tlsKeys } from "./_listeners.ts";
import { CONNACK, CONNECT, RawConnection } from "./_raw.ts";

const STALLED_COUNT = 500;

const test = listenersForTests({
  tcp: () => "type: tcp\n",
  proxied: () => "type: tcp\nproxy_protocol: true\n",
  tls: (certificates) => `type: tls\n${tlsKeys(certificates)}`,
  fast: (certificates) =>
    `type: tls\ntls_engine: deno\n${tlsKeys(certificates)}`,
  ws: () => "type: ws\n",
  auto: (certificates) => `type: auto\n${tlsKeys(certificates)}`,
}, { settings: "limits:\n  connect_timeout: 10m\n" });

/** The beginning of TLS, of HTTP, of a PROXY header, of CONNECT, and nothing. */
const BEGINNINGS = [
  Uint8Array.of(0x16, 3, 1),
  "GET /mqtt HTTP/1.1\r\n",
  "PROXY TCP4 ",
  CONNECT.subarray(0, 5),
  "",
];

const STALLED: Readonly<Record<string, number[]>> = {
  tcp: [3, 4],
  proxied: [2, 4],
  tls: [0, 4],
  fast: [0, 4],
  ws: [1, 4],
  auto: [0, 1, 3, 4],
};

for (const [listener, beginnings] of Object.entries(STALLED)) {
  test({
    name: `${STALLED_COUNT} handshakes that stall at the listener ` +
      `"${listener}" keep nobody else waiting`,
    needs: [],
    async run({ ports, certificates }) {
      using stack = new DisposableStack();
      const port = ports[listener];
      for (let i = 0; i < STALLED_COUNT; i++) {
        const stalled = stack.use(await RawConnection.open(port));
        await stalled.send(BEGINNINGS[beginnings[i % beginnings.length]]);
      }
      const isSecure = listener === "tls" || listener === "fast";
      const connection = stack.use(
        isSecure
          ? await RawConnection.openSecure(port, certificates.authority)
          : await RawConnection.open(port),
      );
      if (listener === "ws") {
        await connection.send(
          "GET /mqtt HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n" +
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
            "Sec-WebSocket-Protocol: mqtt\r\n\r\n",
        );
        // "HTTP/1.1 101"
        assertEquals(
          await connection.receive(12),
          "485454502f312e3120313031",
        );
        return;
      }
      if (listener === "proxied") await connection.send("PROXY UNKNOWN\r\n");
      await connection.send(CONNECT);
      assertEquals(await connection.receive(4), CONNACK.toHex());
    },
  });
}
