import {
  validateSubscriptionFilter,
  validateTopicName,
} from "../../topics/mod.ts";
import { ClientUsageError } from "./errors.ts";

/** @throws {ClientUsageError} If nothing can be published to it. */
export function checkTopicName(
  topicName: string,
  kind: "publish" | "response",
): void {
  if (validateTopicName(topicName) === null) return;
  throw new ClientUsageError(
    `Invalid ${kind} topic '${topicName}', does it contain '+' or '#'?`,
  );
}

/** @throws {ClientUsageError} If one of them is no Topic Filter. */
export function checkTopicFilters(
  topicFilters: readonly string[],
  kind: "subscription" | "filter" | "unsubscribe",
): void {
  for (const topicFilter of topicFilters) {
    if (validateSubscriptionFilter(topicFilter) === null) continue;
    throw new ClientUsageError(
      `Invalid ${kind} topic '${topicFilter}', are all '+' and '#' ` +
        "wildcards correct?",
    );
  }
}
