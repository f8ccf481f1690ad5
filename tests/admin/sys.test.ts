import { SysPublisher } from "../../src/admin/sys/mod.ts";
import { type Config, defaultConfig, Server } from "../../src/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { storeTest } from "../broker/_gated_store.ts";
import {
  brokerTest,
  payloadOf,
  publishPacket,
  type TestBroker,
  type TestClient,
} from "../broker/_harness.ts";
import { AuthServer } from "../auth/_server.ts";
import { RawClient } from "../conformance/_raw_client.ts";
import { defineTest } from "../interop/_harness.ts";
import { MOSQUITTO, withMosquitto } from "./_mosquitto.ts";

const WINDOWS = ["1min", "5min", "15min"];
const LOADS = [
  "bytes/received",
  "bytes/sent",
  "connections",
  "messages/received",
  "messages/sent",
  "publish/dropped",
  "publish/received",
  "publish/sent",
  "sockets",
];

/** Every topic below `$SYS/broker/` that Mosquitto 2.0.11 publishes. */
const MOSQUITTO_TOPICS = [
  "bytes/received",
  "bytes/sent",
  "clients/active",
  "clients/connected",
  "clients/disconnected",
  "clients/expired",
  "clients/inactive",
  "clients/maximum",
  "clients/total",
  "heap/current",
  "heap/maximum",
  ...LOADS.flatMap((name) => WINDOWS.map((window) => `load/${name}/${window}`)),
  "messages/received",
  "messages/sent",
  "messages/stored",
  "publish/bytes/received",
  "publish/bytes/sent",
  "publish/messages/dropped",
  "publish/messages/received",
  "publish/messages/sent",
  "retained messages/count",
  "shared_subscriptions/count",
  "store/messages/bytes",
  "store/messages/count",
  "subscriptions/count",
  "uptime",
  "version",
];

/** The values that a new subscriber gets, by the rest of their names. */
function retainedOf(test: TestBroker): Record<string, string> {
  const reader = test.connect("reader");
  reader.subscribe("$SYS/#");
  const values = valuesOf(reader);
  reader.disconnect();
  return values;
}

