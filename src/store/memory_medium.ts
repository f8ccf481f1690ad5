import type { Medium, StoredSegment } from "./medium.ts";

/**
 * A medium in memory, for tests and simulations: it can be made to fail, to
 * take its time, and to forget what a crash would take away.
 */
export class MemoryMedium implements Medium {
  readonly location = "in memory";
  readonly segments = new Map<number, Uint8Array>();
  /** Awaited before a write takes effect; may reject. */
  beforeWrite: () => Promise<void> = () => Promise.resolve();

  async *read(): AsyncIterable<StoredSegment> {
    const identifiers = [...this.segments.keys()].sort((a, b) => a - b);
    for (const identifier of identifiers) {
      yield await Promise.resolve({
        identifier,
        bytes: this.segments.get(identifier)!,
      });
    }
  }

  async write(
    { identifier, bytes }: StoredSegment,
    removed: readonly number[],
  ): Promise<void> {
    await this.beforeWrite();
    this.segments.set(identifier, bytes.slice());
    for (const each of removed) this.segments.delete(each);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
