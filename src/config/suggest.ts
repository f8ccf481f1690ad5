/**
 * Finds the candidate that `word` was probably meant to be, or nothing.
 *
 * A misspelling changes a third of a word at most; case and the choice
 * between `-`, `_` and nothing do not count.
 */
export function suggest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  const wanted = canonical(word);
  let best: string | undefined;
  let bestDistance = Math.ceil(wanted.length / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, canonical(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function canonical(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/** Levenshtein distance, one row at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
