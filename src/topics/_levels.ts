/**
 * Cutting Topic Names and Topic Filters into levels without an array.
 *
 * A position in a string is the index of the first character of a level. The
 * last level is followed by the position `length + 1`, which stands for "no
 * level left"; that keeps `a` (one level) apart from `a/` (two levels, the
 * second one empty).
 */

/** UTF-16 code of `/`. */
export const SLASH = 0x2f;
/** UTF-16 code of `+`. */
export const PLUS = 0x2b;
/** UTF-16 code of `#`. */
export const HASH = 0x23;
/** UTF-16 code of `$`. */
export const DOLLAR = 0x24;

/** The index just past the level that starts at `start`. */
export function findLevelEnd(path: string, start: number): number {
  const slash = path.indexOf("/", start);
  return slash < 0 ? path.length : slash;
}

/**
 * Whether the levels of the valid `filter` from `filterStart` match those of
 * `topicName` from `topicStart`. Knows nothing of the `$` rule, which concerns
 * first levels only.
 */
export function matchesLevels(
  filter: string,
  filterStart: number,
  topicName: string,
  topicStart: number,
): boolean {
  while (filterStart <= filter.length) {
    const first = filter.charCodeAt(filterStart);
    // Checked before the topic runs out: "a/#" matches "a" too.
    if (first === HASH) return true;
    if (topicStart > topicName.length) return false;
    const filterEnd = findLevelEnd(filter, filterStart);
    const topicEnd = findLevelEnd(topicName, topicStart);
    if (first !== PLUS) {
      const length = filterEnd - filterStart;
      if (topicEnd - topicStart !== length) return false;
      for (let i = 0; i < length; i++) {
        const expected = filter.charCodeAt(filterStart + i);
        if (topicName.charCodeAt(topicStart + i) !== expected) return false;
      }
    }
    filterStart = filterEnd + 1;
    topicStart = topicEnd + 1;
  }
  return topicStart > topicName.length;
}
