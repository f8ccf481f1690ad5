/** Whether a Topic Filter without `$share/` matches a Topic Name. */
export function filterMatches(topicFilter: string, topicName: string): boolean {
  const levels = topicName.split("/");
  const wanted = topicFilter.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length) return false;
    if (level !== "+" && level !== levels[index]) return false;
  }
  return wanted.length === levels.length;
}
