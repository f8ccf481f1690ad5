import fc from "fast-check";
import { Subscription, SubscriptionTree } from "../../src/topics/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../_assert.ts";
import { topicNames } from "./_generators.ts";
import {
  describeRoute,
  type Subscriber,
  SubscriptionList,
  subscriptions,
} from "./_model.ts";

const permissions = "none";

function names(tree: SubscriptionTree<string>, topicName: string): string {
  return tree.resolve(topicName).receivers
    .map(({ subscriber }) => subscriber).sort().join(" ");
}

Deno.test({
  name: "a route has the subscribers of all matching filters",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    const filters = ["#", "a/#", "a/+", "a/b", "+/b", "a", "/a", "a/", "a//b"];
    for (const filter of filters) tree.add(new Subscription(filter, filter));
    assertEquals(names(tree, "a/b"), "# +/b a/# a/+ a/b");
    assertEquals(names(tree, "a"), "# a a/#");
    assertEquals(names(tree, "/a"), "# /a");
    assertEquals(names(tree, "a/"), "# a/ a/# a/+");
    assertEquals(names(tree, "a//b"), "# a/# a//b");
    assertEquals(names(tree, "$a"), "");
  },
});

Deno.test({
  name: "leading wildcards match no leading $ [MQTT-4.7.2-1]",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    const filters = ["#", "+/#", "+/uptime", "$SYS/#", "$SYS/+", "+/+/x"];
    for (const filter of filters) tree.add(new Subscription(filter, filter));
    assertEquals(names(tree, "$SYS/uptime"), "$SYS/# $SYS/+");
    assertEquals(names(tree, "$SYS"), "$SYS/#");
    assertEquals(names(tree, "a/uptime"), "# +/# +/uptime");
  },
});

Deno.test({
  name: "é/# matches é, é/a, and nothing that only looks like it " +
    "[MQTT-4.7.3-4]",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(new Subscription("s", "é/#"));
    assertEquals(names(tree, "é"), "s");
    assertEquals(names(tree, "é/a/😀"), "s");
    assertEquals(names(tree, "e\u0301/a"), "");
  },
});

Deno.test({
  name: "the same filter again replaces the subscription [MQTT-3.8.4-3]",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    for (const subscriber of ["s", "t"]) {
      tree.add(new Subscription(subscriber, "a/+", { qos: 2 }));
      tree.add(
        new Subscription(subscriber, "a/+", {
          qos: 1,
          subscriptionIdentifier: 7,
        }),
      );
    }
    assertEquals(tree.size, 2);
    for (const receiver of tree.resolve("a/b").receivers) {
      assertEquals(receiver.qos, 1);
      assertEquals(receiver.subscriptionIdentifiers, [7]);
    }
  },
});

Deno.test({
  name: "overlapping subscriptions give one copy with the highest QoS and " +
    "all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-4]",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(
      new Subscription("s", "a/#", { qos: 1, subscriptionIdentifier: 5 }),
    );
    tree.add(new Subscription("s", "a/b", { qos: 2 }));
    tree.add(
      new Subscription("s", "+/b", {
        subscriptionIdentifier: 5,
        retainAsPublished: true,
      }),
    );
    const { receivers, subscriptionCount } = tree.resolve("a/b");
    assertEquals(receivers.length, 1);
    assertEquals(receivers[0].qos, 2);
    assertEquals(receivers[0].subscriptionIdentifiers, [5, 5]);
    assertEquals(receivers[0].retainAsPublished, true);
    assertEquals(receivers[0].ownMessages, null);
    assertEquals(subscriptionCount, 3);
  },
});

Deno.test({
  name: "a subscriber with and without No Local gets its own messages by " +
    "the subscriptions without [MQTT-3.8.3-3]",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(
      new Subscription("s", "a/#", {
        qos: 2,
        noLocal: true,
        subscriptionIdentifier: 1,
      }),
    );
    assert(tree.resolve("a/b").receivers[0].noLocal);
    tree.add(
      new Subscription("s", "a/b", { qos: 1, subscriptionIdentifier: 2 }),
    );
    const [receiver] = tree.resolve("a/b").receivers;
    assertEquals(receiver.noLocal, false);
    assertEquals(receiver.qos, 2);
    assertEquals(receiver.ownMessages?.qos, 1);
    assertEquals(receiver.ownMessages?.subscriptionIdentifiers, [2]);
    assertEquals(receiver.ownMessages?.noLocal, false);
  },
});

