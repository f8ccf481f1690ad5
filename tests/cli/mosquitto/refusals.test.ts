import {
  type ClientOption,
  PUB_OPTIONS,
  RR_OPTIONS,
  SUB_OPTIONS,
} from "../../../src/cli/mosquitto/spelling.ts";
import { assert, assertEquals, assertStringIncludes } from "../../_assert.ts";
import {
  type ClientName,
  HAS_MOSQUITTO_CLIENTS,
  runOurs,
  runTheirs,
} from "./_clients.ts";

/** Command lines that Mosquitto's clients refuse before they connect. */
const REFUSED: readonly (readonly [ClientName, string])[] = [
  ["pub", "--foo"],
  ["pub", "-t a -m b stray"],
  ["pub", "-t a"],
  ["pub", "-m a"],
  ["pub", ""],
  ["pub", "-t a/# -m x"],
  ["pub", "-t a -m x -n"],
  ["pub", "-t a -q 3 -m x"],
  ["pub", "-t a -m x --repeat 0"],
  ["pub", "-t a -m x --repeat-delay -1"],
  ["pub", "-t a -m x -M 0"],
  ["pub", "-t a -m x -k 4"],
  ["pub", "-t a -m x -V 6"],
  ["pub", "-t a -m x -c"],
  ["pub", "-t a -m x -x abc"],
  ["pub", "-t a -m x -x 4294967296"],
  ["pub", "-t a -m x -x -1 -V 5"],
  ["pub", "-t a -m x -i a -I b"],
  ["pub", "-t a -m x -p 70000"],
  ["pub", "-t a -m x --will-payload x"],
  ["pub", "-t a -m x --will-retain"],
  ["pub", "-t a -m x --will-topic w/#"],
  ["pub", "-t a -m x --will-topic w --will-qos 4"],
  ["pub", "-t a -m x --cert x"],
  ["pub", "-t a -m x --key x"],
  ["pub", "-L http://a/b -m x"],
  ["pub", "-L mqtt://a -m x"],
  ["pub", "-t a -m x -D"],
  ["pub", "-t a -m x -D publish content-type"],
  ["pub", "-t a -m x -D publish user-property k"],
  ["pub", "-t a -m x -D nowhere content-type t"],
  ["pub", "-t a -m x -D publish nothing t"],
  ["pub", "-t a -m x -D connect content-type t"],
  ["pub", "-t a -m x -D connect receive-maximum 65536"],
  ["pub", "-t a -m x -C 1"],
  ["pub", "-t a -m x --retained-only"],
  ["sub", ""],
  ["sub", "-t a/#/b"],
  ["sub", "-t a -U a/#/b"],
  ["sub", "-t a -T a/#/b"],
  ["sub", "-t a -C 0"],
  ["sub", "-t a -C -1"],
  ["sub", "-t a -W 0"],
  ["sub", "-t a -R --retained-only"],
  ["sub", "-t a --random-filter 0"],
  ["sub", "-t a -F %z"],
  ["sub", "-t a -F %"],
  ["sub", "-t a -F @"],
  ["sub", "-t a -F \\q"],
  ["sub", "-t a -F \\"],
  ["sub", "-t a -m x"],
  ["sub", "-t a -e x"],
  ["rr", "-t a -m x"],
  ["rr", "-t a -e b"],
  ["rr", "-e b -m x"],
  ["rr", "-t a -e b/# -m x"],
  ["rr", "-t a -e b -l"],
];

Deno.test({
  name: "what Mosquitto's clients refuse is refused in the same words",
  ignore: !HAS_MOSQUITTO_CLIENTS,
  async fn(test) {
    for (const [name, line] of REFUSED) {
      await test.step(`${name} ${line}`, async () => {
        const args = line === "" ? [] : line.split(" ");
        const theirs = await runTheirs(name, args);
        const ours = await runOurs(name, args);
        assertEquals(ours.code, theirs.code);
        assertEquals(ours.error, theirs.error);
        assertEquals(ours.output, "");
      });
    }
  },
});

