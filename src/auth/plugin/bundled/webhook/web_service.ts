import type { PluginContext } from "../../api.ts";
import { type Fetch, type HttpAnswer, request, shown } from "../_http.ts";
import { AnswerError, type Question } from "./format.ts";
import type { WebhookOptions } from "./options.ts";

/** While it fails, that is told again after this time. */
const REMINDER_MS = 60_000;

/** What a {@linkcode WebService} works with. */
export interface WebServiceSurroundings {
  readonly fetch: Fetch;
  readonly headers: Headers;
  readonly nowMs: () => number;
  readonly log: PluginContext["log"];
}

/** Sends questions, and tells when answers fail to come and come again. */
export class WebService {
  readonly #options: WebhookOptions;
  readonly #surroundings: WebServiceSurroundings;
  readonly #headers: Headers;
  /** Failures since the last answer, and when they were last told. */
  #failureCount = 0;
  #toldAtMs = -Infinity;

  constructor(options: WebhookOptions, surroundings: WebServiceSurroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    this.#headers = new Headers(surroundings.headers);
    this.#headers.set(
      "content-type",
      options.body === "json"
        ? "application/json"
        : "application/x-www-form-urlencoded",
    );
  }

  /**
   * What `read` makes of the answer to `question`.
   * @throws {Error} If there is none; it has been logged.
   */
  async ask<Answer>(
    url: string,
    question: Question,
    read: (answer: HttpAnswer) => Answer,
  ): Promise<Answer> {
    const { requestTimeoutMs, maximumAnswerBytes } = this.#options;
    try {
      const answer = await request(this.#surroundings.fetch, url, {
        method: "POST",
        headers: this.#headers,
        body: this.#write(question),
        timeoutMs: requestTimeoutMs,
        maximumBytes: maximumAnswerBytes,
      });
      const result = readFrom(url, answer, read);
      this.#succeeded();
      return result;
    } catch (error) {
      this.#failed((error as Error).message);
      throw error;
    }
  }

  #write(question: Question): string {
    if (this.#options.body === "json") return JSON.stringify(question);
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(question)) {
      if (value !== null) form.set(name, String(value));
    }
    return form.toString();
  }

  #failed(cause: string): void {
    this.#failureCount++;
    const nowMs = this.#surroundings.nowMs();
    if (nowMs - this.#toldAtMs < REMINDER_MS) return;
    this.#toldAtMs = nowMs;
    this.#surroundings.log("error", `no answer, so it is no: ${cause}`);
  }

  #succeeded(): void {
    if (this.#failureCount === 0) return;
    this.#surroundings.log(
      "info",
      `there are answers again, after ${this.#failureCount} failures`,
    );
    this.#failureCount = 0;
    this.#toldAtMs = -Infinity;
  }
}

function readFrom<Answer>(
  url: string,
  answer: HttpAnswer,
  read: (answer: HttpAnswer) => Answer,
): Answer {
  try {
    return read(answer);
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    const problem = `Cannot use what ${shown(url)} answers: ${error.message}`;
    throw new AnswerError(problem, { cause: error });
  }
}
