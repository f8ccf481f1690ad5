/** Sizes of the pooled arrays; output grows from one to the next. */
const SIZES_BYTES = [512, 4_096, 32_768, 262_144, 1_048_576];
/** How many free arrays of each size are kept: 128 KiB to 8 MiB a size. */
const KEPT = [256, 256, 64, 16, 8];

/**
 * Output buffers, shared by all connections: a connection holds one only
 * while it has bytes to send, so that an idle one costs nothing.
 */
export class BufferPool {
  readonly #free: Uint8Array[][] = SIZES_BYTES.map(() => []);

  /** An array of at least `minimumBytes`; its contents are arbitrary. */
  acquire(minimumBytes: number): Uint8Array {
    for (let i = 0; i < SIZES_BYTES.length; i++) {
      if (minimumBytes > SIZES_BYTES[i]) continue;
      const bytes = this.#free[i].pop();
      return bytes === undefined ? new Uint8Array(SIZES_BYTES[i]) : bytes;
    }
    return new Uint8Array(minimumBytes);
  }

  /** Takes back an array that nobody refers to any more. */
  release(bytes: Uint8Array): void {
    const index = SIZES_BYTES.indexOf(bytes.length);
    if (index >= 0 && this.#free[index].length < KEPT[index]) {
      this.#free[index].push(bytes);
    }
  }
}