const OPTIONS: Readonly<Record<ClientName, readonly ClientOption[]>> = {
  pub: PUB_OPTIONS,
  sub: SUB_OPTIONS,
  rr: RR_OPTIONS,
};

Deno.test({
  name: "a value that is missing is missed as Mosquitto's clients miss it",
  ignore: !HAS_MOSQUITTO_CLIENTS,
  async fn() {
    for (const [name, options] of Object.entries(OPTIONS)) {
      for (const { name: long, short, value } of options) {
        if (value === undefined) continue;
        const spellings = [`--${long}`, `-${short ?? long}`]
          .filter((each) => /^(-.|--..+)$/.test(each));
        for (const spelling of spellings) {
          const client = name as ClientName;
          const theirs = await runTheirs(client, [spelling]);
          const ours = await runOurs(client, [spelling]);
          assertEquals(ours.code, theirs.code, spelling);
          // One of them is worded unlike all others.
          const expected = theirs.error.replace(
            "but max_inflight not specified",
            "but no max_inflight specified",
          );
          assertEquals(ours.error, expected, spelling);
        }
      }
    }
  },
});

Deno.test({
  name: "every option of Mosquitto's clients is known to ours",
  ignore: !HAS_MOSQUITTO_CLIENTS,
  async fn() {
    for (const [name, options] of Object.entries(OPTIONS)) {
      const known = new Set(options.flatMap((option) => [
        option.name.length === 1 ? `-${option.name}` : `--${option.name}`,
        ...option.short ? [`-${option.short}`] : [],
      ]));
      const { output } = await runTheirs(name as ClientName, ["--help"]);
      const described = output.split("\n\n").slice(1).join("\n\n");
      const theirs = Array.from(
        described.matchAll(/^ (--?[A-Za-z][-\w]*) :/gm),
        ([, spelling]) => spelling,
      );
      assert(theirs.length > 30, `${theirs.length} options`);
      for (const spelling of theirs) {
        assert(known.has(spelling), `${name} ${spelling}`);
      }
    }
  },
});

/** What makes no sense here, and what is told about it. */
const NOT_HERE: readonly (readonly [string, string])[] = [
  ["-A 127.0.0.1", "the system chooses the address"],
  ["--proxy socks5h://proxy", "open a tunnel to the broker"],
  ["--tls-version tlsv1.2", "the best of 1.2 and 1.3"],
  ["--ciphers DEFAULT", "the list cannot be changed"],
  ["--tls-engine pkcs11", "keys are read from PEM files (--key)"],
  ["--tls-engine-kpass-sha1 00", "keys are read from PEM files (--key)"],
  ["--keyform engine", "it is always pem"],
  ["--psk 00", "use certificates (--cafile)"],
  ["--psk-identity me", "use certificates (--cafile)"],
];

for (const [line, told] of NOT_HERE) {
  Deno.test(`${line} is refused with the reason`, async () => {
    const { code, error } = await runOurs("pub", [
      ...["-t", "a", "-m", "x"],
      ...line.split(" "),
    ]);
    assertEquals(code, 1);
    assertStringIncludes(error, `${line.split(" ")[0]} cannot be used: `);
    assertStringIncludes(error, told);
  });
}

Deno.test("every option that is refused is told of above", () => {
  for (const options of Object.values(OPTIONS)) {
    for (const { name, refusal } of options) {
      if (refusal === undefined) continue;
      const isListed = NOT_HERE.some(([line]) =>
        line.split(" ")[0].replace(/^-+/, "") === name
      );
      assert(isListed, name);
    }
  }
});

Deno.test("A misspelt option of a client is told with the nearest", async () => {
  const { error } = await runOurs("sub", ["--topik", "a"]);
  assertEquals(error, "Error: Unknown option '--topik'. Did you mean --topic?");
});

Deno.test("--help is answered where it is an option, not where it is a value", async () => {
  const { code, output } = await runOurs("pub", ["-t", "a", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(output, "rqtt pub: ");
  const asValue = await runOurs("pub", ["-m", "--help"]);
  assertEquals(asValue.code, 1);
});
