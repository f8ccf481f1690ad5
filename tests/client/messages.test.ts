import { MqttError, ReasonCode } from "../../src/codec/mod.ts";
import {
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../_assert.ts";
import { rejectionOf, test } from "./_define.ts";
import { settle } from "./_fake_clock.ts";
import { FakeServer } from "./_fake_server.ts";

test("for await reads messages until the loop is left", async () => {
  const { client, link } = await new FakeServer().connect();
  const read = (async () => {
    const texts: string[] = [];
    for await (const message of client) {
      texts.push(message.text());
      if (texts.length === 3) break;
    }
    return texts;
  })();
  for (const payload of ["1", "2", "3", "4"]) link.publish({ payload });
  assertEquals(await read, ["1", "2", "3"]);
});

test("each stream has what its filter matches", async () => {
  const { client, link } = await new FakeServer().connect();
  using all = client.messages();
  using some = client.messages("a/+");
  using shared = client.messages("$share/g/b/#");
  for (const topicName of ["a/1", "b/2", "a/2/3"]) link.publish({ topicName });
  assertEquals(all.bufferedCount, 3);
  assertEquals(some.bufferedCount, 1);
  assertEquals((await shared.next()).value!.topicName, "b/2");
});

test("a filter that is not valid is refused [MQTT-4.7.1-1]", async () => {
  const { client } = await new FakeServer().connect();
  const error = assertThrows(() => client.messages("a/#/b"), MqttError);
  assertEquals(error.reasonCode, ReasonCode.topicFilterInvalid);
});

test("what comes before the first stream waits for those that are opened together", async () => {
  const { client, link } = await new FakeServer().connect();
  link.publish({ topicName: "a", qos: 1, packetIdentifier: 1 });
  link.publish({ topicName: "b", qos: 1, packetIdentifier: 2 });
  link.publish({ topicName: "c", qos: 1, packetIdentifier: 3 });
  assertEquals(await link.rest(), []);
  using first = client.messages("a");
  using second = client.messages("b");
  assertEquals((await first.next()).value!.topicName, "a");
  assertEquals((await second.next()).value!.topicName, "b");
  first.return();
  second.return();
  // Nobody wants the third.
  assertEquals((await link.rest()).length, 3);
});

test("a stream opened later has only what comes from then on", async () => {
  const { client, link } = await new FakeServer().connect();
  link.publish({ payload: "1" });
  using first = client.messages();
  await settle();
  using second = client.messages();
  link.publish({ payload: "2" });
  assertEquals(first.bufferedCount, 2);
  assertEquals((await second.next()).value!.text(), "2");
});

test("a slow consumer stops the reading, and half of its buffer free lets it go on", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages(null, { maximumMessages: 4 });
  for (let count = 1; count <= 6; count++) {
    link.publish({ payload: `${count}` });
  }
  assertEquals(messages.bufferedCount, 4);
  assertEquals(link.isHeld, true);
  await messages.next();
  await settle();
  assertEquals(link.isHeld, true);
  await messages.next();
  await settle();
  assertEquals(link.isHeld, false);
  for (const expected of ["3", "4", "5", "6"]) {
    assertEquals((await messages.next()).value!.text(), expected);
  }
  assertEquals(client.droppedCount, 0);
});

test("a buffer is bounded in bytes as well", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages(null, { maximumBytes: 10 });
  for (let count = 0; count < 5; count++) link.publish({ payload: "12345" });
  assertEquals(messages.bufferedCount, 2);
  assertEquals(link.isHeld, true);
  await messages.next();
  await settle();
  // What was held back has come.
  assertEquals(messages.bufferedCount, 2);
});

test("a consumer that awaits an answer of the server is not kept from it", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages(null, { maximumMessages: 2 });
  for (let count = 0; count < 3; count++) link.publish();
  assertEquals(link.isHeld, true);
  const publishing = client.publish("b", "", { qos: 1 });
  await link.take(3);
  link.acknowledge(4, 1);
  await publishing;
  assertEquals(messages.bufferedCount, 2);
  // At QoS 0 there was no room for what stood before the answer.
  assertEquals(client.droppedCount, 1);
});

