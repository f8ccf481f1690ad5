/**
 * Moves `view[start, end)` down to `target` in the same array and takes the
 * mask off on the way, four bytes at a time: `mask` holds the four bytes of
 * the masking key in the order of the payload, the first one lowest. `target`
 * is not above `start`. Returns the mask for the bytes that follow.
 */
export function unmask(
  view: DataView,
  start: number,
  end: number,
  target: number,
  mask: number,
): number {
  const lastWord = end - 4;
  while (start <= lastWord) {
    view.setUint32(target, view.getUint32(start, true) ^ mask, true);
    start += 4;
    target += 4;
  }
  while (start < end) {
    view.setUint8(target++, view.getUint8(start++) ^ mask);
    mask = (mask >>> 8) | (mask << 24);
  }
  return mask;
}
