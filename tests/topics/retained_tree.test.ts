import fc from "fast-check";
import { matchesTopicFilter, RetainedTree } from "../../src/topics/mod.ts";
import { assert, assertEquals } from "../_assert.ts";
import { topicFilters, topicNames } from "./_generators.ts";

const permissions = "none";

function treeOf(...topicNames: string[]): RetainedTree<string> {
  const tree = new RetainedTree<string>();
  for (const topicName of topicNames) tree.set(topicName, topicName);
  return tree;
}

function match(tree: RetainedTree<string>, filter: string): string {
  return [...tree.match(filter)].sort().join(" ");
}

Deno.test({
  name: "a retained message replaces that of its topic only " +
    "[MQTT-3.3.1-5] [MQTT-3.3.1-8]",
  permissions,
  fn() {
    const tree = treeOf("a/b", "a", "a/b/");
    assertEquals(tree.set("a/b", "new"), "a/b");
    assertEquals(tree.set("a/c", "first"), undefined);
    assertEquals(tree.get("a/b"), "new");
    assertEquals(tree.get("a"), "a");
    assertEquals(tree.get("a/b/"), "a/b/");
    assertEquals(tree.get("a/b/c"), undefined);
    assertEquals(tree.size, 4);
  },
});

Deno.test({
  name: "a deleted message is returned once and found no more [MQTT-3.3.1-6]",
  permissions,
  fn() {
    const tree = treeOf("a/b");
    assertEquals(tree.delete("a"), undefined);
    assertEquals(tree.delete("a/c"), undefined);
    tree.set("a/b/c", "a/b/c");
    assertEquals(tree.delete("a"), undefined);
    assertEquals(tree.delete("a/b"), "a/b");
    assertEquals(tree.delete("a/b"), undefined);
    assertEquals(tree.get("a/b"), undefined);
    assertEquals(match(tree, "#"), "a/b/c");
    assertEquals(tree.size, 1);
    assertEquals(tree.delete("a/b/c"), "a/b/c");
    assertEquals(tree.countNodes(), 0);
  },
});

Deno.test({
  name: "a filter finds the messages of all topics it matches " +
    "[MQTT-3.3.1-9]",
  permissions,
  fn() {
    const tree = treeOf("a", "a/", "a/b", "a/b/c", "/a", "é/b", "b/b");
    assertEquals(match(tree, "a/#"), "a a/ a/b a/b/c");
    assertEquals(match(tree, "a/+"), "a/ a/b");
    assertEquals(match(tree, "+/b"), "a/b b/b é/b");
    assertEquals(match(tree, "+"), "a");
    assertEquals(match(tree, "+/a"), "/a");
    assertEquals(match(tree, "é/#"), "é/b");
    assertEquals(match(tree, "a/b"), "a/b");
    assertEquals(match(tree, "a/b/c/+"), "");
  },
});

Deno.test({
  name: "leading wildcards find nothing under $ [MQTT-4.7.2-1]",
  permissions,
  fn() {
    const tree = treeOf("$SYS", "$SYS/a", "$SYS/a/b", "a/$SYS");
    assertEquals(match(tree, "#"), "a/$SYS");
    assertEquals(match(tree, "+/a"), "");
    assertEquals(match(tree, "+"), "");
    assertEquals(match(tree, "$SYS/#"), "$SYS $SYS/a $SYS/a/b");
  },
});

Deno.test({
  name: "entries are all topics with their messages, those under $ included",
  permissions,
  fn() {
    const tree = treeOf("$SYS/a", "a", "a/b");
    tree.set("a", "new");
    assertEquals([...tree.entries()].sort(), [
      ["$SYS/a", "$SYS/a"],
      ["a", "new"],
      ["a/b", "a/b"],
    ]);
  },
});

Deno.test({
  name: "a literal filter visits its levels only, however many topics exist",
  permissions,
  fn() {
    const tree = new RetainedTree<number>();
    for (let i = 0; i < 1_000; i++) tree.set(`a/${i}/b`, i);
    const matches = tree.match("a/77/b");
    assertEquals(matches.advance(1), 77);
    assert(matches.isDone);
  },
});

