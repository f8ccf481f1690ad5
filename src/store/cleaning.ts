import type { Entry } from "./entries.ts";
import type { Segment, Usage } from "./segment.ts";

/** When a journal is cleaned, and in what steps. */
export interface CleaningLimits {
  /** Garbage that is always tolerated. */
  readonly toleratedBytes: number;
  /** Segments that are always tolerated, however small they are. */
  readonly toleratedSegments: number;
  /** How much is moved with one batch, about. */
  readonly movedBytes: number;
}

export const CLEANING_LIMITS: CleaningLimits = {
  toleratedBytes: 4 * 1_048_576,
  toleratedSegments: 512,
  movedBytes: 262_144,
};

/** Segments that were written full hold about this much. */
const FULL_SEGMENT_BYTES = 65_536;

/** Whether more than half of the journal, and not little, is garbage; or it is cut too small. */
export function isWorthCleaning(
  { sizeBytes, liveBytes }: Usage,
  segmentCount: number,
  { toleratedBytes, toleratedSegments }: CleaningLimits,
): boolean {
  return sizeBytes > 2 * liveBytes + toleratedBytes ||
    segmentCount >
      toleratedSegments + 2 * Math.ceil(liveBytes / FULL_SEGMENT_BYTES);
}

/**
 * Has `move` take the valid records of the oldest segments. Always the
 * oldest, because a segment may hold the ends of what began in older ones:
 * without those its own removal would bring them back.
 */
export function moveLiveEntries(
  segments: readonly Segment[],
  limitBytes: number,
  move: (entry: Entry) => void,
): void {
  let movedBytes = 0;
  for (let i = 0; i < segments.length - 1 && movedBytes < limitBytes; i++) {
    const segment = segments[i];
    for (const entry of segment.entries) {
      if (entry.segment !== segment) continue;
      move(entry);
      movedBytes += entry.recordBytes;
    }
  }
}

/**
 * Takes the oldest segments in which nothing is valid any more out of
 * `segments`; returns their identifiers. `written` is not among them: it is
 * not on the medium yet.
 */
export function takeDeadSegments(
  segments: Segment[],
  written: Segment,
): number[] {
  let count = 0;
  while (segments[count] !== written && segments[count].liveCount === 0) {
    count++;
  }
  return segments.splice(0, count).map((segment) => {
    segment.remove();
    return segment.identifier;
  });
}
