import { assertEquals } from "../_assert.ts";
import { after, listenersForTests, tlsKeys } from "./_listeners.ts";
import { RawConnection } from "./_raw.ts";

const LISTENERS = ["tcp", "proxied", "tls", "ws", "wss", "auto"];

const test = listenersForTests({
  tcp: () => "type: tcp\n",
  proxied: () => "type: tcp\nproxy_protocol: true\n",
  tls: (certificates) => `type: tls\n${tlsKeys(certificates)}`,
  ws: () => "type: ws\n",
  wss: (certificates) => `type: wss\n${tlsKeys(certificates)}`,
  auto: (certificates) => `type: auto\n${tlsKeys(certificates)}`,
}, { settings: "limits:\n  connect_timeout: 200ms\n" });

for (const listener of LISTENERS) {
  test({
    name: `A silent client of the listener "${listener}" is closed`,
    needs: [],
    async run({ ports, broker }) {
      const { length } = broker.log();
      using connection = await RawConnection.open(ports[listener]);
      assertEquals(await connection.receiveAll(), "");
      const address = connection.localAddress.replaceAll(".", "\\.");
      await broker.logged(
        after(
          length,
          new RegExp(`address=${address} .*cause="no CONNECT came in time"`),
        ),
      );
    },
  });
}
