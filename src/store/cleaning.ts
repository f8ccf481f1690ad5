import { DeliveryEntry, type Entry } from "./entries.ts";
import type { Segment } from "./segment.ts";

/** Garbage that is always tolerated. */
const TOLERATED_BYTES = 4 * 1_048_576;
/** Segments that are always tolerated, however small they are. */
const TOLERATED_SEGMENTS = 512;
/** Segments that were written full hold about this much. */
const FULL_SEGMENT_BYTES = 65_536;
/** How much is moved for one batch. */
const MOVED_BYTES = 262_144;

/** Whether more than half of the journal, and not little, is garbage; or it is cut too small. */
export function isWorthCleaning(segments: readonly Segment[]): boolean {
  let sizeBytes = 0;
  let liveBytes = 0;
  for (const segment of segments) {
    sizeBytes += segment.sizeBytes;
    liveBytes += segment.liveBytes;
  }
  return sizeBytes > 2 * liveBytes + TOLERATED_BYTES ||
    segments.length >
      TOLERATED_SEGMENTS + 2 * Math.ceil(liveBytes / FULL_SEGMENT_BYTES);
}

/**
 * Has the valid records of the oldest segments written again. Always the
 * oldest, because a segment may hold the ends of what began in older ones:
 * without those its own removal would bring them back.
 */
export function moveLiveEntries(
  segments: readonly Segment[],
  change: (entry: Entry) => void,
): void {
  let movedBytes = 0;
  for (let i = 0; i < segments.length - 1 && movedBytes < MOVED_BYTES; i++) {
    const segment = segments[i];
    for (const entry of segment.entries) {
      if (entry.segment !== segment) continue;
      if (entry instanceof DeliveryEntry) entry.isMoving = true;
      change(entry);
      movedBytes += entry.recordBytes;
    }
  }
}
