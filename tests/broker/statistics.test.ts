import {
  DROP_REASON_NAMES,
  DropReason,
  Statistics,
} from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest, connectPacket, publishPacket } from "./_harness.ts";

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
