import type { FromWorker, Hook, ToWorker } from "./messages.ts";
import type { PluginConfig } from "../../config/plugin_config.ts";
import { NoAnswerError } from "./plugin_statistics.ts";

interface Asked {
  readonly message: Extract<ToWorker, { type: "call" }>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  timer: number;
}

type Answer = Extract<FromWorker, { type: "answer" | "error" }>;

/** What a {@linkcode QuestionQueue} is connected with. */
export interface QuestionQueueEvents {
  send(message: ToWorker): void;
  /**
   * A question that the Worker has was not answered in time; `isStuck` if
   * there is no place left for others to be asked.
   */
  isLate(isStuck: boolean): void;
}

/**
 * The questions to one plugin: a bounded number under way, a bounded number
 * that wait, and each for a bounded time.
 */
export class QuestionQueue {
  readonly #config: PluginConfig;
  readonly #events: QuestionQueueEvents;
  readonly #running = new Map<number, Asked>();
  readonly #waiting = new Map<number, Asked>();
  /** Under way, and nobody waits for the answer any more. */
  readonly #late = new Set<number>();
  #lastId = 0;

  constructor(config: PluginConfig, events: QuestionQueueEvents) {
    this.#config = config;
    this.#events = events;
  }

  /** Questions that the plugin works on, late ones included. */
  get runningCount(): number {
    return this.#running.size + this.#late.size;
  }

  /** Questions that wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  ask(hook: Hook, question: unknown): Promise<unknown> {
    const { maximumQueued, timeoutMs } = this.#config;
    if (!this.#hasPlace && this.#waiting.size >= maximumQueued) {
      return Promise.reject(
        new NoAnswerError(
          "overload",
          `over ${maximumQueued} questions wait for their turn`,
        ),
      );
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#expire(id), timeoutMs);
      const message = { type: "call", id, hook, question } as const;
      const asked: Asked = { message, resolve, reject, timer };
      if (this.#hasPlace) this.#run(asked);
      else this.#waiting.set(id, asked);
    });
  }

  /** False if `answer` belongs to no question. */
  settle(answer: Answer): boolean {
    const asked = this.#running.get(answer.id);
    if (asked === undefined) {
      const wasLate = this.#late.delete(answer.id);
      this.#fill();
      return wasLate;
    }
    clearTimeout(asked.timer);
    this.#running.delete(answer.id);
    if (answer.type === "answer") asked.resolve(answer.answer);
    else asked.reject(new Error(answer.cause));
    this.#fill();
    return true;
  }

  /** The Worker is gone, and with it all that was under way. */
  rejectAll(cause: string): void {
    for (const questions of [this.#running, this.#waiting]) {
      for (const { timer, reject } of questions.values()) {
        clearTimeout(timer);
        reject(new NoAnswerError("unavailable", cause));
      }
      questions.clear();
    }
    this.#late.clear();
  }

  /** Late ones still take up their places: the plugin works on them. */
  get #hasPlace(): boolean {
    return this.runningCount < this.#config.maximumRunning;
  }

  #run(asked: Asked): void {
    this.#running.set(asked.message.id, asked);
    this.#events.send(asked.message);
  }

  #fill(): void {
    for (const [id, asked] of this.#waiting) {
      if (!this.#hasPlace) return;
      this.#waiting.delete(id);
      this.#run(asked);
    }
  }

  #expire(id: number): void {
    const running = this.#running.get(id);
    const asked = running ?? this.#waiting.get(id)!;
    this.#running.delete(id);
    this.#waiting.delete(id);
    if (running !== undefined) {
      this.#late.add(id);
    }
    const { timeoutMs, maximumRunning } = this.#config;
    asked.reject(
      new NoAnswerError(
        "timeout",
        `it did not answer within ${timeoutMs} ms`,
      ),
    );
    if (running !== undefined) {
      this.#events.isLate(this.#late.size >= maximumRunning);
    }
  }
}