function valuesOf(client: TestClient): Record<string, string> {
  return Object.fromEntries(
    client.publishes().map((packet) => [
      packet.topicName.replace(/^\$SYS\/broker\//, ""),
      payloadOf(packet),
    ]),
  );
}

brokerTest("every topic of Mosquitto is there, retained", (test) => {
  new SysPublisher(test.broker).publish();
  assertEquals(Object.keys(retainedOf(test)).sort(), MOSQUITTO_TOPICS.sort());
});

brokerTest("the values count what has happened", (test) => {
  const away = test.connect("away", {
    properties: { sessionExpiryInterval: 1_000 },
  });
  away.subscribe({ topicFilter: "t", qos: 1 });
  away.subscribe({ topicFilter: "$share/g/s", qos: 0 });
  away.disconnect();
  const publisher = test.connect("publisher");
  const sys = new SysPublisher(test.broker);
  sys.publish();
  publisher.exchange("t", "12345", { qos: 1 });
  publisher.exchange("t", "678", { qos: 1 });
  publisher.send(
    publishPacket("t", "9"),
    publishPacket("kept", "0123456789", {
      isRetained: true,
    }),
  );
  test.advance(60_000);
  sys.publish();
  const values = retainedOf(test);
  const expected = {
    "version": "rqtt version 0.1.0",
    "uptime": "60 seconds",
    "clients/connected": "1",
    "clients/active": "1",
    "clients/disconnected": "1",
    "clients/inactive": "1",
    "clients/total": "2",
    "clients/maximum": "1",
    "clients/expired": "0",
    // Two CONNECTs, two SUBSCRIBEs, a DISCONNECT and these four.
    "publish/messages/received": "4",
    "publish/bytes/received": "19",
    "publish/messages/dropped": "1",
    "messages/received": "9",
    "retained messages/count": String(MOSQUITTO_TOPICS.length + 1),
    "subscriptions/count": "1",
    "shared_subscriptions/count": "1",
    "store/messages/count": String(MOSQUITTO_TOPICS.length + 3),
    "messages/stored": String(MOSQUITTO_TOPICS.length + 3),
    // 4 PUBLISH in a minute, at the end of the first minute: 4 × (1 - 1/e).
    "load/publish/received/1min": (4 * (1 - Math.exp(-1))).toFixed(2),
    "load/publish/received/5min": (4 * (1 - Math.exp(-1 / 5))).toFixed(2),
    "load/publish/received/15min": (4 * (1 - Math.exp(-1 / 15))).toFixed(2),
    "load/publish/dropped/1min": (1 - Math.exp(-1)).toFixed(2),
  };
  for (const [name, value] of Object.entries(expected)) {
    assertEquals([name, values[name]], [name, value]);
  }
  assert(Number(values["heap/current"]) > 1_000_000);
  assert(Number(values["heap/maximum"]) >= Number(values["heap/current"]));
});

brokerTest("only what has changed is published again", (test) => {
  const sys = new SysPublisher(test.broker);
  const publish = () => {
    sys.publish();
    test.tasks.run();
  };
  const reader = test.connect("reader");
  reader.subscribe("$SYS/broker/clients/#");
  publish();
  assert("clients/connected" in valuesOf(reader));
  publish();
  assertEquals(valuesOf(reader), {});
  test.connect("another");
  publish();
  assertEquals(Object.keys(valuesOf(reader)).sort(), [
    "clients/active",
    "clients/connected",
    "clients/maximum",
    "clients/total",
  ]);
});

brokerTest("# does not match $SYS [MQTT-4.7.2-1]", (test) => {
  const reader = test.connect("reader");
  reader.subscribe(["#", "+/broker/#"]);
  new SysPublisher(test.broker).publish();
  assertEquals(reader.take(), []);
  const later = test.connect("later");
  later.subscribe("#");
  assertEquals(later.take(), []);
});

brokerTest("no client can publish to $SYS", (test) => {
  new SysPublisher(test.broker).publish();
  const version = retainedOf(test)["version"];
  const client = test.connect("client");
  client.publish("$SYS/broker/version", "forged", { isRetained: true });
  client.exchange("$SYS/broker/version", "forged", {
    qos: 1,
    isRetained: true,
  });
  assertEquals(retainedOf(test)["version"], version);
});

storeTest("a store is told nothing of $SYS", ({ test, store }) => {
  let calls = 0;
  store.retainedChanged = () => calls++;
  new SysPublisher(test.broker).publish();
  assertEquals(calls, 0);
});

Deno.test("$SYS is read by whom the rules let read it", async () => {
  await using auth = await AuthServer.start({
    aclFile: "topic read $SYS/broker/version\ntopic readwrite plant/#",
  });
  const client = await auth.connect({ clientIdentifier: "c" });
  const topic = "$SYS/broker/version";
  assertEquals((await client.subscribe(topic)).reasonCodes, [0]);
  assertEquals((await client.take()).topic, topic);
  const refused = await client.subscribe("$SYS/broker/uptime");
  assertEquals(refused.reasonCodes, [0x87]);
});

Deno.test("the topics are published at the start, and not with an interval of 0", async () => {
  for (const [sysIntervalMs, count] of [[10_000, 53], [0, 0]]) {
    const defaults = defaultConfig();
    const listeners = [{ ...defaults.listeners[0], port: 0 }];
    const config = { ...defaults, listeners, sysIntervalMs } as Config;
    const server = await Server.start({ config });
    assertEquals(server.broker.retained.count, count);
    await server.stop();
  }
});

defineTest({
  name: "the Mosquitto on this machine has no other topics",
  needs: [MOSQUITTO],
  async run() {
    const port = freePort();
    await withMosquitto(port, async () => {
      const client = await RawClient.open({ hostname: "127.0.0.1", port }, 5);
      await client.connect({ clientIdentifier: "reader" });
      await client.subscribe("$SYS/#");
      const names = new Set<string>();
      // All that is retained comes before the answer to PINGREQ.
      for (const { topic } of await client.pending()) {
        names.add(topic.replace("$SYS/broker/", ""));
      }
      client.close();
      assert(names.size > 40, `only ${names.size} topics came`);
      const unknown = names.difference(new Set(MOSQUITTO_TOPICS));
      assertEquals([...unknown], []);
    });
  },
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
