import { readGitCommit } from "../../src/cli/git_commit.ts";
import { assertEquals } from "../_assert.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const OTHER = "89abcdef0123456789abcdef0123456789abcdef";

interface Case {
  readonly name: string;
  /** Contents of files by their paths below the root. */
  readonly files: Readonly<Record<string, string>>;
  readonly commit: string | null;
}

const CASES: readonly Case[] = [
  {
    name: "a branch in a file of its own",
    files: {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/refs/heads/main": `${COMMIT}\n`,
    },
    commit: COMMIT,
  },
  {
    name: "a branch among packed ones",
    files: {
      ".git/HEAD": "ref: refs/heads/main\n",
      ".git/packed-refs": "# pack-refs with: peeled fully-peeled sorted\n" +
        `${OTHER} refs/heads/not/refs/heads/main.old\n` +
        `${COMMIT} refs/heads/main\n`,
    },
    commit: COMMIT,
  },
  {
    name: "a commit without a branch",
    files: { ".git/HEAD": `${COMMIT}\n` },
    commit: COMMIT,
  },
  {
    name: "a worktree, whose branches are in the main one",
    files: {
      ".git": "gitdir: main/.git/worktrees/other\n",
      "main/.git/worktrees/other/HEAD": "ref: refs/heads/other\n",
      "main/.git/worktrees/other/commondir": "../..\n",
      "main/.git/refs/heads/other": `${COMMIT}\n`,
    },
    commit: COMMIT,
  },
  {
    name: "a repository without any commit",
    files: { ".git/HEAD": "ref: refs/heads/main\n" },
    commit: null,
  },
  {
    name: "a damaged HEAD",
    files: { ".git/HEAD": "nonsense\n" },
    commit: null,
  },
  { name: "no repository", files: {}, commit: null },
];

for (const { name, files, commit } of CASES) {
  Deno.test(`The commit is read from ${name}`, async () => {
    const directory = await Deno.makeTempDir();
    try {
      const root = new URL(`file://${directory}/`);
      for (const [path, text] of Object.entries(files)) {
        const file = new URL(path, root);
        await Deno.mkdir(new URL("./", file), { recursive: true });
        await Deno.writeTextFile(file, text);
      }
      assertEquals(readGitCommit(root), commit);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
