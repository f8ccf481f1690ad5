/** Refusals told of one client; those of topics differ for each topic. */
const MAXIMUM_REPORTS = 32;

/** What the operator has been told of one client: a flood must not fill the log. */
export class RefusalReports {
  readonly #keys = new Set<string>();

  has(kind: string): boolean {
    return this.#keys.has(kind);
  }

  /** Whether `kind` is to be told of `topic`, or of no topic with `""`; true once. */
  claim(kind: string, topic: string): boolean {
    if (this.#keys.size >= MAXIMUM_REPORTS) return false;
    const key = topic === "" ? kind : `${kind} ${topic}`;
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    return true;
  }
}
