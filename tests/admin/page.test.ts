import fc from "fast-check";
import { assert, assertEquals } from "../_assert.ts";
import { matchesGlob } from "../../src/admin/api/glob.ts";
import { takePage } from "../../src/admin/api/page.ts";

interface Item {
  readonly id: string;
  readonly value: number | null;
}

const collection = (items: Iterable<Item | undefined>) => ({
  items,
  isWanted: () => true,
  sorts: { value: ({ value }: Item) => value },
  idOf: ({ id }: Item) => id,
});

Deno.test("All pages together are all items in order, whatever the limit", async () => {
  const items = fc.uniqueArray(
    fc.record({
      id: fc.string({ maxLength: 3 }),
      value: fc.option(fc.integer({ min: 0, max: 3 })),
    }),
    { selector: ({ id }) => id, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(
      items,
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (items, limit, isDescending) => {
        const sort = isDescending ? "-value" : "value";
        const seen: Item[] = [];
        let cursor: string | undefined;
        do {
          const page = await takePage(collection(items), {
            limit,
            cursor,
            sort,
          });
          assert(page.items.length <= limit);
          assertEquals(page.total, items.length);
          seen.push(...page.items);
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        const key = ({ value, id }: Item) => [value ?? -1, id] as const;
        const expected = items.toSorted((one, other) => {
          const [a, b] = [key(one), key(other)];
          const order = a[0] - b[0] || (a[1] < b[1] ? -1 : 1);
          return isDescending ? -order : order;
        });
        assertEquals(seen, expected);
      },
    ),
  );
});

Deno.test("A search through very many items lets others have their turn", async () => {
  let isDone = false;
  let turnCount = 0;
  const countTurns = () => {
    if (isDone) return;
    turnCount++;
    setTimeout(countTurns);
  };
  countTurns();
  // Each step takes a while, so that the number of turns is not one of luck.
  const started = performance.now();
  function* slow() {
    for (let i = 0; i < 1_024; i++) {
      const until = performance.now() + 0.05;
      while (performance.now() < until);
      yield { id: String(i), value: i };
    }
  }
  const page = await takePage(collection(slow()), { limit: 5, sort: "-value" });
  isDone = true;
  assertEquals(page.items.map(({ value }) => value), [
    1023,
    1022,
    1021,
    1020,
    1019,
  ]);
  assert(performance.now() - started >= 50);
  assert(turnCount >= 4, `${turnCount} turns`);
});

Deno.test("A star stands for any characters, or for none", () => {
  const rows: readonly [pattern: string, text: string, isMatch: boolean][] = [
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a", "a", true],
    ["a*", "abc", true],
    ["*c", "abc", true],
    ["a*c", "abcbc", true],
    ["a*b*", "aXb", true],
    ["*b*", "abc", true],
    ["a*d", "abc", false],
    ["a.c", "abc", false],
    ["**", "x", true],
  ];
  for (const [pattern, text, isMatch] of rows) {
    assertEquals(matchesGlob(pattern, text), isMatch, `${pattern} ${text}`);
  }
});

Deno.test("A pattern of many stars takes no longer than both lengths", () => {
  const pattern = "*a".repeat(1_000) + "b";
  assertEquals(matchesGlob(pattern, "a".repeat(20_000)), false);
});
