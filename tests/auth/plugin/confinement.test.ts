import { assert, assertEquals, assertRejects } from "../../_assert.ts";
import { findForbiddenImport } from "../../../src/auth/plugin/module_source.ts";
import { PLUGIN, PluginFiles, RecordingPluginObserver } from "./_plugins.ts";

/** A plugin that tries `body`, where `secret` is what it must not read. */
function hostile(body: string): string {
  return `export default {
    async authorize(_question, { options: { secret } }) {
      const attempt = async () => { ${body} };
      try {
        return { answer: "allow", reason: String(await attempt()) };
      } catch (error) {
        return { answer: "deny", reason: error.name + ": " + error.message };
      }
    },
  };`;
}

/** What is tried, and a part of what has to come of it. */
const ATTEMPTS: readonly [name: string, body: string, refusal: string][] = [
  ["read a file", `return Deno.readTextFile(secret);`, "read access"],
  [
    "read a file by fetch",
    `return (await fetch("file://" + secret)).text();`,
    "read access",
  ],
  [
    "read its own module once it is loaded",
    `return Deno.readTextFile(secret.replace("secret.json", "plugin.js"));`,
    "read access",
  ],
  ["write a file", `return Deno.writeTextFile(secret, "");`, "write access"],
  ["fetch", `return fetch("http://127.0.0.1:1/");`, "net access"],
  [
    "connect",
    `return Deno.connect({ hostname: "127.0.0.1", port: 1 });`,
    "net access",
  ],
  ["listen", `return Deno.listen({ port: 0 });`, "net access"],
  ["look a name up", `return Deno.resolveDns("a.example", "A");`, "net access"],
  ["read a variable", `return Deno.env.get("HOME");`, "env access"],
  ["read all variables", `return Deno.env.toObject();`, "env access"],
  ["reach the process", `return process.env.HOME;`, "process is not defined"],
  ["run a program", `return new Deno.Command("true").output();`, "run access"],
  ["load a library", `return Deno.dlopen("libc.so.6", {});`, "ffi access"],
  ["ask the system", `return Deno.hostname();`, "sys access"],
  ["end another process", `return Deno.kill(1, "SIGTERM");`, "run access"],
  [
    "make a Worker",
    `return new Worker("data:text/javascript,", { type: "module", deno: { permissions: { read: true } } });`,
    "Worker is not defined",
  ],
  [
    "ask for a permission",
    `const { state } = await Deno.permissions.request({ name: "read" });
     if (state !== "granted") throw new Error(state);`,
    "denied",
  ],
  [
    "open the files that the process makes to everybody",
    `return Deno.umask(0);`,
    "not a function",
  ],
  [
    "take signals of the process",
    `return Deno.addSignalListener("SIGQUIT", () => {});`,
    "not a function",
  ],
  ["use Deno KV", `return Deno.openKv();`, "not a function"],
  ["use a cache", `return caches.open("x");`, "not defined"],
  ["use a channel", `return new BroadcastChannel("x");`, "not defined"],
  [
    "write to the terminal",
    `return Deno.stdout.writeSync(new Uint8Array([10]));`,
    "Bad resource",
  ],
  ["reach into the runtime", `return Deno[Deno.internal].core;`, "undefined"],
  ["evaluate text", `return eval("1");`, "eval is not defined"],
  ["make a function of text", `return Function("1")();`, "not defined"],
  [
    "make an async function of text",
    `return (async () => {}).constructor("1")();`,
    "not a function",
  ],
  [
    "make a generator of text",
    `return (function* () {}).constructor("1")();`,
    "not a function",
  ],
  ["set a timer with text", `return setTimeout("1");`, "needs a function"],
];

for (const [name, body, refusal] of ATTEMPTS) {
  Deno.test(`a plugin that is granted nothing cannot ${name}`, async () => {
    await using files = await PluginFiles.create();
    const secret = await files.write(`{"key":1}`, "secret.json");
    const host = await files.start(hostile(body), { options: { secret } });
    const { answer, reason } = await host.ask("authorize", {}) as {
      answer: string;
      reason: string;
    };
    assertEquals([answer, reason.includes(refusal)], ["deny", true], reason);
    assertEquals(await Deno.readTextFile(secret), `{"key":1}`);
  });
}

for (
  const [name, text] of [
    ["a file", hostile(`return import(secret);`)],
    [
      "a file as data",
      hostile(`return import(secret, { with: { type: "text" } });`),
    ],
    ["over the network", hostile(`return import("https://plugin.example/x");`)],
    ["a module of Node", hostile(`return import("node:fs");`)],
    ["by its text", `import "./x.js"; export default {};`],
    [
      "a file as data by its text",
      `import text from "/etc/passwd" with { type: "text" }; export default {};`,
    ],
    ["by what it exports", `export * from "./x.js"; export default {};`],
  ] as const
) {
  Deno.test(`a plugin cannot import ${name}`, async () => {
    await using files = await PluginFiles.create();
    const { message } = await assertRejects(() => files.start(text), Error);
    assert(message.includes("imports nothing but"), message);
  });
}

