import type { Limits } from "./limits.ts";

/**
 * Limits that CONNACK tells clients, or that something was sized by: they
 * stay as they are while the broker runs.
 */
const FIXED: readonly (keyof Limits)[] = [
  "maximumPacketSizeBytes",
  "maximumQos",
  "retainAvailable",
  "wildcardSubscriptionAvailable",
  "sharedSubscriptionAvailable",
  "subscriptionIdentifierAvailable",
  "receiveMaximum",
  "topicAliasMaximum",
  "maximumRouteCacheEntries",
  "maximumRecordedDrops",
];

/** What comes of a wish for other limits. */
export interface ChangedLimits {
  readonly limits: Limits;
  /** Those that keep their value until a restart. */
  readonly kept: readonly (keyof Limits)[];
}

/** Takes from `wanted` what can change while clients are connected. */
export function changeLimits(current: Limits, wanted: Limits): ChangedLimits {
  const kept = FIXED.filter((name) => current[name] !== wanted[name]);
  const fixed = Object.fromEntries(FIXED.map((name) => [name, current[name]]));
  return { limits: { ...wanted, ...fixed }, kept };
}
