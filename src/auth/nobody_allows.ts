import type { Grants } from "./grants.ts";
import type { AccessController, AccessVerdict } from "./verdict.ts";

/**
 * The verdict where nobody who was asked has a rule. It names them in their
 * order, with their files: one of these is where a rule is missing. `grants`
 * are those of the client's login.
 */
export function nobodyAllows(
  controllers: readonly AccessController[],
  grants: Grants | null,
): AccessVerdict {
  const asked = controllers.map(({ name, path }) =>
    path === undefined ? name : `${name} (${path})`
  );
  if (grants !== null) asked.unshift(`the login by ${grants.source}`);
  return {
    isAllowed: false,
    rule: `no rule allows it, asked: ${asked.join(", ")}`,
    expiresAtMs: Infinity,
  };
}
