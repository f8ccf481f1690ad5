import fc from "fast-check";
import { type Message, MessageSlab, NEVER } from "../../src/session/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../_assert.ts";
import { headOf, partsOf, sourceOf } from "./_deliveries.ts";

const permissions = "none";

const parts = fc.record({
  topicName: fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }),
  properties: fc.uint8Array({ maxLength: 200 }),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.nat(20_000).map((length) => new Uint8Array(length).fill(length)),
  ),
});

function copy(
  slab: MessageSlab,
  { topicName, properties, payload }: ReturnType<typeof partsOf>,
): Message {
  return slab.copy(sourceOf(topicName, properties, payload), headOf(topicName));
}

function messageOf(sizeBytes: number, slab = new MessageSlab()): Message {
  return copy(slab, {
    topicName: "t",
    properties: new Uint8Array(0),
    payload: new Uint8Array(sizeBytes - 1).fill(7),
  });
}

/** What the first message of a slab takes hold of. */
const SLAB_SIZE_BYTES = messageOf(1).payloadBytes.length;

Deno.test({
  name: "copies in one slab keep their parts, detached or not",
  permissions,
  fn() {
    fc.assert(fc.property(
      fc.array(fc.tuple(parts, fc.boolean()), { maxLength: 20 }),
      (all) => {
        const slab = new MessageSlab();
        const messages = all.map(([parts, isDetached]) => {
          const message = copy(slab, parts);
          if (isDetached) message.detach();
          return message;
        });
        messages.forEach((message, index) => {
          assertEquals(partsOf(message), all[index][0]);
        });
      },
    ));
  },
});

Deno.test({
  name: "a copy is independent of the bytes it was made from",
  permissions,
  fn() {
    const source = sourceOf("topic", new Uint8Array([1]), new Uint8Array([2]));
    const message = new MessageSlab().copy(source, headOf("topic"));
    source.topicBytes.fill(0);
    source.propertiesBytes.fill(0);
    source.payloadBytes.fill(0);
    assertEquals(partsOf(message), {
      topicName: "topic",
      properties: new Uint8Array([1]),
      payload: new Uint8Array([2]),
    });
  },
});

Deno.test({
  name: "a message knows what its head says and how large it is",
  permissions,
  fn() {
    const message = new MessageSlab().copy(
      sourceOf("é", new Uint8Array(3), new Uint8Array(4)),
      { topicName: "é", qos: 2, isRetained: true, expiresAtMs: 5 },
    );
    assertEquals(message.topicName, "é");
    assertEquals(message.qos, 2);
    assertEquals(message.isRetained, true);
    assertEquals(message.expiresAtMs, 5);
    assertEquals(message.sizeBytes, 2 + 3 + 4);
  },
});

Deno.test({
  name: "small messages share a slab until it is full",
  permissions,
  fn() {
    const slab = new MessageSlab();
    const quarter = SLAB_SIZE_BYTES / 4;
    const first = messageOf(quarter, slab);
    for (let i = 0; i < 3; i++) {
      assertStrictEquals(messageOf(quarter, slab).topicBytes, first.topicBytes);
    }
    const next = messageOf(1, slab);
    assert(next.topicBytes !== first.topicBytes);
    assertEquals(next.topicStart, 0);
  },
});

Deno.test({
  name: "a message of more than a quarter of a slab has its own array",
  permissions,
  fn() {
    const slab = new MessageSlab();
    const small = messageOf(1, slab);
    const large = messageOf(SLAB_SIZE_BYTES / 4 + 1, slab);
    assertEquals(large.topicBytes.length, large.sizeBytes);
    // It leaves the slab as it was.
    assertStrictEquals(messageOf(1, slab).topicBytes, small.topicBytes);
  },
});

Deno.test({
  name: "a detached message keeps an array of exactly its size alive",
  permissions,
  fn() {
    const slab = new MessageSlab();
    messageOf(10, slab);
    const message = messageOf(10, slab);
    assertEquals(message.payloadBytes.length, SLAB_SIZE_BYTES);
    message.detach();
    assertEquals(message.payloadBytes.length, 10);
    assertStrictEquals(message.topicBytes, message.payloadBytes);
    assertStrictEquals(message.propertiesBytes, message.payloadBytes);
    const own = message.payloadBytes;
    message.detach();
    assertStrictEquals(message.payloadBytes, own);
  },
});

Deno.test({
  name: "the remaining expiry counts whole seconds down to 0 [MQTT-3.3.2-6]",
  permissions,
  fn() {
    const message = new MessageSlab().copy(
      sourceOf("t", new Uint8Array(0), new Uint8Array(0)),
      headOf("t", { expiresAtMs: 10_000 }),
    );
    const remaining = [0, 1, 999, 1_000, 8_999, 9_001, 10_000, 12_000]
      .map((nowMs) => message.remainingExpirySeconds(nowMs));
    assertEquals(remaining, [10, 10, 10, 9, 2, 1, 0, 0]);
  },
});

Deno.test({
  name: "a message without expiry has -1 seconds left, always",
  permissions,
  fn() {
    const message = messageOf(1);
    assertEquals(message.expiresAtMs, NEVER);
    assertEquals(message.remainingExpirySeconds(Number.MAX_SAFE_INTEGER), -1);
  },
});

Deno.test({
  name: "a message larger than a slab is copied whole",
  permissions,
  fn() {
    const message = messageOf(300_000);
    assertEquals(partsOf(message).payload, new Uint8Array(299_999).fill(7));
  },
});
