import { assertEquals } from "../_assert.ts";
import type { Certificates } from "../_certificates.ts";
import { ALL_CLIENTS } from "./_all_clients.ts";
import {
  ALL_QOS,
  ALL_VERSIONS,
  type Client,
  type Link,
  type Publication,
} from "./_client.ts";
import {
  listenersForTests,
  type ListenerSurroundings,
  overTls,
  tlsKeys,
} from "./_listeners.ts";

/** Long enough for several TLS records, and for the longest form of a frame. */
const LONG_PAYLOAD = "long ".repeat(20_000);

const test = listenersForTests({
  tcp: () => "type: tcp\n",
  tls: (certificates) => `type: tls\n${tlsKeys(certificates)}`,
  fast: (certificates) =>
    `type: tls\ntls_engine: deno\n${tlsKeys(certificates)}`,
  ws: () => "type: ws\n",
  wss: (certificates) => `type: wss\n${tlsKeys(certificates)}`,
  unix: ({ directory }) => `type: unix\npath: ${directory}/mqtt.sock\n`,
  auto: (certificates) => `type: auto\n${tlsKeys(certificates)}`,
});

/** By the name of the listener: what clients connect over. */
const LINKS: readonly [
  listener: string,
  type: Link["type"],
  link: (certificates: Certificates) => Link,
][] = [
  ["tcp", "tcp", () => ({ type: "tcp" })],
  ["tls", "tls", (certificates) => overTls("tls", certificates)],
  ["fast", "tls", (certificates) => overTls("tls", certificates)],
  ["ws", "ws", () => ({ type: "ws" })],
  ["wss", "wss", (certificates) => overTls("wss", certificates)],
  ["unix", "unix", ({ directory }) => ({
    type: "unix",
    path: `${directory}/mqtt.sock`,
  })],
  ["auto", "tcp", () => ({ type: "tcp" })],
  ["auto", "tls", (certificates) => overTls("tls", certificates)],
  ["auto", "ws", () => ({ type: "ws" })],
  ["auto", "wss", (certificates) => overTls("wss", certificates)],
];

for (const [listener, type, link] of LINKS) {
  for (const client of ALL_CLIENTS) {
    if (!client.links.includes(type)) continue;
    test({
      name: `${client.name} reaches itself over ${type} through the listener ` +
        `"${listener}", in each version and QoS`,
      needs: [client],
      run: (surroundings) =>
        everyVersion(surroundings, {
          client,
          port: surroundings.ports[listener],
          link: link(surroundings.certificates),
        }),
    });
  }
}

async function everyVersion(
  { unique }: ListenerSurroundings,
  { client, port, link }: { client: Client; port: number; link: Link },
): Promise<void> {
  for (const version of ALL_VERSIONS) {
    const topicName = `${unique}/${version}`;
    await using subscriber = await client.subscribe({
      port,
      link,
      version,
      topicFilters: [topicName],
    });
    const publications = ALL_QOS.flatMap((qos): Publication[] => [
      { topicName, payload: `short ${qos}`, qos },
      { topicName, payload: LONG_PAYLOAD, qos },
    ]);
    await client.publish({ port, link, version, publications });
    for (const { payload, qos } of publications) {
      const received = await subscriber.next();
      assertEquals(received.qos, qos);
      assertEquals(received.payload.length, payload.length);
      assertEquals(received.payload === payload, true);
    }
    await subscriber.disconnect();
  }
}
