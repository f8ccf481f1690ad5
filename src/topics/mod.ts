/**
 * Topic Names and Topic Filters: checking and matching them, finding the
 * subscriptions and the retained messages that match, taking turns in shared
 * groups, and remembering the routes of the topics in use.
 */
export { Receiver } from "./receiver.ts";
export { RetainedMatches } from "./retained_matches.ts";
export { RetainedTree } from "./retained_tree.ts";
export { Route } from "./route.ts";
export { RouteCache, type RouteCacheOptions } from "./route_cache.ts";
export { SharedGroup } from "./shared_group.ts";
export { Subscription, type SubscriptionOptions } from "./subscription.ts";
export {
  type RouteInvalidator,
  SubscriptionTree,
} from "./subscription_tree.ts";
export {
  countTopicLevels,
  hasWildcard,
  matchesTopicFilter,
  parseSharedFilter,
  type SharedFilter,
  validateSubscriptionFilter,
  validateTopicFilter,
  validateTopicName,
} from "./topic_filter.ts";
