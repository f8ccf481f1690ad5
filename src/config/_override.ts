import type { Path } from "./_locate.ts";

/** A value set by hand over what the file says. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** What the user typed, for messages: a variable or a flag. */
  readonly origin: string;
}

type Node = Record<string | number, unknown>;

/**
 * Returns a copy of `tree` with the overrides written into it. What stands on
 * the way to a path must be a mapping, a list or nothing.
 */
export function withOverrides(
  tree: unknown,
  overrides: readonly Override[],
): unknown {
  const root = { tree: structuredClone(tree) } as Node;
  for (const { path, value } of overrides) {
    const steps = ["tree", ...path];
    let node = root;
    for (let i = 0; i < steps.length - 1; i++) {
      node[steps[i]] ??= typeof steps[i + 1] === "number" ? [] : {};
      node = node[steps[i]] as Node;
    }
    node[steps[steps.length - 1]] = value;
  }
  return root.tree;
}
