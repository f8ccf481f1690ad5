/** How Topic Filters relate to each other, level by level. */

/** Whether some Topic Name matches both filters. */
export function overlaps(a: string, b: string): boolean {
  return walk(a, b, false);
}

/** Whether `outer` matches every Topic Name that `inner` matches. */
export function covers(outer: string, inner: string): boolean {
  return walk(outer, inner, true);
}

function walk(a: string, b: string, mustCover: boolean): boolean {
  // Every name has a first level, so both say the same.
  const aLevels = a === "+/#" ? ["#"] : a.split("/");
  const bLevels = b.split("/");
  // A first wildcard never matches a name that begins with "$".
  if (isDollar(aLevels[0]) !== isDollar(bLevels[0])) {
    return false;
  }
  for (let i = 0;; i++) {
    const left = aLevels[i];
    const right = bLevels[i];
    // "a/#" matches "a" too, so "#" may come after the other's last level.
    if (left === "#") return true;
    if (right === "#") return !mustCover;
    if (left === undefined || right === undefined) return left === right;
    if (left === right || left === "+") continue;
    if (mustCover || right !== "+") return false;
  }
}

function isDollar(level: string): boolean {
  return level.startsWith("$");
}
