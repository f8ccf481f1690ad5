import { DOLLAR, findLevelEnd, HASH, matchesLevels, PLUS } from "./_levels.ts";

const SHARE_PREFIX = "$share/";
const MAXIMUM_UTF8_BYTES = 65_535;

/** The two parts of a Shared Subscription's filter. */
export interface SharedFilter {
  shareName: string;
  /** What follows `$share/{ShareName}/`. */
  topicFilter: string;
}

/**
 * Checks a Topic Name [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT-4.7.3-2]
 * [MQTT-4.7.3-3]. Returns null if it is valid, else the cause, worded to
 * follow `Topic Name "…" has a`.
 */
export function validateTopicName(topicName: string): string | null {
  if (topicName.includes("#")) return 'wildcard "#"';
  if (topicName.includes("+")) return 'wildcard "+"';
  return validateCharacters(topicName);
}

/**
 * Checks a Topic Filter without `$share` part [MQTT-4.7.1-1] [MQTT-4.7.1-2]
 * [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-4.7.3-3]. Returns null if it is valid,
 * else the cause, worded to follow `Topic Filter "…" has a`.
 */
export function validateTopicFilter(filter: string): string | null {
  for (let start = 0; start <= filter.length;) {
    const end = findLevelEnd(filter, start);
    for (let i = start; i < end; i++) {
      const code = filter.charCodeAt(i);
      if (code !== HASH && code !== PLUS) continue;
      if (end - start > 1) {
        return `"${filter[i]}" that does not fill its level`;
      }
      if (code === HASH && end < filter.length) return 'level after "#"';
    }
    start = end + 1;
  }
  return validateCharacters(filter);
}

/**
 * Cuts `$share/{ShareName}/{filter}` in two; null if `filter` is not that of a
 * Shared Subscription. A missing part comes back empty: it is
 * {@linkcode validateSubscriptionFilter} that refuses it.
 */
export function parseSharedFilter(filter: string): SharedFilter | null {
  if (!filter.startsWith(SHARE_PREFIX)) return null;
  const nameEnd = findLevelEnd(filter, SHARE_PREFIX.length);
  return {
    shareName: filter.slice(SHARE_PREFIX.length, nameEnd),
    topicFilter: filter.slice(nameEnd + 1),
  };
}

/**
 * Checks the filter of a SUBSCRIBE, shared [MQTT-4.8.2-1] [MQTT-4.8.2-2] or
 * not. Returns null if it is valid, else the cause, worded to follow
 * `Topic Filter "…" has a`.
 */
export function validateSubscriptionFilter(filter: string): string | null {
  const shared = parseSharedFilter(filter);
  if (shared === null) return validateTopicFilter(filter);
  const { shareName, topicFilter } = shared;
  if (shareName === "") return "ShareName without characters";
  if (hasWildcard(shareName)) return "ShareName with a wildcard";
  if (topicFilter === "") return "ShareName without a Topic Filter after it";
  return validateTopicFilter(topicFilter) ?? validateCharacters(filter);
}

/** Whether a valid Topic Filter contains `+` or `#`. */
export function hasWildcard(filter: string): boolean {
  return filter.includes("#") || filter.includes("+");
}

/** The number of levels, empty ones included: `a//b` has three. */
export function countTopicLevels(topicOrFilter: string): number {
  let count = 1;
  let slash = topicOrFilter.indexOf("/");
  while (slash >= 0) {
    count++;
    slash = topicOrFilter.indexOf("/", slash + 1);
  }
  return count;
}

/**
 * Whether a valid Topic Filter (without `$share` part) matches a valid Topic
 * Name: character by character as sent [MQTT-4.7.3-4], and a leading wildcard
 * never matches a leading `$` [MQTT-4.7.2-1].
 */
export function matchesTopicFilter(filter: string, topicName: string): boolean {
  if (topicName.charCodeAt(0) === DOLLAR) {
    const first = filter.charCodeAt(0);
    if (first === HASH || first === PLUS) return false;
  }
  return matchesLevels(filter, 0, topicName, 0);
}

function validateCharacters(path: string): string | null {
  if (path.length === 0) return "length of 0";
  if (path.includes("\0")) return "null character U+0000";
  if (!path.isWellFormed()) return "surrogate without its pair";
  if (exceedsMaximumBytes(path)) return "length over 65,535 bytes";
  return null;
}

function exceedsMaximumBytes(path: string): boolean {
  // A UTF-16 unit takes one to three bytes of UTF-8.
  if (path.length * 3 <= MAXIMUM_UTF8_BYTES) return false;
  return new TextEncoder().encode(path).length > MAXIMUM_UTF8_BYTES;
}
