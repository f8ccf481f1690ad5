/**
 * The value that the share `rank` of all values does not exceed, as far as
 * buckets tell: between the bounds of its bucket it is interpolated. `null`
 * without values; the highest bound for what is above it.
 */
export function percentile(
  counts: ArrayLike<number>,
  upperBounds: readonly number[],
  rank: number,
): number | null {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i];
  if (total === 0) return null;
  const wanted = total * rank;
  let seen = 0;
  for (let i = 0; i < upperBounds.length; i++) {
    if (seen + counts[i] < wanted) {
      seen += counts[i];
      continue;
    }
    const low = i === 0 ? 0 : upperBounds[i - 1];
    const share = counts[i] === 0 ? 1 : (wanted - seen) / counts[i];
    return low + (upperBounds[i] - low) * share;
  }
  return upperBounds[upperBounds.length - 1];
}
