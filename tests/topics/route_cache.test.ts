import fc from "fast-check";
import {
  type Route,
  RouteCache,
  type RouteCacheOptions,
  Subscription,
  SubscriptionTree,
} from "../../src/topics/mod.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "../_assert.ts";
import { surround, topicNames } from "./_generators.ts";
import {
  describeRoute,
  type Subscriber,
  SubscriptionList,
  subscriptions,
} from "./_model.ts";

const permissions = "none";

function setUp(options: Partial<RouteCacheOptions> = {}) {
  const tree = new SubscriptionTree<string>();
  const cache = new RouteCache(tree, {
    maximumEntries: 100,
    maximumTopicBytes: 64,
    ...options,
  });
  return { tree, cache };
}

function lookup<S>(cache: RouteCache<S>, topicName: string): Route<S> | null {
  const { bytes, start, end } = surround(topicName);
  return cache.lookup(bytes, start, end);
}

function find<S>(cache: RouteCache<S>, topicName: string): Route<S> {
  const { bytes, start, end } = surround(topicName);
  return cache.lookup(bytes, start, end) ??
    cache.insert(bytes, start, end, topicName);
}

Deno.test({
  name: "a topic is resolved once and found by its bytes from then on",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    tree.add(new Subscription("s", "é/+"));
    assertEquals(lookup(cache, "é/😀"), null);
    const route = find(cache, "é/😀");
    assertEquals(route.receivers.length, 1);
    assertStrictEquals(lookup(cache, "é/😀"), route);
    for (const other of ["é/😁", "é/", "é/😀/", "", "é"]) {
      assertEquals(lookup(cache, other), null);
    }
    assertEquals(cache.size, 1);
    assertEquals(cache.hits, 1);
    assertEquals(cache.misses, 7);
  },
});

Deno.test({
  name: "a route does not borrow the bytes of its topic",
  permissions,
  fn() {
    const { cache } = setUp();
    const { bytes, start, end } = surround("a/b");
    const route = cache.insert(bytes, start, end, "a/b");
    bytes.fill(0);
    assertEquals(cache.lookup(bytes, start, end), null);
    assertStrictEquals(lookup(cache, "a/b"), route);
  },
});

Deno.test({
  name: "each kind of subscription reaches the cached routes it matches",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    const filters = ["a/b/c/d/e/f", "#", "+/b/#", "a/#", "a/b/c/d/e/+"];
    for (const shareName of [null, "g"]) {
      for (const filter of filters) {
        const empty = find(cache, "a/b/c/d/e/f");
        assertEquals(empty.subscriptionCount, 0);
        tree.add(new Subscription("s", filter, { shareName }));
        assertEquals(find(cache, "a/b/c/d/e/f").subscriptionCount, 1, filter);
        tree.remove("s", filter, shareName);
        assertEquals(find(cache, "a/b/c/d/e/f").subscriptionCount, 0, filter);
      }
    }
    assertEquals(cache.size, 1);
  },
});

Deno.test({
  name: "a subscription elsewhere leaves a route as it is",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    tree.add(new Subscription("s", "site/#"));
    const route = find(cache, "site/line/machine/state");
    for (
      const filter of [
        "other/#",
        "site/other/+",
        "site/line/other/#",
        "site/line/machine/other/#",
        "site/line/machine",
        "/#",
      ]
    ) {
      tree.add(new Subscription("s", filter));
      assertStrictEquals(lookup(cache, "site/line/machine/state"), route);
    }
  },
});

Deno.test({
  name: "a renewed route counts as a miss and starts without context",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    const route = find(cache, "a/b");
    route.context = "remembered";
    tree.add(new Subscription("s", "a/+"));
    const renewed = lookup(cache, "a/b");
    assertNotEquals(renewed, route);
    assertEquals(renewed?.topicName, "a/b");
    assertEquals(renewed?.context, null);
    assertEquals(cache.misses, 2);
    assertStrictEquals(lookup(cache, "a/b"), renewed);
    assertEquals(cache.hits, 1);
    assertEquals(route.receivers.length, 0, "the old route is untouched");
  },
});

