/** Above this size `set(subarray())` is quicker than a loop. */
const LONG_COPY_BYTES = 320;

// Views of the last two sources: a fan-out copies from the same one or two
// arrays again and again, and a view costs as much as a short copy.
let recentSource: Uint8Array = new Uint8Array(0);
let recentView: DataView = new DataView(recentSource.buffer);
let olderSource = recentSource;
let olderView = recentView;

/**
 * Copies `[start, end)` of `source` to `position` of `target`, another array
 * that `targetView` covers. Most copies on the hot path are of 10 to 300
 * bytes, where `set(subarray())` costs 68 ns and a byte loop over a nanosecond
 * a byte: for 64 bytes eight at a time takes 20 ns instead of 73.
 */
export function copyBytes(
  target: Uint8Array,
  targetView: DataView,
  position: number,
  source: Uint8Array,
  start: number,
  end: number,
): void {
  const size = end - start;
  if (size < 8) {
    while (start < end) target[position++] = source[start++];
    return;
  }
  if (size > LONG_COPY_BYTES) {
    target.set(source.subarray(start, end), position);
    return;
  }
  const sourceView = viewOf(source);
  // Any byte order copies; this one is the machine's and costs no swap.
  const lastStart = end - 8;
  const lastPosition = position + size - 8;
  while (start < lastStart) {
    targetView.setBigUint64(
      position,
      sourceView.getBigUint64(start, true),
      true,
    );
    position += 8;
    start += 8;
  }
  // The last eight bytes may overlap those before, which saves a byte loop.
  const last = sourceView.getBigUint64(lastStart, true);
  targetView.setBigUint64(lastPosition, last, true);
}

function viewOf(source: Uint8Array): DataView {
  if (source === recentSource) return recentView;
  const view = source === olderSource
    ? olderView
    : new DataView(source.buffer, source.byteOffset, source.length);
  olderSource = recentSource;
  olderView = recentView;
  recentSource = source;
  recentView = view;
  return view;
}