test("a transport that cannot stop drops QoS 0 that nobody reads, and QoS 1 never", async () => {
  const { client, link } = await new FakeServer().connect();
  link.canHold = false;
  using messages = client.messages(null, { maximumMessages: 2 });
  for (let count = 1; count <= 5; count++) {
    link.publish({ payload: `${count}` });
  }
  link.publish({ payload: "6", qos: 1, packetIdentifier: 1 });
  assertEquals(client.droppedCount, 3);
  for (const expected of ["1", "2", "6"]) {
    assertEquals((await messages.next()).value!.text(), expected);
  }
});

test("leaving a full stream lets the reading go on", async () => {
  const { client, link } = await new FakeServer().connect();
  const messages = client.messages("a", { maximumMessages: 1 });
  link.publish();
  link.publish({ topicName: "b" });
  assertEquals(link.isHeld, true);
  messages[Symbol.dispose]();
  await settle();
  assertEquals(link.isHeld, false);
});

test("messages that nobody has asked for yet stop the reading too", async () => {
  const { client, link } = await new FakeServer().connect();
  for (let count = 0; count < 1_001; count++) link.publish();
  assertEquals(link.isHeld, true);
  using messages = client.messages();
  await settle();
  assertEquals(messages.bufferedCount, 1_000);
  for (let count = 0; count < 500; count++) await messages.next();
  await settle();
  assertEquals(link.isHeld, false);
  assertEquals(messages.bufferedCount, 501);
});

test("a signal ends the stream with its reason, once", async () => {
  const { client, link } = await new FakeServer().connect();
  const reason = new Error("enough");
  const controller = new AbortController();
  const messages = client.messages("a", { signal: controller.signal });
  link.publish({ qos: 1, packetIdentifier: 1 });
  controller.abort(reason);
  assertStrictEquals(await rejectionOf(messages.next()), reason);
  assertEquals((await messages.next()).done, true);
  assertEquals((await link.take(4)).packetIdentifier, 1);

  const waiting = new AbortController();
  const next = client.messages("a", { signal: waiting.signal }).next();
  waiting.abort(reason);
  assertStrictEquals(await rejectionOf(next), reason);

  const late = client.messages("a", { signal: controller.signal });
  assertStrictEquals(await rejectionOf(late.next()), reason);
});

test("closing the client ends its streams", async () => {
  const { client, link } = await new FakeServer().connect();
  const idle = client.messages();
  const next = idle.next();
  const full = client.messages("a");
  link.publish({ topicName: "a" });
  link.publish({ topicName: "a" });
  await next;
  const waiting = idle.next().then(() => idle.next());
  await client.close();
  assertEquals((await waiting).done, true);
  assertEquals((await full.next()).done, true);
  assertThrows(() => client.messages(), MqttError, "closed");
});

test("a client that is lost for good ends its streams with the error", async () => {
  const { client, link } = await new FakeServer().connect();
  const messages = client.messages();
  link.reply({
    type: 14,
    reasonCode: ReasonCode.sessionTakenOver,
    properties: {},
  });
  const error = await assertRejects(() => messages.next(), MqttError);
  assertEquals(error.reasonCode, ReasonCode.sessionTakenOver);
  assertEquals((await messages.next()).done, true);
});

test("several calls of next are answered in their order", async () => {
  const { client, link } = await new FakeServer().connect();
  using messages = client.messages();
  const nexts = [messages.next(), messages.next()];
  link.publish({ payload: "1", qos: 1, packetIdentifier: 1 });
  link.publish({ payload: "2", qos: 1, packetIdentifier: 2 });
  const texts = (await Promise.all(nexts)).map(({ value }) => value!.text());
  assertEquals(texts, ["1", "2"]);
  assertEquals((await link.take(4)).packetIdentifier, 1);
});

test("await using leaves a stream at the end of its block", async () => {
  const { client, link } = await new FakeServer().connect();
  {
    await using messages = client.messages();
    link.publish({ qos: 1, packetIdentifier: 1 });
    await messages.next();
  }
  assertEquals((await link.take(4)).packetIdentifier, 1);
});