Deno.test({
  name: "a filter that matches nothing stops after the steps allowed",
  permissions,
  fn() {
    const tree = new RetainedTree<number>();
    for (let i = 0; i < 1_000; i++) tree.set(`a/${i}/b`, i);
    const matches = tree.match("a/+/c");
    let pulls = 0;
    for (; !matches.isDone; pulls++) {
      assertEquals(matches.advance(100), undefined);
    }
    assert(pulls >= 10 && pulls <= 12, `took ${pulls} pulls`);
    assertEquals(matches.next(), { done: true, value: undefined });
  },
});

Deno.test({
  name: "a topic cleared and set again all the time does not keep a match " +
    "from ending",
  permissions,
  fn() {
    const tree = treeOf("a/1", "a/2", "a/3");
    let pulls = 0;
    for (const message of tree.match("a/+")) {
      tree.delete(message);
      tree.set(message, message);
      assert(++pulls <= 3, "repeats a topic");
    }
    assertEquals(pulls, 3);
  },
});

Deno.test({
  name: "a message deleted just before its turn does not come",
  permissions,
  fn() {
    const tree = treeOf("a", "a/b");
    const matches = tree.match("a/#");
    assertEquals(matches.next().value, "a");
    tree.delete("a/b");
    assertEquals(matches.next().done, true);
  },
});

Deno.test({
  name: "matches agree with matching each topic, however the tree changes " +
    "between them",
  permissions,
  fn() {
    const changes = fc.array(
      fc.oneof(
        fc.record({ set: topicNames }),
        fc.record({ remove: fc.nat(100) }),
        fc.record({ steps: fc.integer({ min: 1, max: 3 }) }),
      ),
      { maxLength: 60 },
    );
    const before = fc.array(topicNames, { maxLength: 30 });
    fc.assert(
      fc.property(before, topicFilters, changes, (before, filter, changes) => {
        const tree = new RetainedTree<string>();
        const model = new Map<string, string>();
        let version = 0;
        const set = (topicName: string) => {
          const message = `${topicName} ${version++}`;
          assertEquals(tree.set(topicName, message), model.get(topicName));
          model.set(topicName, message);
        };
        for (const topicName of before) set(topicName);
        const due = new Set(
          [...model.keys()].filter((name) => matchesTopicFilter(filter, name)),
        );
        const matches = tree.match(filter);
        const check = (message: string | undefined) => {
          if (message === undefined) return;
          const topicName = message.slice(0, message.lastIndexOf(" "));
          assert(due.delete(topicName), `"${topicName}" is not due`);
          assertEquals(message, model.get(topicName));
        };
        for (const change of changes) {
          if ("set" in change) set(change.set);
          else if ("steps" in change) check(matches.advance(change.steps));
          else {
            const topicName = [...model.keys()][change.remove % model.size];
            if (topicName === undefined) continue;
            assertEquals(tree.delete(topicName), model.get(topicName));
            model.delete(topicName);
            due.delete(topicName);
          }
          assertEquals(tree.size, model.size);
        }
        for (const message of matches) check(message);
        assertEquals([...due], [], "left out");
        assertEquals(new Map(tree.entries()), model);
        for (const topicName of model.keys()) tree.delete(topicName);
        assertEquals(tree.countNodes(), 0);
      }),
      { numRuns: 2_000 },
    );
  },
});

Deno.test({
  name: "65,536 levels overflow nothing",
  permissions,
  fn() {
    const slashes = "/".repeat(65_535);
    const tree = treeOf(slashes, slashes.slice(1), slashes + "a");
    assertEquals([...tree.match("/#")].length, 3);
    assertEquals([...tree.match("+/".repeat(65_535) + "+")].length, 2);
    assertEquals([...tree.match(slashes)], [slashes]);
    for (const [topicName] of tree.entries()) tree.delete(topicName);
    assertEquals(tree.countNodes(), 0);
  },
});
