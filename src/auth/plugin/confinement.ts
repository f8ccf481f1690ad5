import type { LogLevel } from "./api.ts";

const CONSOLE_LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: "debug",
  error: "error",
  info: "info",
  log: "info",
  trace: "debug",
  warn: "warn",
};

/**
 * What Deno lets every Worker do with the whole process: with other bits the
 * files that the broker makes would be open to everybody, and with another
 * working directory it would read its own from there.
 */
const PROCESS_WIDE = [
  "umask",
  "chdir",
  "addSignalListener",
  "removeSignalListener",
];

/**
 * Takes from this Worker what needs no permission and still reaches out of
 * it: the terminal, the process, stores of Deno beside the files, other
 * Workers. What is written to the console goes to `log`.
 */
export function confine(log: (level: LogLevel, text: string) => void): void {
  for (const [method, level] of Object.entries(CONSOLE_LEVELS)) {
    // deno-lint-ignore no-console -- this replaces it
    (console as unknown as Record<string, unknown>)[method] = (
      ...values: unknown[]
    ) => log(level, values.map(toText).join(" "));
  }
  // Only those of this Worker: the descriptors of the process stay open.
  for (const stream of [Deno.stdin, Deno.stdout, Deno.stderr]) stream.close();
  for (const name of PROCESS_WIDE) remove(Deno, name);
  remove(Deno, "openKv");
  remove(globalThis, "caches");
  remove(globalThis, "BroadcastChannel");
  // The way around all of these.
  remove(Deno, (Deno as unknown as { internal: symbol }).internal);
}

/**
 * Takes the ways in which code comes into being while a plugin runs: its text
 * was searched for `import`, and there must be no other text.
 */
export function seal(): void {
  const constructors = [
    function () {},
    async function () {},
    function* () {},
    async function* () {},
  ].map((example) => Object.getPrototypeOf(example));
  for (const prototype of constructors) {
    Object.defineProperty(prototype, "constructor", { value: undefined });
  }
  const { setTimeout, setInterval } = globalThis;
  globalThis.setTimeout = withoutText(setTimeout);
  globalThis.setInterval = withoutText(setInterval);
  for (
    const name of ["eval", "Function", "Worker", "SharedWorker", "process"]
  ) {
    remove(globalThis, name);
  }
}

function withoutText<Timer extends typeof setTimeout>(timer: Timer): Timer {
  return ((handler: unknown, ...rest: []) => {
    if (typeof handler !== "function") {
      throw new TypeError("Cannot set a timer: it needs a function");
    }
    return timer(handler as () => void, ...rest);
  }) as Timer;
}

function remove(target: object, name: string | symbol): void {
  if (name in target && !Reflect.deleteProperty(target, name)) {
    throw new Error(`Cannot confine the plugin: ${String(name)} stays`);
  }
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : Deno.inspect(value);
}
