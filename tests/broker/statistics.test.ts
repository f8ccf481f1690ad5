import {
  DROP_REASON_NAMES,
  DropReason,
  Statistics,
} from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { PacketType } from "../../src/codec/mod.ts";
import {
  brokerTest,
  connectPacket,
  publishPacket,
  subscribePacket,
} from "./_harness.ts";

Deno.test({
  name: "every reason of a drop has a name and a counter of its own",
  permissions: "none",
  fn() {
    const names = Object.entries(DropReason).map(([name, reason]) => [
      name.replace(
        /[A-Z0]/g,
        (letter) => letter === "0" ? "0" : `_${letter.toLowerCase()}`,
      ),
      reason,
    ]);
    assertEquals(
      names,
      DROP_REASON_NAMES.map((name, reason) => [name, reason]),
    );
    const { dropped } = new Statistics();
    assertEquals(dropped, DROP_REASON_NAMES.map(() => 0));
  },
});

brokerTest(
  "bytes and messages are counted both ways as they go over the wire",
  (test) => {
    let sentBytes = 0;
    let receivedBytes = 0;
    const clients = ["a", "b"].map((name) => {
      const client = test.open();
      const { onBytes, deliver } = client.transport;
      client.transport.onBytes = (bytes) => {
        sentBytes += bytes.length;
        onBytes(bytes);
      };
      client.transport.deliver = (bytes) => {
        receivedBytes += bytes.length;
        deliver.call(client.transport, bytes);
      };
      client.send(connectPacket(name));
      client.take();
      return client;
    });
    const [subscriber, publisher] = clients;
    subscriber.subscribe({ topicFilter: "t", qos: 1 });
    publisher.send(
      publishPacket("t", "1"),
      publishPacket("t", "2"),
      publishPacket("u", "3"),
    );
    publisher.exchange("t", "4", { qos: 1 });
    publisher.exchange("t", "5", { qos: 2 });
    const {
      bytesReceived,
      bytesSent,
      publishReceived,
      publishSent,
      connectionsAccepted,
      connectionsRefused,
    } = test.broker.statistics;
    assertEquals([bytesReceived, bytesSent], [receivedBytes, sentBytes]);
    assertEquals([publishReceived, publishSent], [5, 4]);
    assertEquals([connectionsAccepted, connectionsRefused], [2, 0]);
  },
);

brokerTest(
  "packets and payloads are counted by QoS, also in a burst to one topic",
  (test) => {
    const subscriber = test.connect("s");
    subscriber.subscribe({ topicFilter: "t", qos: 1 });
    const publisher = test.connect("p");
    const { statistics } = test.broker;
    const before = { ...statistics };
    const sentBefore = statistics.packetsSent;
    publisher.send(
      publishPacket("t", "1"),
      publishPacket("t", "22"),
      publishPacket("t", "333"),
      publisher.publication("t", "4444", { qos: 1 }),
      publisher.publication("t", "55555", { qos: 2 }),
      { type: PacketType.pingreq },
    );
    assertEquals([...statistics.messagesReceived], [3, 1, 1]);
    assertEquals([...statistics.payloadBytesReceived], [6, 4, 5]);
    assertEquals([...statistics.messagesSent], [3, 2, 0]);
    assertEquals([...statistics.payloadBytesSent], [6, 9, 0]);
    assertEquals(statistics.packetsReceived - before.packetsReceived, 6);
    // Five to the subscriber; PUBACK, PUBREC and PINGRESP to the publisher.
    assertEquals(statistics.packetsSent - sentBefore, 8);
    const { connection } = publisher.transport;
    assertEquals([connection?.messagesReceived, connection?.messagesSent], [
      5,
      0,
    ]);
    assertEquals(subscriber.transport.connection?.messagesSent, 5);
  },
);

brokerTest("every packet that goes out is counted", (test) => {
  const client = test.open();
  let sent = 0;
  const { onBytes } = client.transport;
  client.transport.onBytes = (bytes) => {
    onBytes(bytes);
    sent += client.take().length;
  };
  client.send(connectPacket("c"));
  client.send(subscribePacket(1, ["t"]));
  client.send({
    type: PacketType.unsubscribe,
    packetIdentifier: 2,
    topicFilters: ["t"],
    properties: {},
  });
  client.send({ type: PacketType.pingreq });
  // A second CONNECT is answered with DISCONNECT.
  client.send(connectPacket("c"));
  const other = test.open();
  test.authorizer.authenticate = () => ({ reasonCode: 0x86 });
  other.send(connectPacket("d"));
  assertEquals([sent, other.take().length], [5, 1]);
  assertEquals(test.broker.statistics.packetsSent, 6);
});

brokerTest("connections are counted by how they end", (test) => {
  const { statistics } = test.broker;
  const [a, b] = ["a", "b"].map((name) => test.connect(name));
  assertEquals(statistics.clientsConnected, 2);
  a.disconnect();
  b.send(connectPacket("b"));
  test.authorizer.authenticate = () => ({ reasonCode: 0x86 });
  test.open().send(connectPacket("c"));
  assertEquals(
    [statistics.clientsConnected, statistics.clientsConnectedMaximum],
    [0, 2],
  );
  assertEquals([statistics.disconnected[0], statistics.disconnected[0x82]], [
    1,
    1,
  ]);
  assertEquals(statistics.refused[0x86], 1);
  assertEquals(statistics.authenticationSeconds.count, 3);
  assertEquals(statistics.authenticationFailures, 1);
});