Deno.test({
  name: "the turn of a shared group survives the renewal of routes",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    const select = () => {
      const [group] = find(cache, "a/b").sharedGroups;
      return group.select(() => true)?.subscriber;
    };
    for (const subscriber of ["s", "t", "u"]) {
      tree.add(new Subscription(subscriber, "a/+", { shareName: "g" }));
    }
    assertEquals(select(), "s");
    tree.add(new Subscription("x", "#"));
    assertEquals(select(), "t");
    tree.remove("x", "#", null);
    assertEquals(select(), "u");
  },
});

Deno.test({
  name: "a cached route sees who joins and leaves its shared group",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    tree.add(new Subscription("s", "a/+", { shareName: "g" }));
    const route = find(cache, "a/b");
    tree.add(new Subscription("t", "a/+", { shareName: "g" }));
    assertStrictEquals(lookup(cache, "a/b"), route);
    assertEquals(route.sharedGroups[0].members.length, 2);
    tree.remove("s", "a/+", "g");
    assertEquals(route.sharedGroups[0].members[0].subscriber, "t");
    tree.remove("t", "a/+", "g");
    assertEquals(lookup(cache, "a/b")?.sharedGroups.length, 0);
  },
});

Deno.test({
  name: "invented topics do not grow the cache beyond its entries, and do " +
    "not displace a topic in use",
  permissions,
  fn() {
    const { cache } = setUp({ maximumEntries: 32 });
    const route = find(cache, "used");
    for (let i = 0; i < 2_000; i++) {
      find(cache, `invented/${i}`);
      assert(cache.size <= 32);
      if (i % 8 === 0) assertStrictEquals(lookup(cache, "used"), route);
    }
    assertEquals(cache.size, 32);
  },
});

Deno.test({
  name: "a topic used long ago gives way in the end, one used lately does not",
  permissions,
  fn() {
    const { cache } = setUp({ maximumEntries: 4 });
    for (const topicName of ["a", "b", "c", "a", "b", "c"]) {
      find(cache, topicName);
    }
    for (let i = 0; i < 20; i++) {
      find(cache, `invented/${i}`);
      assert(lookup(cache, "b") !== null);
    }
    assertEquals(lookup(cache, "a"), null);
    assertEquals(lookup(cache, "c"), null);
  },
});

Deno.test({
  name: "a cache that grows finds again what it had",
  permissions,
  fn() {
    const { cache } = setUp({ maximumEntries: 2_000 });
    for (let i = 0; i < 1_000; i++) find(cache, `a/${i}`);
    assertEquals(cache.size, 1_000);
    for (let i = 0; i < 1_000; i++) {
      assertEquals(lookup(cache, `a/${i}`)?.topicName, `a/${i}`);
    }
  },
});

Deno.test({
  name: "routes together refer to no more receivers than allowed",
  permissions,
  fn() {
    const { tree, cache } = setUp({ maximumReceivers: 10 });
    for (const name of ["s", "t", "u"]) tree.add(new Subscription(name, "#"));
    for (let i = 0; i < 50; i++) {
      assertEquals(find(cache, `a/${i}`).receivers.length, 3);
      assert(cache.receiverCount <= 10);
    }
    assertEquals(cache.size, 3);
    for (let i = 0; i < 8; i++) tree.add(new Subscription(`${i}`, "#"));
    assertEquals(find(cache, "b").receivers.length, 11);
    assertEquals(lookup(cache, "b"), null);
  },
});

Deno.test({
  name: "long topics and a cache without entries resolve each time",
  permissions,
  fn() {
    for (
      const options of [
        { maximumTopicBytes: 2 },
        { maximumEntries: 0 },
      ]
    ) {
      const { tree, cache } = setUp(options);
      tree.add(new Subscription("s", "a/b"));
      const route = find(cache, "a/b");
      assertEquals(route.receivers.length, 1);
      assertEquals(lookup(cache, "a/b"), null);
      assertEquals(cache.size, 0);
    }
    const { cache } = setUp({ maximumTopicBytes: 3 });
    assertStrictEquals(find(cache, "a/b"), lookup(cache, "a/b"));
  },
});

