import { PacketType } from "../../src/codec/mod.ts";
import { assertEquals, assertThrows } from "../_assert.ts";
import {
  brokerTest,
  connectPacket,
  FakeClock,
  publishPacket,
  SeededRandom,
  Tasks,
  TestBroker,
} from "./_harness.ts";

const permissions = "none";

Deno.test({
  name: "the clock stops at each alarm on the way, also at those set meanwhile",
  permissions,
  fn() {
    const clock = new FakeClock();
    const startMs = clock.nowMs();
    const times: number[] = [];
    const tick = () => {
      times.push(clock.nowMs() - startMs);
      if (times.length < 3) clock.setAlarm(clock.nowMs() + 10, tick);
    };
    clock.setAlarm(startMs + 5, tick);
    clock.advance(4);
    assertEquals(times, []);
    clock.advance(21);
    assertEquals(times, [5, 15, 25]);
    assertEquals(clock.nowMs() - startMs, 25);
    assertEquals(clock.alarmAtMs, Infinity);
  },
});

Deno.test({
  name: "equal seeds give equal numbers, other seeds other ones",
  permissions,
  fn() {
    const text = (seed: number) => new SeededRandom(seed).text(20);
    assertEquals(text(7), text(7));
    assertEquals(text(7) === text(8), false);
  },
});

Deno.test({
  name: "tasks run oldest first, or in the order that the test picks",
  permissions,
  fn() {
    const tasks = new Tasks();
    let order = "";
    for (const name of "abc") tasks.add(() => order += name);
    tasks.runOne(1);
    tasks.add(() => order += "d");
    tasks.run();
    assertEquals(order, "bacd");
    assertEquals(tasks.count, 0);
  },
});

for (const sizeBytes of [1, 2, 7]) {
  brokerTest(`packets may come in chunks of ${sizeBytes} bytes`, (test) => {
    const subscriber = test.connect("subscriber");
    subscriber.subscribe("t");
    const client = test.open();
    client.sendInChunks(client.encode(connectPacket("c")), sizeBytes);
    client.next(PacketType.connack);
    client.sendInChunks(client.encode(publishPacket("t", "text")), sizeBytes);
    assertEquals(subscriber.payloads(), ["text"]);
  });
}

brokerTest("a stuck client gets what was sent once it moves again", (test) => {
  const client = test.connect("c");
  client.transport.isStuck = true;
  client.send({ type: PacketType.pingreq });
  assertEquals(client.take(), []);
  client.transport.isStuck = false;
  test.tasks.run();
  client.next(PacketType.pingresp);
});

Deno.test({
  name: "the end of a test reports errors inside the broker",
  permissions,
  fn() {
    const test = new TestBroker();
    test.observer.internalError(null, new RangeError("defect"));
    assertThrows(() => test.finish(), RangeError, "defect");
  },
});

Deno.test({
  name: "the end of a test reports what the broker still holds",
  permissions,
  fn() {
    const test = new TestBroker();
    test.broker.timers.schedule(test.clock.nowMs() + 1, () => {});
    assertThrows(() => test.finish(), Error, "timers");
  },
});
