import type { Context } from "hono";

/** What went wrong, in the form of RFC 9457. */
export interface Problem {
  readonly status: number;
  /** What happened to the request, in a few words. */
  readonly title: string;
  /** What is wrong with this request. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** An answer that is no success; whoever handles a request may throw it. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  /** Headers that the answer needs. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    problem: Problem,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem.detail);
    this.problem = problem;
    this.headers = headers;
  }
}

/** Writes `problem` as `application/problem+json`. */
export function answerProblem(
  context: Context,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return context.body(
    JSON.stringify({ type: "about:blank", ...problem }),
    problem.status as 400,
    { "content-type": "application/problem+json", ...headers },
  );
}
