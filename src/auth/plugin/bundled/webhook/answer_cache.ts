interface Entry<Answer> {
  readonly answer: Answer;
  readonly expiresAtMs: number;
}

const encoder = new TextEncoder();

/**
 * Remembers answers for their lifetime, and a bounded number of them. What
 * they answer is kept as a keyed hash: there may be passwords in it, and it
 * may be long.
 */
export class AnswerCache<Answer> {
  readonly #maximum: number;
  readonly #entries = new Map<string, Entry<Answer>>();
  #hashKey: Promise<CryptoKey> | null = null;

  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What stands for a question, here and nowhere else. */
  async keyOf(question: readonly unknown[]): Promise<string> {
    this.#hashKey ??= crypto.subtle.generateKey(
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const data = encoder.encode(JSON.stringify(question));
    const hash = await crypto.subtle.sign("HMAC", await this.#hashKey, data);
    return String.fromCharCode(...new Uint8Array(hash));
  }

  get(key: string, nowMs: number): Entry<Answer> | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAtMs > nowMs) return entry;
    this.#entries.delete(key);
    return null;
  }

  /** Forgets the oldest if there are too many. */
  set(key: string, answer: Answer, expiresAtMs: number): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#maximum) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    this.#entries.set(key, { answer, expiresAtMs });
  }
}
