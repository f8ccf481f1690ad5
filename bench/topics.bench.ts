/**
 * `deno bench bench/topics.bench.ts`: what finding the receivers of a message
 * costs. Each iteration handles 1,000 topics, one after the other: divide the
 * times by 1,000.
 */
import {
  matchesTopicFilter,
  RetainedTree,
  RouteCache,
  SharedGroup,
  Subscription,
  SubscriptionTree,
} from "../src/topics/mod.ts";

const TOPICS = 1_000;

interface Subscriber {
  readonly index: number;
}

/** As each connection's read does: it makes V8 check for detached buffers. */
structuredClone(new ArrayBuffer(8), { transfer: [new ArrayBuffer(8)] });

const encoder = new TextEncoder();

/** Topic Names one after the other, as they lie in a read buffer. */
class TopicBuffer {
  readonly names: string[];
  readonly bytes: Uint8Array;
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  constructor(topicOf: (index: number) => string) {
    this.names = Array.from({ length: TOPICS }, (_, i) => topicOf(i));
    this.bytes = encoder.encode(this.names.join(""));
    let end = 0;
    for (const name of this.names) {
      this.starts.push(end);
      end += encoder.encode(name).length;
      this.ends.push(end);
    }
  }
}

/** A device each subscribes to its commands; dashboards watch lines. */
function fillTree(count: number): SubscriptionTree<Subscriber> {
  const tree = new SubscriptionTree<Subscriber>();
  for (let index = 0; index < count; index++) {
    const filter = index % 10 === 0
      ? `plant/line/${index}/+/state`
      : `plant/device/${index}/command`;
    tree.add(new Subscription({ index }, filter));
  }
  return tree;
}

for (const count of [10, 10_000, 100_000]) {
  const group = `resolve, ${count.toLocaleString("en")} subscriptions`;
  const tree = fillTree(count);
  const pick = (i: number) => i * 97 % (count / 10) * 10;
  const cases: [string, (index: number) => string][] = [
    ["literal filter", (i) => `plant/device/${pick(i) + 1}/command`],
    ["filter with +", (i) => `plant/line/${pick(i)}/motor/state`],
    ["no subscription", (i) => `plant/device/${pick(i)}/elsewhere`],
  ];
  for (const [name, topicOf] of cases) {
    const { names } = new TopicBuffer(topicOf);
    Deno.bench({
      name,
      group,
      fn() {
        for (let i = 0; i < TOPICS; i++) tree.resolve(names[i]);
      },
    });
  }
}

const CACHE = "route cache";
const same = new TopicBuffer(() => "plant/device/7/command");
const spread = new TopicBuffer((i) =>
  `plant/device/${i * 97 % TOPICS * 10 + 1}/command`
);
const strangers = new TopicBuffer((i) => `plant/device/${i}/elsewhere`);
const short = new TopicBuffer((i) => `d/${i}`);
const long = new TopicBuffer((i) =>
  `enterprise/site-12/area-3/line-7/cell-${i}/device-${i}/sensor/temperature`
);
function fillCache(
  topics: TopicBuffer,
  maximumEntries = 16_384,
): [RouteCache<Subscriber>, SubscriptionTree<Subscriber>] {
  const tree = fillTree(10_000);
  const cache = new RouteCache(tree, {
    maximumEntries,
    maximumTopicBytes: 256,
  });
  lookUpAll(cache, topics);
  return [cache, tree];
}

function lookUpAll(cache: RouteCache<Subscriber>, topics: TopicBuffer): void {
  const { bytes, starts, ends, names } = topics;
  for (let i = 0; i < TOPICS; i++) {
    if (cache.lookup(bytes, starts[i], ends[i]) === null) {
      cache.insert(bytes, starts[i], ends[i], names[i]);
    }
  }
}

const hitCases: [string, TopicBuffer][] = [
  ["hit, one topic of 22 bytes", same],
  ["hit, 1,000 topics of 5 bytes", short],
  ["hit, 1,000 topics of 27 bytes", spread],
  ["hit, 1,000 topics of 70 bytes", long],
];
for (const [name, topics] of hitCases) {
  const [cache] = fillCache(topics);
  Deno.bench({ name, group: CACHE, fn: () => lookUpAll(cache, topics) });
}

