import { ProblemError } from "../problem.ts";

/** How long a search may hold the event loop before others get their turn. */
const TURN_MS = 4;
/** Looked at between two looks at the clock. */
const STRIDE = 128;

/** What a page is sorted by; missing values come first. */
export type SortValue = string | number | null;

/** Where an item stands: two items never have the same place. */
export type Place = readonly [value: SortValue, id: string];

/** What a client asks for. */
export interface PageRequest {
  readonly limit: number;
  /** Where the page before has ended, as it was told. */
  readonly cursor?: string;
  /** The name of a value, behind a `-` if the largest comes first. */
  readonly sort: string;
}

/** A collection to take pages of. */
export interface Collection<Item> {
  /** Undefined where a step has found nothing; it may change meanwhile. */
  readonly items: Iterable<Item | undefined>;
  readonly isWanted: (item: Item) => boolean;
  /** What it can be sorted by, by name. */
  readonly sorts: Readonly<Record<string, (item: Item) => SortValue>>;
  readonly idOf: (item: Item) => string;
}

/** A part of a collection. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins; `null` if this is the last one. */
  readonly nextCursor: string | null;
  /** All that were wanted, those on other pages included. */
  readonly total: number;
}

interface Placed<Item> {
  readonly item: Item;
  readonly place: Place;
}

/**
 * Looks through a whole collection, whatever its size, and keeps what belongs
 * on one page; others get their turn in between. Pages are told apart by the
 * place of the last item, so what comes and goes meanwhile neither repeats nor
 * hides another item.
 * @throws {ProblemError} If the cursor is not one of this order.
 */
export async function takePage<Item>(
  { items, isWanted, sorts, idOf }: Collection<Item>,
  { limit, cursor, sort }: PageRequest,
): Promise<Page<Item>> {
  const direction = sort.startsWith("-") ? -1 : 1;
  const valueOf = sorts[sort.replace(/^-/, "")];
  const after = cursor === undefined ? null : readCursor(cursor, sort);
  const kept: Placed<Item>[] = [];
  let total = 0;
  let steps = 0;
  let turnStartMs = performance.now();
  for (const item of items) {
    if (++steps % STRIDE === 0 && performance.now() - turnStartMs > TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      turnStartMs = performance.now();
    }
    if (item === undefined || !isWanted(item)) continue;
    total++;
    const place: Place = [valueOf(item), idOf(item)];
    if (after !== null && comparePlaces(place, after) * direction <= 0) {
      continue;
    }
    keep(kept, { item, place }, { direction, maximum: limit + 1 });
  }
  const hasMore = kept.length > limit;
  if (hasMore) kept.pop();
  return {
    items: kept.map(({ item }) => item),
    nextCursor: hasMore ? writeCursor(sort, kept[limit - 1].place) : null,
    total,
  };
}

/** Puts `placed` where it belongs; of more than `maximum` the last one goes. */
function keep<Item>(
  kept: Placed<Item>[],
  placed: Placed<Item>,
  { direction, maximum }: { direction: number; maximum: number },
): void {
  const isBefore = (other: Placed<Item>) =>
    comparePlaces(placed.place, other.place) * direction < 0;
  if (kept.length === maximum && !isBefore(kept[maximum - 1])) return;
  let from = 0;
  let to = kept.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isBefore(kept[middle])) to = middle;
    else from = middle + 1;
  }
  kept.splice(from, 0, placed);
  if (kept.length > maximum) kept.pop();
}

function comparePlaces(one: Place, other: Place): number {
  return compareValues(one[0], other[0]) || compareValues(one[1], other[1]);
}

function compareValues(one: SortValue, other: SortValue): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  return one < other ? -1 : 1;
}

function writeCursor(sort: string, place: Place): string {
  const bytes = new TextEncoder().encode(JSON.stringify([sort, ...place]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function readCursor(cursor: string, sort: string): Place {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const place = JSON.parse(new TextDecoder().decode(bytes));
    if (
      Array.isArray(place) && place.length === 3 && place[0] === sort &&
      (place[1] === null || ["string", "number"].includes(typeof place[1])) &&
      typeof place[2] === "string"
    ) return [place[1], place[2]];
  } catch {
    // Not even one that we could have written.
  }
  throw new ProblemError({
    status: 400,
    title: "Bad Request",
    detail: "cursor: not one of a page in this order",
    remedy: "send the next_cursor of a page with the same sort, or none",
  });
}