Deno.test({
  name: "inserting a topic that is kept replaces its route",
  permissions,
  fn() {
    const { cache } = setUp();
    const { bytes, start, end } = surround("a");
    cache.insert(bytes, start, end, "a");
    const route = cache.insert(bytes, start, end, "a");
    assertEquals(cache.size, 1);
    assertStrictEquals(lookup(cache, "a"), route);
  },
});

Deno.test({
  name: "sweeping drops outdated routes and keeps the others",
  permissions,
  fn() {
    const { tree, cache } = setUp();
    for (let i = 0; i < 10; i++) {
      find(cache, `a/${i}`);
      find(cache, `b/${i}`);
    }
    tree.add(new Subscription("s", "a/+"));
    cache.sweep(5);
    assert(cache.size >= 15 && cache.size < 20, `keeps ${cache.size}`);
    cache.sweep(20);
    assertEquals(cache.size, 10);
    assertEquals(lookup(cache, "a/1"), null);
    assert(lookup(cache, "b/1") !== null);
    setUp().cache.sweep(1);
  },
});

Deno.test({
  name: "a tree has one route cache",
  permissions,
  fn() {
    const { tree } = setUp();
    const options = { maximumEntries: 1, maximumTopicBytes: 1 };
    assertThrows(
      () => new RouteCache(tree, options),
      Error,
      "Cannot attach route invalidator: the subscription tree has one",
    );
  },
});

Deno.test({
  name: "the cache agrees with the list of subscriptions at all times and " +
    "keeps its bounds",
  permissions,
  fn() {
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: subscriptions }),
        fc.record({ removeAt: fc.nat(100) }),
        { weight: 3, arbitrary: fc.record({ topicName: topicNames }) },
        fc.record({ sweep: fc.nat(3) }),
      ),
      { maxLength: 100 },
    );
    const bounds = fc.record({
      maximumEntries: fc.nat(12),
      maximumTopicBytes: fc.integer({ min: 4, max: 40 }),
      maximumReceivers: fc.nat(12),
      hashSeed: fc.integer(),
    });
    let hits = 0;
    fc.assert(
      fc.property(bounds, steps, (bounds, steps) => {
        const tree = new SubscriptionTree<Subscriber>();
        const cache = new RouteCache(tree, bounds);
        const list = new SubscriptionList();
        const topicNames = new Set(["a", "a/b"]);
        const check = (topicName: string) => {
          const route = find(cache, topicName);
          assertEquals(route.topicName, topicName);
          assertEquals(describeRoute(route), list.describe(topicName));
          assert(cache.size <= bounds.maximumEntries);
          assert(cache.receiverCount <= bounds.maximumReceivers);
        };
        for (const step of steps) {
          if ("add" in step) {
            tree.add(step.add);
            list.add(step.add);
          } else if ("sweep" in step) {
            cache.sweep(step.sweep);
          } else if ("topicName" in step) {
            topicNames.add(step.topicName);
            check(step.topicName);
          } else {
            const gone = list.at(step.removeAt);
            if (gone === undefined) continue;
            tree.remove(gone.subscriber, gone.topicFilter, gone.shareName);
            list.remove(gone);
          }
          if (topicNames.size < 12) topicNames.forEach(check);
        }
        topicNames.forEach(check);
        hits += cache.hits;
        // The first round renews what is outdated, the second only counts.
        for (const topicName of topicNames) lookup(cache, topicName);
        const kept = [...topicNames].filter((topicName) =>
          lookup(cache, topicName) !== null
        );
        assertEquals(kept.length, cache.size);
      }),
      { numRuns: 1_000 },
    );
    assert(hits > 1_000, `only ${hits} hits`);
  },
});
