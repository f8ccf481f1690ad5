import fc from "fast-check";
import {
  RouteCache,
  Subscription,
  SubscriptionTree,
} from "../../src/topics/mod.ts";
import {
  countWords,
  packTopic,
  startsWithWords,
} from "../../src/topics/_topic_hash.ts";
import { assert, assertEquals } from "../_assert.ts";
import { surround } from "./_generators.ts";

const permissions = "none";

function toBytes(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setInt32(i * 4, word, true));
  return bytes;
}

/** What hashing makes of a state and a word: one to one in either. */
function mix(state: number, word: number): number {
  const product = Math.imul(state ^ word, 0x9e3779b1);
  return product ^ product >>> 15;
}

/** Eight bytes that all hash alike: the second word undoes the first. */
function makeCollision(index: number): Uint8Array {
  return toBytes(index, mix(8, index));
}

function hashTopic(
  bytes: Uint8Array,
  start: number,
  end: number,
  seed: number,
): number {
  return packTopic(bytes, start, end, seed, new Int32Array(32));
}

function packWords(bytes: Uint8Array): Int32Array {
  const words = new Int32Array(8);
  packTopic(bytes, 0, bytes.length, 0, words);
  const count = countWords(bytes.length);
  assertEquals(words.subarray(count).every((word) => word === 0), true);
  return words.slice(0, count);
}

Deno.test({
  name: "the hash depends on the bytes between start and end only",
  permissions,
  fn() {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.nat(5),
        fc.integer(),
        (topic, before, seed) => {
          const bytes = new Uint8Array(topic.length + before + 3).fill(0xaa);
          bytes.set(topic, before);
          assertEquals(
            hashTopic(bytes, before, before + topic.length, seed),
            hashTopic(topic, 0, topic.length, seed),
          );
        },
      ),
    );
  },
});

Deno.test({
  name: "bytes are equal if their number and their words are",
  permissions,
  fn() {
    const bytes = fc.uint8Array({ maxLength: 12, max: 1 });
    fc.assert(
      fc.property(bytes, bytes, (own, other) => {
        const isSame = own.length === other.length &&
          startsWithWords(packWords(other), packWords(own));
        assertEquals(isSame, own.join() === other.join());
      }),
      { numRuns: 2_000 },
    );
    for (let i = 0; i < 9; i++) {
      const other = new Uint8Array(9);
      other[i] = 1;
      assert(!startsWithWords(packWords(other), packWords(new Uint8Array(9))));
    }
  },
});

Deno.test({
  name: "numbered topics spread over the buckets",
  permissions,
  fn() {
    const patterns = [
      (i: number) => `devices/${i}/state`,
      (i: number) => `${i}`,
      (i: number) => `plant/line-${i % 64}/sensor-${i >> 6}/temperature`,
      (i: number) => `device/${String(i).padStart(8, "0")}`,
    ];
    for (const topicOf of patterns) {
      const lengths = new Uint32Array(4_096);
      for (let i = 0; i < 4_096; i++) {
        const { bytes, start, end } = surround(topicOf(i));
        lengths[hashTopic(bytes, start, end, 0) & 4_095]++;
      }
      const used = lengths.filter((length) => length > 0).length;
      // Random numbers would use 63 % of the buckets.
      assert(used > 2_400, `${topicOf(1)}: ${used} of 4096 buckets used`);
      assert(Math.max(...lengths) <= 9);
    }
  },
});

Deno.test({
  name: "topics that all collide are told apart and stay few",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    const cache = new RouteCache(tree, {
      maximumEntries: 10_000,
      maximumTopicBytes: 64,
    });
    const topics = Array.from({ length: 1_000 }, (_, i) => makeCollision(i));
    const hashes = topics.map((bytes) => hashTopic(bytes, 0, 8, 0));
    assertEquals(new Set(hashes).size, 1);
    topics.forEach((bytes, i) => {
      assertEquals(cache.lookup(bytes, 0, 8), null);
      cache.insert(bytes, 0, 8, `${i}`);
      assertEquals(cache.lookup(bytes, 0, 8)?.topicName, `${i}`);
      assert(cache.size <= 8);
    });
    topics.forEach((bytes, i) => {
      const route = cache.lookup(bytes, 0, 8);
      if (route !== null) assertEquals(route.topicName, `${i}`);
    });
    assertEquals(cache.hits, 1_008);
  },
});

Deno.test({
  name: "topics that collide stay apart when their routes are renewed",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    const cache = new RouteCache(tree, {
      maximumEntries: 10,
      maximumTopicBytes: 64,
    });
    const topics = [1, 2, 3].map(makeCollision);
    topics.forEach((bytes, i) => cache.insert(bytes, 0, 8, `${i}`));
    tree.add(new Subscription("s", "#"));
    for (let round = 0; round < 2; round++) {
      topics.forEach((bytes, i) => {
        assertEquals(cache.lookup(bytes, 0, 8)?.topicName, `${i}`);
      });
    }
  },
});

Deno.test({
  name: "a topic that begins with another one and hashes alike is not it",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    const cache = new RouteCache(tree, {
      maximumEntries: 10,
      maximumTopicBytes: 64,
    });
    const word = 0x61626364;
    const own = toBytes(word);
    // The words of `own` are `word` and, as no byte is left over, 0.
    const other = toBytes(word, 0, 4 ^ word ^ mix(mix(12, word), 0));
    assertEquals(hashTopic(own, 0, 4, 0), hashTopic(other, 0, 12, 0));
    cache.insert(own, 0, 4, "own");
    assertEquals(cache.lookup(other, 0, 12), null);
  },
});
