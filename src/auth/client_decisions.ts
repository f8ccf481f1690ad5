import type { Action } from "../broker/mod.ts";
import type { AccessVerdict, Rules } from "./verdict.ts";

/** Topics remembered for one client and action; then it starts anew. */
const MAXIMUM_TOPICS = 256;

/** What one client is known to be allowed, as long as `rules` hold. */
export class ClientDecisions {
  readonly rules: Rules;
  readonly #publish: ActionDecisions;
  readonly #subscribe: ActionDecisions;
  readonly #receive: ActionDecisions;

  constructor(rules: Rules) {
    this.rules = rules;
    this.#publish = new ActionDecisions();
    this.#subscribe = new ActionDecisions();
    this.#receive = new ActionDecisions();
  }

  of(action: Action): ActionDecisions {
    switch (action) {
      case "publish":
        return this.#publish;
      case "subscribe":
        return this.#subscribe;
      case "receive":
        return this.#receive;
    }
  }
}

/** The decisions on one action, by topic. */
class ActionDecisions {
  #lastTopic: string;
  #lastVerdict: AccessVerdict | null;
  #verdicts: Map<string, AccessVerdict> | null;

  constructor() {
    this.#lastTopic = "";
    this.#lastVerdict = null;
    this.#verdicts = null;
  }

  /** Most clients ask about the topic that they asked about before. */
  get(topic: string): AccessVerdict | null {
    if (this.#lastVerdict !== null && this.#lastTopic === topic) {
      return this.#lastVerdict;
    }
    const verdict = this.#verdicts?.get(topic);
    if (verdict === undefined) return null;
    this.#lastTopic = topic;
    this.#lastVerdict = verdict;
    return verdict;
  }

  set(topic: string, verdict: AccessVerdict): void {
    const verdicts = this.#verdicts ??= new Map();
    if (verdicts.size >= MAXIMUM_TOPICS) verdicts.clear();
    verdicts.set(topic, verdict);
    this.#lastTopic = topic;
    this.#lastVerdict = verdict;
  }
}
