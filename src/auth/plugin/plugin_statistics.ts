import { Histogram } from "../../broker/mod.ts";
import type { Hook } from "./messages.ts";

/** Hooks that are called with a question or a notice, one call each. */
export type CalledHook = Exclude<Hook, "onPublish">;

/** Why a call has come to nothing. */
export type Failure =
  /** The hook threw, or its answer has another form than the API says. */
  | "error"
  | "timeout"
  /** Too many questions waited for their turn. */
  | "overload"
  /** The plugin did not run, or has ended meanwhile. */
  | "unavailable";

/** How a call has ended; "done" is what hooks do that answer nothing. */
export type Outcome =
  | "allow"
  | "deny"
  | "pass"
  | "continue"
  | "done"
  | Failure;

const FAILURES: readonly Failure[] = [
  "error",
  "timeout",
  "overload",
  "unavailable",
];

/** How calls of each hook can end. */
const OUTCOMES: Readonly<Record<CalledHook, readonly Outcome[]>> = {
  authenticate: ["allow", "deny", "pass", ...FAILURES],
  continueAuthentication: ["allow", "deny", "continue", ...FAILURES],
  authorize: ["allow", "deny", "pass", ...FAILURES],
  onConnect: ["done", ...FAILURES],
  onDisconnect: ["done", ...FAILURES],
};

/** A question has no answer. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
  readonly failure: Failure;

  constructor(failure: Failure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** What the calls of one hook have led to. */
export class HookStatistics {
  readonly hook: CalledHook;
  /** Every outcome that there can be, also if there was none such. */
  readonly counts: Map<Outcome, number>;
  /** From the question to its end, of those that the plugin was asked. */
  readonly seconds: Histogram = new Histogram();

  constructor(hook: CalledHook) {
    this.hook = hook;
    this.counts = new Map(OUTCOMES[hook].map((outcome) => [outcome, 0]));
  }

  note(outcome: Outcome, seconds: number): void {
    this.counts.set(outcome, (this.counts.get(outcome) ?? 0) + 1);
    const wasAsked = outcome !== "overload" && outcome !== "unavailable";
    if (wasAsked) this.seconds.observe(seconds);
  }
}

/** What the calls of one plugin have led to, over all its restarts. */
export class PluginStatistics {
  readonly #hooks = new Map<Hook, HookStatistics>();

  /** Those hooks of `names` that are called. */
  begin(names: readonly string[]): void {
    for (const hook of Object.keys(OUTCOMES) as CalledHook[]) {
      if (names.includes(hook)) this.#hooks.set(hook, new HookStatistics(hook));
    }
  }

  get hooks(): Iterable<HookStatistics> {
    return this.#hooks.values();
  }

  /** Waits for a call, and notes how it ends. */
  async measure<Answer extends { readonly answer: Outcome }>(
    hook: CalledHook,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const startMs = performance.now();
    let outcome: Outcome = "error";
    try {
      const answer = await call();
      outcome = answer.answer;
      return answer;
    } catch (error) {
      if (error instanceof NoAnswerError) outcome = error.failure;
      throw error;
    } finally {
      const seconds = (performance.now() - startMs) / 1_000;
      this.#hooks.get(hook)?.note(outcome, seconds);
    }
  }
}
