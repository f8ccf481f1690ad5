import { SeededRandom } from "../broker/_harness.ts";
import { runBrokerCase } from "./_broker_target.ts";
import { runCodecCase } from "./_codec_target.ts";
import type { Corpus } from "./_corpus.ts";
import { concatenate, type FuzzCase } from "./_fuzz_case.ts";
import { splitFrames } from "./_frames.ts";
import { cutIntoChunks, mutate } from "./_mutations.ts";
import type { ServerTarget } from "./_server_target.ts";
import { makeStream, oneIn } from "./_streams.ts";

/** Cases that are run over sockets at the same time. */
const CASES_A_ROUND = 4;
/** One case in so many is run with a journal. */
const STORED_SHARE = 4;

/** Makes cases out of valid streams and the corpus, and runs them. */
export class Fuzzer {
  readonly #random: SeededRandom;
  readonly #corpus: Corpus;
  readonly #server: ServerTarget | null;
  #forServer: FuzzCase[] = [];
  caseCount = 0;

  constructor(seed: number, corpus: Corpus, server: ServerTarget | null) {
    this.#random = new SeededRandom(seed);
    this.#corpus = corpus;
    this.#server = server;
  }

  /** Makes one case and runs it against every target; throws what it finds. */
  async step(): Promise<void> {
    const fuzzCase = this.#makeCase();
    this.caseCount++;
    const outcomes = await runCase(
      fuzzCase,
      oneIn(this.#random, STORED_SHARE),
    );
    this.#corpus.add(fuzzCase, outcomes);
    if (this.#server === null) return;
    this.#forServer.push(fuzzCase);
    if (this.#forServer.length < CASES_A_ROUND) return;
    const cases = this.#forServer;
    this.#forServer = [];
    await about(cases, () => this.#server!.run(cases));
  }

  #makeCase(): FuzzCase {
    const random = this.#random;
    const count = oneIn(random, 2) ? 1 : 1 + random.integer(3);
    return {
      connections: Array.from({ length: count }, () => {
        const frames = mutate(random, this.#frames(), this.#frames());
        return cutIntoChunks(random, frames);
      }),
    };
  }

  /** A new stream, or one out of the corpus. */
  #frames(): Uint8Array[] {
    const random = this.#random;
    const known = oneIn(random, 2) ? this.#corpus.pick(random) : null;
    if (known === null) return makeStream(random);
    const { connections } = known;
    const chunks = connections[random.integer(connections.length)];
    return splitFrames(concatenate(chunks));
  }
}

/** A case that broke something. */
export class Finding extends Error {
  override name = "Finding";
  readonly cases: readonly FuzzCase[];

  constructor(cases: readonly FuzzCase[], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.cases = cases;
  }
}

/**
 * Runs one case against codec and broker; returns what came of it.
 * @throws {Finding} If it broke something.
 */
export async function runCase(
  fuzzCase: FuzzCase,
  isStored: boolean,
): Promise<Set<string>> {
  const outcomes = new Set<string>();
  await about([fuzzCase], async () => {
    runCodecCase(fuzzCase, outcomes);
    await runBrokerCase(fuzzCase, outcomes, isStored);
  });
  return outcomes;
}

async function about(
  cases: readonly FuzzCase[],
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw new Finding(cases, error);
  }
}
