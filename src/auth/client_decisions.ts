import type { Action } from "../broker/mod.ts";
import type { AccessVerdict, Rules } from "./verdict.ts";

/** Topics of the younger half of the memory for one client and action. */
const MAXIMUM_YOUNG = 256;

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

/**
 * The decisions on one action, by topic. What was not looked at while as many
 * others as the memory holds were is forgotten.
 */
export class ActionDecisions {
  /** Questions under way: whoever asks meanwhile gets the same answer. */
  readonly pending = new Map<string, Promise<boolean>>();
  #lastTopic: string;
  #lastVerdict: AccessVerdict | null;
  #young: Map<string, AccessVerdict> | null;
  #old: Map<string, AccessVerdict> | null;

  constructor() {
    this.#lastTopic = "";
    this.#lastVerdict = null;
    this.#young = null;
    this.#old = null;
  }

  /** Most clients ask about the topic that they asked about before. */
  get(topic: string): AccessVerdict | null {
    if (this.#lastVerdict !== null && this.#lastTopic === topic) {
      return this.#lastVerdict;
    }
    let verdict = this.#young?.get(topic);
    if (verdict === undefined) {
      verdict = this.#old?.get(topic);
      if (verdict === undefined) return null;
      this.#keep(topic, verdict);
    }
    this.#lastTopic = topic;
    this.#lastVerdict = verdict;
    return verdict;
  }

  set(topic: string, verdict: AccessVerdict): void {
    this.#keep(topic, verdict);
    this.#lastTopic = topic;
    this.#lastVerdict = verdict;
  }

  #keep(topic: string, verdict: AccessVerdict): void {
    this.#young ??= new Map();
    if (this.#young.size >= MAXIMUM_YOUNG) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(topic, verdict);
  }
}
