import type { Medium, StoredSegment } from "./medium.ts";

/**
 * A medium in memory, for tests and simulations: it can be made to fail, to
 * take its time, and to forget what a crash would take away.
 */
export class MemoryMedium implements Medium {
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

  async write(identifier: number, bytes: Uint8Array): Promise<void> {
    await this.beforeWrite();
    this.segments.set(identifier, bytes.slice());
  }

  remove(identifiers: readonly number[]): Promise<void> {
    for (const identifier of identifiers) this.segments.delete(identifier);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
