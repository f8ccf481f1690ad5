/**
 * The tree of levels under both the subscription tree and the retained tree.
 *
 * A path becomes branches only as far as another path shares its levels; the
 * rest of it stays one string in its leaf. So a million paths that differ in
 * their second level cost one branch, and a path of 65,535 levels costs one
 * leaf until a second one follows the same way.
 */
import { findLevelEnd } from "./_levels.ts";

/** What stands at the end of a path; extended with what it carries. */
export class Leaf {
  readonly path: string;
  /** Where the levels begin that no branch holds. */
  levelStart: number;

  constructor(path: string) {
    this.path = path;
    this.levelStart = 0;
  }
}

/** Either the next branch or the leaf of the only path that goes on here. */
export type LevelNode<L extends Leaf> = Branch<L> | L;

/** A level that at least two paths share, or shared once. */
export class Branch<L extends Leaf> {
  /** The leaf whose path ends with this level. */
  here: L | null;
  /** What follows by the level `+`. */
  singleLevel: LevelNode<L> | null;
  /** What follows by the level `#`. */
  multiLevel: LevelNode<L> | null;
  // A Map costs some 200 bytes, so an only child does without.
  onlyLevel: string | null;
  onlyChild: LevelNode<L> | null;
  children: Map<string, LevelNode<L>> | null;

  constructor() {
    this.here = null;
    this.singleLevel = null;
    this.multiLevel = null;
    this.onlyLevel = null;
    this.onlyChild = null;
    this.children = null;
  }

  /** What follows by a level that is no wildcard. */
  literalChild(level: string): LevelNode<L> | null {
    if (this.children !== null) return this.children.get(level) ?? null;
    return this.onlyLevel === level ? this.onlyChild : null;
  }

  child(level: string): LevelNode<L> | null {
    if (level === "+") return this.singleLevel;
    if (level === "#") return this.multiLevel;
    return this.literalChild(level);
  }

  setChild(level: string, child: LevelNode<L>): void {
    if (level === "+") this.singleLevel = child;
    else if (level === "#") this.multiLevel = child;
    else if (this.children !== null) this.children.set(level, child);
    else if (this.onlyLevel === null || this.onlyLevel === level) {
      this.onlyLevel = level;
      this.onlyChild = child;
    } else {
      this.children = new Map();
      this.children.set(this.onlyLevel, this.onlyChild!);
      this.children.set(level, child);
      this.onlyLevel = null;
      this.onlyChild = null;
    }
  }

  deleteChild(level: string): void {
    if (level === "+") this.singleLevel = null;
    else if (level === "#") this.multiLevel = null;
    else if (this.children !== null) this.children.delete(level);
    else if (this.onlyLevel === level) {
      this.onlyLevel = null;
      this.onlyChild = null;
    }
  }

  /** Whether more than one path ends here or goes on from here. */
  get isShared(): boolean {
    let count = this.children?.size ?? 0;
    if (this.onlyChild !== null) count++;
    if (this.here !== null) count++;
    if (this.singleLevel !== null) count++;
    if (this.multiLevel !== null) count++;
    return count > 1;
  }
}

/** The leaf of `path`, or null. */
export function findLeaf<L extends Leaf>(
  root: Branch<L>,
  path: string,
): L | null {
  let branch = root;
  let start = 0;
  while (start <= path.length) {
    const end = findLevelEnd(path, start);
    const child = branch.child(path.slice(start, end));
    if (child === null) return null;
    if (!(child instanceof Branch)) return child.path === path ? child : null;
    branch = child;
    start = end + 1;
  }
  return branch.here;
}

/** Adds a leaf, unless one with its path is there; returns the one that is then there. */
export function insertLeaf<L extends Leaf>(root: Branch<L>, leaf: L): L {
  const path = leaf.path;
  let branch = root;
  leaf.levelStart = 0;
  while (leaf.levelStart <= path.length) {
    const level = takeLevel(leaf);
    const child = branch.child(level);
    if (child === null) {
      branch.setChild(level, leaf);
      return leaf;
    }
    if (child instanceof Branch) {
      branch = child;
      continue;
    }
    if (child.path === path) return child;
    const lower = new Branch<L>();
    if (child.levelStart > child.path.length) lower.here = child;
    else lower.setChild(takeLevel(child), child);
    branch.setChild(level, lower);
    branch = lower;
  }
  return branch.here ??= leaf;
}

/** Removes the leaf of `path` and each branch that then leads nowhere. */
export function removeLeaf<L extends Leaf>(
  root: Branch<L>,
  path: string,
): L | null {
  let branch = root;
  let start = 0;
  // The deepest branch that other paths need, and its way down to this leaf.
  let keptBranch = root;
  let keptLevel: string | null = null;
  let found: L | null = null;
  while (start <= path.length) {
    const end = findLevelEnd(path, start);
    const level = path.slice(start, end);
    const child = branch.child(level);
    if (child === null) return null;
    if (branch === root || branch.isShared) {
      keptBranch = branch;
      keptLevel = level;
    }
    if (!(child instanceof Branch)) {
      if (child.path !== path) return null;
      found = child;
      break;
    }
    branch = child;
    start = end + 1;
  }
  if (found === null) {
    found = branch.here;
    if (found === null) return null;
    if (branch.isShared) {
      branch.here = null;
      return found;
    }
  }
  if (keptLevel !== null) keptBranch.deleteChild(keptLevel);
  return found;
}

/** Branches (without the root) and leaves, for tests and diagnosis. */
export function countNodes<L extends Leaf>(root: Branch<L>): number {
  let count = 0;
  const pending: Branch<L>[] = [root];
  for (let branch = pending.pop(); branch; branch = pending.pop()) {
    if (branch.here !== null) count++;
    const followers = [
      branch.singleLevel,
      branch.multiLevel,
      branch.onlyChild,
      ...(branch.children?.values() ?? []),
    ];
    for (const follower of followers) {
      if (follower === null) continue;
      count++;
      if (follower instanceof Branch) pending.push(follower);
    }
  }
  return count;
}

/** Cuts the next level off the part of a leaf's path that no branch holds. */
function takeLevel(leaf: Leaf): string {
  const end = findLevelEnd(leaf.path, leaf.levelStart);
  const level = leaf.path.slice(leaf.levelStart, end);
  leaf.levelStart = end + 1;
  return level;
}