Deno.test("a plugin can do what it is granted, and nothing next to it", async () => {
  await using files = await PluginFiles.create();
  const granted = await files.write("granted", "granted.txt");
  const secret = await files.write("secret", "secret.json");
  const { permissions } = PLUGIN;
  for (const [path, answer] of [[granted, "allow"], [secret, "deny"]]) {
    const host = await files.start(
      hostile("return Deno.readTextFile(secret)"),
      {
        options: { secret: path },
        permissions: { ...permissions, read: [granted] },
      },
    );
    const said = await host.ask("authorize", {}) as { answer: string };
    assertEquals(said.answer, answer);
  }
});

Deno.test("a plugin does not move the working directory to what it may read", async () => {
  await using files = await PluginFiles.create();
  const path = await files.write("granted", "granted.txt");
  const directory = path.slice(0, path.lastIndexOf("/"));
  const before = Deno.cwd();
  const host = await files.start(
    hostile("Deno.chdir(secret)"),
    {
      options: { secret: directory },
      permissions: { ...PLUGIN.permissions, read: [directory] },
    },
  );
  const said = await host.ask("authorize", {}) as { answer: string };
  const after = Deno.cwd();
  Deno.chdir(before);
  assertEquals([said.answer, after], ["deny", before]);
});

Deno.test({
  name: "a plugin is not granted what the broker itself may not do",
  // As the executable: without run and ffi.
  permissions: { read: true, write: true, net: true, env: true, import: true },
  async fn() {
    await using files = await PluginFiles.create();
    const { permissions } = PLUGIN;
    for (const extra of [{ run: ["true"] }, { ffi: ["/lib/libc.so.6"] }]) {
      const { message } = await assertRejects(
        () =>
          files.start(hostile(""), {
            permissions: { ...permissions, ...extra },
          }),
        Error,
      );
      assertEquals(
        message,
        "its permissions go beyond those of the broker's own process; the " +
          "executable has no run and ffi, and of env RQTT_… only",
      );
    }
  },
});

Deno.test("the text of a plugin has no import", () => {
  const fine = [
    `export default { authorize: () => "deny" };`,
    `import { definePlugin } from "@rqtt/rqtt/plugin";
     import type { Plugin } from "@rqtt/rqtt/plugin";
     export default definePlugin({});`.replace(/^ +/gm, ""),
    `const here = import.meta.url; const all = Array.from([1]);`,
    `const important = "imported"; export { important as default };`,
  ];
  for (const text of fine) assertEquals(findForbiddenImport(text), null);
  const bad: [string, number][] = [
    [`import x from "./x.js";`, 1],
    [`\nimport("./x.js");`, 2],
    [`import/**/("./x.js");`, 1],
    [`// import`, 1],
    [`export * from "./x.js";`, 1],
    [`export {\n  x\n} from"./x.js";`, 3],
    [`export * from/**/"./x.js";`, 1],
    [`import.meta.resolve("x")`, 1],
    [`import { a } from "@rqtt/rqtt/plugin"; import("x")`, 1],
  ];
  for (const [text, line] of bad) {
    const fault = findForbiddenImport(text);
    assertEquals(fault?.startsWith(`line ${line} has `), true, text);
  }
});

for (
  const [name, text] of [
    ["forges an answer", `self.postMessage({ type: "answer", id: 99 });`],
    ["sends what is no message", `self.postMessage(5);`],
    [
      "is ready twice",
      `self.postMessage({ type: "ready", hooks: [], methods: [] });`,
    ],
    ["throws in a timer", `setTimeout(() => { throw new Error("later"); });`],
    ["floods the log", `for (let i = 0; i < 20_000; i++) console.log(i);`],
  ] as const
) {
  Deno.test(`a plugin that ${name} is ended and started again`, async () => {
    await using files = await PluginFiles.create();
    const observer = new RecordingPluginObserver();
    const host = await files.start(
      `export default { authorize() { ${text} return new Promise(() => {}); } };`,
      { observer, times: { firstRestartMs: 1 } },
    );
    const restarted = observer.waitFor("restarted");
    await assertRejects(() => host.ask("authorize", {}), Error);
    await restarted;
    const shown = observer.lines.filter((line) => line.startsWith("mine info"));
    assert(shown.length <= 50, `${shown.length} lines`);
  });
}

Deno.test("a plugin that ends its Worker is noticed with the next question", async () => {
  await using files = await PluginFiles.create();
  const observer = new RecordingPluginObserver();
  const host = await files.start(
    `export default { authorize() { Deno.exit(0); } };`,
    {
      observer,
      timeoutMs: 50,
      times: { pongTimeoutMs: 50, firstRestartMs: 1 },
    },
  );
  const restarted = observer.waitFor("restarted");
  await assertRejects(() => host.ask("authorize", {}), Error);
  await restarted;
});
