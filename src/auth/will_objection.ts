import type { ClientIdentity } from "../broker/mod.ts";
import { nobodyAllows } from "./nobody_allows.ts";
import type { Links, Rules } from "./verdict.ts";

/**
 * Why no client with the names of `author` could come in by `rules` and
 * publish to `topic`; `null` if one could. What only a plugin knows, or a
 * token says, speaks for it: nobody is asked who would have to be waited for.
 */
export function findWillObjection(
  rules: Rules,
  author: ClientIdentity,
  topic: string,
): string | null {
  const ban = rules.bans?.find(author) ?? null;
  if (ban !== null) return `banned by ${ban}`;
  let objection: string | null = null;
  // By which listener it came is not known.
  for (const links of [rules, ...rules.listeners?.values() ?? []]) {
    objection = objectionOf(links, author, topic);
    if (objection === null) return null;
  }
  return objection;
}

function objectionOf(
  { authenticators, controllers }: Links,
  author: ClientIdentity,
  topic: string,
): string | null {
  const { userName } = author;
  const welcoming = authenticators.filter((link) =>
    link.knows?.(userName) ?? true
  );
  if (welcoming.length === 0) return "nothing knows the user";
  if (welcoming.some(({ grantsRights }) => grantsRights)) return null;
  const asked = controllers.filter(({ actions }) =>
    actions?.includes("publish") ?? true
  );
  if (asked.length === 0) return null;
  for (const controller of asked) {
    if (controller.isAsynchronous) return null;
    const verdict = controller.decide(author, "publish", topic);
    if (verdict === null) continue;
    if (verdict instanceof Promise || verdict.isAllowed !== false) return null;
    return verdict.rule;
  }
  return nobodyAllows(asked, null).rule;
}
