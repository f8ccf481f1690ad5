/** Where clients publish to. */
export const TOPIC_NAMES = [
  "a",
  "a/b",
  "a/c",
  "a/b/c",
  "é/1",
  "/",
  "slow/x",
];
/** Nobody may publish or subscribe there. */
export const DENIED_TOPIC = "denied/x";
/** The authorizer has to think about topics that begin so. */
export const SLOW_PREFIX = "slow/";

export const TOPIC_FILTERS = [
  "#",
  "a/#",
  "a/+",
  "+",
  "+/b",
  "+/+",
  "a",
  "a/b",
  "é/#",
  "é/1",
  "slow/x",
  "will/+",
  "$share/g/a/#",
  "$share/h/a/#",
  "$share/g/#",
  "$share/g/+/b",
  DENIED_TOPIC,
];

/** The ShareName of a Topic Filter, if it has one, and what is matched. */
export function splitShare(
  key: string,
): { readonly shareName: string | null; readonly filter: string } {
  if (!key.startsWith("$share/")) return { shareName: null, filter: key };
  const [, shareName, ...levels] = key.split("/");
  return { shareName, filter: levels.join("/") };
}

/** Whether a Topic Name matches a filter without ShareName, level by level. */
export function isMatch(filter: string, topicName: string): boolean {
  const levels = topicName.split("/");
  const patterns = filter.split("/");
  if (topicName.startsWith("$") && /^[#+]/.test(filter)) return false;
  for (let i = 0; i < patterns.length; i++) {
    if (patterns[i] === "#") return true;
    if (i >= levels.length) return false;
    if (patterns[i] !== "+" && patterns[i] !== levels[i]) return false;
  }
  return patterns.length === levels.length;
}
