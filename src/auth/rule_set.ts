import type { Action, ClientIdentity } from "../broker/mod.ts";
import {
  matchesTopicFilter,
  Subscription,
  SubscriptionTree,
} from "../topics/mod.ts";
import {
  type AccessRule,
  fillTemplate,
  grants,
  isTemplate,
} from "./access_rule.ts";
import { covers, overlaps } from "./filter_overlap.ts";

/** Up to here, looking at each rule is faster than walking a tree. */
const MAXIMUM_LINEAR = 16;

/**
 * Rules that are looked at together. A deny stands over everything else,
 * wherever it is written.
 */
export class RuleSet {
  readonly #rules: AccessRule[] = [];
  readonly #templates: AccessRule[] = [];
  #tree: SubscriptionTree<AccessRule> | null = null;

  add(rule: AccessRule): void {
    if (isTemplate(rule)) {
      this.#templates.push(rule);
      return;
    }
    this.#rules.push(rule);
    if (this.#tree !== null) {
      this.#tree.add(new Subscription(rule, rule.topicFilter));
    } else if (this.#rules.length > MAXIMUM_LINEAR) {
      this.#tree = new SubscriptionTree();
      for (const each of this.#rules) {
        this.#tree.add(new Subscription(each, each.topicFilter));
      }
    }
  }

  /** The rule that decides, or `null` if none is about it. */
  find(
    client: ClientIdentity,
    action: Action,
    topic: string,
  ): AccessRule | null {
    return action === "subscribe"
      ? this.#findForFilter(client, topic)
      : this.#findForTopic(client, action, topic);
  }

  #findForTopic(
    client: ClientIdentity,
    action: Action,
    topicName: string,
  ): AccessRule | null {
    let granting: AccessRule | null = null;
    for (const rule of this.#matching(topicName)) {
      if (rule.access === "deny") return rule;
      if (granting === null && grants(rule, action)) granting = rule;
    }
    for (const rule of this.#templates) {
      const filter = fillTemplate(rule, client);
      if (filter === null || !matchesTopicFilter(filter, topicName)) continue;
      if (rule.access === "deny") return rule;
      if (granting === null && grants(rule, action)) granting = rule;
    }
    return granting;
  }

  #matching(topicName: string): readonly AccessRule[] {
    if (this.#tree === null) {
      return this.#rules.filter(({ topicFilter }) =>
        matchesTopicFilter(topicFilter, topicName)
      );
    }
    return this.#tree.resolve(topicName).receivers
      .map(({ subscriber }) => subscriber);
  }

  /**
   * A subscription is granted if some of what it matches may be read; the
   * rest is kept back when it is delivered. It is refused for a deny that
   * leaves nothing of it.
   */
  #findForFilter(
    client: ClientIdentity,
    topicFilter: string,
  ): AccessRule | null {
    let granting: AccessRule | null = null;
    for (const rules of [this.#rules, this.#templates]) {
      for (const rule of rules) {
        const filter = isTemplate(rule)
          ? fillTemplate(rule, client)
          : rule.topicFilter;
        if (filter === null) continue;
        if (rule.access === "deny") {
          if (covers(filter, topicFilter)) return rule;
        } else if (
          granting === null && grants(rule, "subscribe") &&
          overlaps(filter, topicFilter)
        ) granting = rule;
      }
    }
    return granting;
  }
}
