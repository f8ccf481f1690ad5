import { run } from "../../../src/cli/run.ts";
import { assert, assertEquals, assertMatch } from "../../_assert.ts";
import { EXECUTABLE } from "../../_program.ts";
import { outputOf } from "../../interop/_child.ts";
import { fakeSurroundings } from "../_surroundings.ts";

/** What `rqtt install --print` prints. */
async function printed(manager: string): Promise<string> {
  const { surroundings, output } = fakeSurroundings({
    args: ["install", "--print", manager],
  });
  assertEquals(await run(surroundings), 0);
  return `${output.join("\n")}\n`;
}

for (
  const [manager, file] of [
    ["systemd", "rqtt.service"],
    ["docker", "Dockerfile"],
    ["launchd", "rqtt.plist"],
  ]
) {
  Deno.test(`rqtt install --print ${manager} prints ${file} as it stands`, async () => {
    const url = new URL(
      `../../../src/cli/packaging/${file}`,
      import.meta.url,
    );
    assertEquals(await printed(manager), Deno.readTextFileSync(url));
  });
}

for (const args of [["install"], ["install", "--print", "upstart"]]) {
  Deno.test(`rqtt ${args.join(" ")} is wrong usage`, async () => {
    const { surroundings, errors } = fakeSurroundings({ args });
    assertEquals(await run(surroundings), 2);
    assertMatch(errors[0], /systemd, docker, launchd/);
  });
}

const hasSystemd = outputOf("systemd-analyze", ["--version"]) !== null;

/** Calls `use` with the unit in a file, started with a program that exists. */
async function withUnit(use: (file: string) => void) {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/rqtt.service`;
  const program = EXECUTABLE ?? Deno.execPath();
  const unit = (await printed("systemd"))
    .replace("/usr/local/bin/rqtt serve", `${program} serve`);
  assert(unit.includes(program));
  try {
    await Deno.writeTextFile(file, unit);
    use(file);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function analyze(args: readonly string[]): { success: boolean; told: string } {
  const { success, stdout, stderr } = new Deno.Command("systemd-analyze", {
    args: [...args],
  }).outputSync();
  const told = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { success, told: told.join("") };
}

Deno.test({
  name: "systemd-analyze verify has nothing to say about the unit",
  ignore: !hasSystemd,
  fn: () =>
    withUnit((file) => {
      const { success, told } = analyze(["verify", "--man=no", file]);
      assertEquals({ success, told }, { success: true, told: "" });
    }),
});

Deno.test({
  name: "systemd-analyze security calls the exposure of the unit OK",
  ignore: !hasSystemd,
  fn: () =>
    withUnit((file) => {
      const { success, told } = analyze([
        "security",
        "--offline=true",
        // In tenths: what it calls "OK" ends at 4.9.
        "--threshold=20",
        "--no-pager",
        file,
      ]);
      assert(success, told);
    }),
});

Deno.test({
  name: "plistlib reads the plist, which starts the program with its file",
  ignore: outputOf("python3", ["--version"]) === null,
  async fn() {
    const directory = await Deno.makeTempDir();
    const file = `${directory}/rqtt.plist`;
    await Deno.writeTextFile(file, await printed("launchd"));
    const script = "import json, plistlib, sys; " +
      "print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    const read = outputOf("python3", ["-c", script, file]);
    await Deno.remove(directory, { recursive: true });
    const { Label, ProgramArguments, RunAtLoad } = JSON.parse(read ?? "{}");
    assertEquals([Label, RunAtLoad], ["rqtt", true]);
    assertEquals(ProgramArguments.slice(0, 3), [
      "/usr/local/bin/rqtt",
      "serve",
      "--config",
    ]);
  },
});

Deno.test("The container runs as a user of its own and asks for its health", async () => {
  const dockerfile = await printed("docker");
  const [, build, run] = dockerfile.split(/^FROM /m);
  assertMatch(build, /^denoland\/deno:\S+ AS build\n/);
  const script = new URL("../../../.ci/run", import.meta.url);
  const [, pinned] = /deno@([\d.]+)/.exec(Deno.readTextFileSync(script))!;
  assert(build.startsWith(`denoland/deno:${pinned} `), pinned);
  assertMatch(run, /^USER rqtt$/m);
  assertMatch(run, /^VOLUME \/var\/lib\/rqtt$/m);
  assertMatch(run, /^HEALTHCHECK [^]*CMD \["rqtt", "health"\]$/m);
});
