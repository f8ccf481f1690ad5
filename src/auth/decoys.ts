import { hmacSha256 } from "./_digest.ts";

/** Different in each run: nobody can tell what a name will get. */
const secret = crypto.getRandomValues(new Uint8Array(32));
const encoder = new TextEncoder();

/** What stands for a name in all that is made up for it: 32 bytes, always the same. */
export function digestOfName(userName: string): Promise<Uint8Array> {
  return hmacSha256(secret, encoder.encode(userName));
}

interface Share<Entry> {
  readonly entry: Entry;
  count: number;
}

/**
 * Entries that stand for users who do not exist, so that a login takes as long
 * as that of a user who does. Where entries differ in what they cost, as many
 * unknown names in a hundred get one of a cost as known ones have it, and each
 * name always the same: with one cost for all, whoever takes another time
 * would be known to exist.
 */
export class Decoys<Entry> {
  readonly #shares = new Map<string, Share<Entry>>();
  #totalCount = 0;

  /** `costOf` tells entries apart that a client can tell apart. */
  constructor(entries: Iterable<Entry>, costOf: (entry: Entry) => string) {
    for (const entry of entries) {
      const cost = costOf(entry);
      const share = this.#shares.get(cost);
      if (share === undefined) this.#shares.set(cost, { entry, count: 1 });
      else share.count++;
      this.#totalCount++;
    }
  }

  get isEmpty(): boolean {
    return this.#totalCount === 0;
  }

  /** The one for the name with that {@linkcode digestOfName}; there is one. */
  pick(digest: Uint8Array): Entry {
    const view = new DataView(digest.buffer, digest.byteOffset);
    let rest = view.getUint32(0) / 2 ** 32 * this.#totalCount;
    for (const { entry, count } of this.#shares.values()) {
      rest -= count;
      if (rest < 0) return entry;
    }
    throw new RangeError("Cannot pick a decoy: there is no entry");
  }
}
