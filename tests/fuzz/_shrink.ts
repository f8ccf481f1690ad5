import { concatenate, type FuzzCase } from "./_fuzz_case.ts";
import { Finding, runCase } from "./_fuzzer.ts";

const MOST_TRIES = 2_000;

/**
 * The smallest case found that still fails with `message` in memory; the same
 * case if it does not fail there at all.
 */
export async function shrink(
  fuzzCase: FuzzCase,
  message: string,
): Promise<FuzzCase> {
  let smallest = fuzzCase;
  let tries = 0;
  for (let hasShrunk = true; hasShrunk;) {
    hasShrunk = false;
    for (const candidate of smaller(smallest)) {
      if (++tries > MOST_TRIES) return smallest;
      if (!await fails(candidate, message)) continue;
      smallest = candidate;
      hasShrunk = true;
      break;
    }
  }
  return smallest;
}

async function fails(fuzzCase: FuzzCase, message: string): Promise<boolean> {
  for (const isStored of [false, true]) {
    try {
      await runCase(fuzzCase, isStored);
    } catch (error) {
      if (error instanceof Finding && error.message === message) return true;
    }
  }
  return false;
}

/** Cases with something left out, the most first. */
function* smaller({ connections }: FuzzCase): Generator<FuzzCase> {
  for (let index = 0; index < connections.length; index++) {
    if (connections.length > 1) {
      yield { connections: connections.toSpliced(index, 1) };
    }
    for (const chunks of shorter(connections[index])) {
      yield { connections: connections.with(index, chunks) };
    }
  }
}

function* shorter(chunks: readonly Uint8Array[]): Generator<Uint8Array[]> {
  if (chunks.length > 1) yield [concatenate(chunks)];
  for (let index = 0; index < chunks.length; index++) {
    const { length } = chunks[index];
    for (let size = length; size > 0; size = Math.floor(size / 2)) {
      for (let start = 0; start < length; start += size) {
        const rest = concatenate([
          chunks[index].slice(0, start),
          chunks[index].slice(start + size),
        ]);
        yield [...chunks.with(index, rest)].filter(({ length }) => length > 0);
      }
    }
  }
}