{
  const [cache] = fillCache(spread);
  const { bytes, starts, ends } = strangers;
  Deno.bench({
    name: "miss",
    group: CACHE,
    fn() {
      for (let i = 0; i < TOPICS; i++) cache.lookup(bytes, starts[i], ends[i]);
    },
  });
}
{
  const [cache] = fillCache(spread, 100);
  Deno.bench({
    name: "miss, resolve, insert and evict",
    group: CACHE,
    fn: () => lookUpAll(cache, spread),
  });
}
{
  const [cache, tree] = fillCache(spread);
  const subscription = new Subscription<Subscriber>({ index: 0 }, "else/#");
  Deno.bench({
    name: "hit, after a change elsewhere",
    group: CACHE,
    fn() {
      tree.add(subscription);
      lookUpAll(cache, spread);
    },
  });
}
{
  const [cache, tree] = fillCache(spread);
  const subscription = new Subscription<Subscriber>({ index: 0 }, "+/x");
  Deno.bench({
    name: "renewal, after a change that may concern all",
    group: CACHE,
    fn() {
      tree.add(subscription);
      lookUpAll(cache, spread);
    },
  });
}

const changes: [string, (index: number) => string][] = [
  ["literal, kept", (i) => spread.names[i]],
  ["literal, not kept", (i) => strangers.names[i]],
  ["a/b/#", (i) => `plant/device/${i}/#`],
  ["#", () => "#"],
];
for (const [name, filterOf] of changes) {
  const [cache] = fillCache(spread);
  const filters = Array.from({ length: TOPICS }, (_, i) => filterOf(i));
  Deno.bench({
    name,
    group: "invalidate",
    fn() {
      for (let i = 0; i < TOPICS; i++) cache.invalidate(filters[i]);
    },
  });
}

{
  const tree = fillTree(100_000);
  const subscriptions = strangers.names.map((name) =>
    new Subscription<Subscriber>({ index: 0 }, name)
  );
  Deno.bench({
    name: "add and remove, 100,000 subscriptions",
    group: "subscribe",
    fn() {
      for (let i = 0; i < TOPICS; i++) tree.add(subscriptions[i]);
      for (let i = 0; i < TOPICS; i++) {
        const { subscriber, topicFilter } = subscriptions[i];
        tree.remove(subscriber, topicFilter, null);
      }
    },
  });
}

{
  const isEven = (subscriber: Subscriber) => subscriber.index % 2 === 0;
  const group = new SharedGroup<Subscriber>("g", "a");
  for (let index = 0; index < 8; index++) {
    group.add(new Subscription({ index }, "a", { shareName: "g" }));
  }
  Deno.bench({
    name: "select, every second of 8 members available",
    group: "shared group",
    fn() {
      for (let i = 0; i < TOPICS; i++) group.select(isEven);
    },
  });
}

{
  const tree = new RetainedTree<Subscriber>();
  for (let index = 0; index < 100_000; index++) {
    tree.set(`plant/device/${index}/state`, { index });
  }
  const states = Array.from(
    { length: TOPICS },
    (_, i) => `plant/device/${i * 97}/state`,
  );
  const group = "retained, 100,000 topics";
  Deno.bench({
    name: "set",
    group,
    fn() {
      for (let i = 0; i < TOPICS; i++) tree.set(states[i], { index: i });
    },
  });
  Deno.bench({
    name: "match literal",
    group,
    fn() {
      for (let i = 0; i < TOPICS; i++) tree.match(states[i]).next();
    },
  });
  for (const filter of ["#", "plant/+/+/state", "plant/device/+/x"]) {
    Deno.bench({
      name: `pull 1,000, ${filter}`,
      group,
      fn() {
        const matches = tree.match(filter);
        for (let i = 0; i < TOPICS; i++) matches.advance(1);
      },
    });
  }
}

const topics = strangers.names;
Deno.bench({
  name: "plant/+/+/state",
  group: "match one filter with one topic",
  fn() {
    for (let i = 0; i < TOPICS; i++) {
      matchesTopicFilter("plant/+/+/state", topics[i]);
    }
  },
});
