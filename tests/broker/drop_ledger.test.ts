import { DropLedger, DropReason } from "../../src/broker/mod.ts";
import { assertEquals } from "../_assert.ts";
import { brokerTest, connectPacket, publishPacket } from "./_harness.ts";

Deno.test({
  name: "the ledger keeps the newest records, the newest first",
  permissions: "none",
  fn() {
    const ledger = new DropLedger(3);
    assertEquals(ledger.list(10), []);
    for (let i = 1; i <= 5; i++) {
      ledger.note(i * 100, DropReason.expired, "c", `t/${i}`, 1);
    }
    assertEquals(
      ledger.list(10).map(({ sequence, topicName, lastAtMs }) => [
        sequence,
        topicName,
        lastAtMs,
      ]),
      [[5, "t/5", 500], [4, "t/4", 400], [3, "t/3", 300]],
    );
    assertEquals(ledger.list(1).map(({ sequence }) => sequence), [5]);
    assertEquals(ledger.list(10, 5).map(({ sequence }) => sequence), [4, 3]);
    assertEquals(ledger.list(10, 3), []);
  },
});

Deno.test({
  name: "drops that repeat share one record",
  permissions: "none",
  fn() {
    const ledger = new DropLedger(3);
    ledger.note(100, DropReason.slowConsumer, "c", "t", 5);
    ledger.note(200, DropReason.slowConsumer, "c", "t", 7);
    ledger.note(300, DropReason.queueFull, "c", "t", 1);
    const [second, first] = ledger.list(10);
    assertEquals(first, {
      sequence: 1,
      reason: DropReason.slowConsumer,
      clientIdentifier: "c",
      topicName: "t",
      firstAtMs: 100,
      lastAtMs: 200,
      count: 12,
    });
    assertEquals([second.sequence, second.count], [2, 1]);
  },
});

Deno.test({
  name: "a record that was handed out stays as it was",
  permissions: "none",
  fn() {
    const ledger = new DropLedger(1);
    ledger.note(100, DropReason.expired, "a", "t", 1);
    const [record] = ledger.list(1);
    ledger.note(200, DropReason.expired, "b", "t", 1);
    assertEquals(record.clientIdentifier, "a");
    assertEquals(ledger.list(9).map((r) => r.clientIdentifier), ["b"]);
  },
});

Deno.test({
  name: "long names are cut, so that the ledger stays small",
  permissions: "none",
  fn() {
    const ledger = new DropLedger(1);
    ledger.note(
      1,
      DropReason.expired,
      "c".repeat(1_000),
      "t".repeat(65_535),
      1,
    );
    const [{ clientIdentifier, topicName }] = ledger.list(1);
    assertEquals([clientIdentifier.length, topicName.length], [256, 256]);
  },
});

brokerTest(
  "every counted drop is in the ledger, with client and topic",
  (test) => {
    const away = test.connect("away", {
      properties: { sessionExpiryInterval: 100 },
    });
    away.subscribe({ topicFilter: "#", qos: 2 });
    away.disconnect();
    const small = test.open();
    small.send(
      connectPacket("small", { properties: { maximumPacketSize: 40 } }),
    );
    small.take();
    small.subscribe({ topicFilter: "large", qos: 0 });
    const publisher = test.connect("publisher");
    publisher.send(publishPacket("$SYS/forged", "1"));
    publisher.send(publishPacket("q0", "2"));
    publisher.send(publishPacket("large", "3".repeat(40)));
    for (let i = 0; i < 101; i++) {
      publisher.exchange("full", `${i}`, { qos: 1 });
    }
    test.advance(200_000);
    const counts: Record<string, number> = {};
    for (const record of test.broker.drops.list(10)) {
      const { reason, clientIdentifier, topicName, count } = record;
      counts[`${reason} ${clientIdentifier} ${topicName}`] = count;
    }
    assertEquals(counts, {
      [`${DropReason.refused} publisher $SYS/forged`]: 1,
      [`${DropReason.offlineQos0} away q0`]: 1,
      [`${DropReason.offlineQos0} away large`]: 1,
      [`${DropReason.packetTooLarge} small large`]: 1,
      [`${DropReason.queueFull} away full`]: 1,
      [`${DropReason.sessionEnded} away full`]: 100,
    });
    assertEquals(test.drops, {
      refused: 1,
      offline_qos0: 2,
      packet_too_large: 1,
      queue_full: 1,
      session_ended: 100,
    });
    assertEquals(test.broker.statistics.sessionsExpired, 1);
  },
);