Deno.test({
  name: "more overlapping subscriptions than are compared pairwise merge too",
  permissions,
  fn() {
    const tree = new SubscriptionTree<number>();
    for (let subscriber = 0; subscriber < 40; subscriber++) {
      for (const filter of ["a/#", "a/b", "+/+"]) {
        tree.add(new Subscription(subscriber, filter, { qos: subscriber % 3 }));
      }
    }
    const { receivers } = tree.resolve("a/b");
    assertEquals(receivers.length, 40);
    for (const receiver of receivers) {
      assertEquals(receiver.qos, receiver.subscriber % 3);
    }
    assertEquals(new Set(receivers.map((r) => r.subscriber)).size, 40);
  },
});

Deno.test({
  name: "receivers of lone subscriptions are shared between routes",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(new Subscription("s", "a/#"));
    assertStrictEquals(
      tree.resolve("a/b").receivers[0],
      tree.resolve("a/c").receivers[0],
    );
  },
});

Deno.test({
  name: "one ShareName with two filters makes two groups, and a subscriber " +
    "may also subscribe alone [MQTT-4.8.2-1]",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(new Subscription("s", "a/b", { shareName: "g" }));
    tree.add(new Subscription("s", "a/+", { shareName: "g" }));
    tree.add(new Subscription("s", "a/+", { shareName: "h" }));
    tree.add(new Subscription("t", "a/+", { shareName: "h" }));
    tree.add(new Subscription("s", "a/+"));
    assertEquals(tree.size, 5);
    const route = tree.resolve("a/b");
    assertEquals(route.receivers.length, 1);
    assertEquals(route.sharedGroups.length, 3);
    const members = route.sharedGroups.map((group) =>
      `${group.shareName} ${group.topicFilter} ${group.members.length}`
    );
    assertEquals(members.sort(), ["g a/+ 1", "g a/b 1", "h a/+ 2"]);
  },
});

Deno.test({
  name: "removing tells whether there was such a subscription",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(new Subscription("s", "a/b"));
    tree.add(new Subscription("s", "a/b", { shareName: "g" }));
    assert(!tree.remove("t", "a/b", null));
    assert(!tree.remove("s", "a", null));
    assert(!tree.remove("s", "a/b/c", null));
    assert(!tree.remove("s", "a/b", "h"));
    assert(!tree.remove("t", "a/b", "g"));
    assertEquals(tree.size, 2);
    assert(tree.remove("s", "a/b", "g"));
    assert(!tree.remove("s", "a/b", "g"));
    assert(tree.remove("s", "a/b", null));
    assertEquals(tree.size, 0);
    assertEquals(tree.countNodes(), 0);
  },
});

Deno.test({
  name: "resolving agrees with matching each filter, and an emptied tree " +
    "has no node left",
  permissions,
  fn() {
    const steps = fc.array(
      fc.oneof(
        fc.record({ add: subscriptions }),
        fc.record({ removeAt: fc.nat(100) }),
        fc.record({ topicName: topicNames }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (steps) => {
        const tree = new SubscriptionTree<Subscriber>();
        const list = new SubscriptionList();
        for (const step of steps) {
          if ("add" in step) {
            tree.add(step.add);
            list.add(step.add);
          } else if ("topicName" in step) {
            const route = tree.resolve(step.topicName);
            assertEquals(describeRoute(route), list.describe(step.topicName));
          } else {
            const gone = list.at(step.removeAt);
            if (gone === undefined) continue;
            const { subscriber, topicFilter, shareName } = gone;
            assert(tree.remove(subscriber, topicFilter, shareName));
            assert(!tree.remove(subscriber, topicFilter, shareName));
            list.remove(gone);
          }
          assertEquals(tree.size, list.size);
        }
        for (let last = list.at(0); last !== undefined; last = list.at(0)) {
          assert(tree.countNodes() > 0);
          tree.remove(last.subscriber, last.topicFilter, last.shareName);
          list.remove(last);
        }
        assertEquals(tree.countNodes(), 0);
      }),
      { numRuns: 1_000 },
    );
  },
});

Deno.test({
  name: "65,536 levels overflow nothing and leave nothing behind",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    const slashes = "/".repeat(65_535);
    const filters = [
      slashes,
      "/".repeat(65_530) + "#",
      "+/".repeat(32_767) + "+",
      "+/".repeat(32_767) + "a",
      "+/".repeat(32_766) + "#",
    ];
    for (const filter of filters) tree.add(new Subscription(filter, filter));
    assertEquals(tree.resolve(slashes).receivers.length, 3);
    assertEquals(tree.resolve("/".repeat(32_767)).receivers.length, 2);
    for (const filter of filters) assert(tree.remove(filter, filter, null));
    assertEquals(tree.countNodes(), 0);
  },
});

Deno.test({
  name: "a filter costs one node until another one shares its levels",
  permissions,
  fn() {
    const tree = new SubscriptionTree<string>();
    tree.add(new Subscription("s", "/".repeat(65_535)));
    assertEquals(tree.countNodes(), 1);
    tree.add(new Subscription("s", "//a"));
    assertEquals(tree.countNodes(), 4);
  },
});
