import type { MiddlewareHandler } from "hono";
import { ProblemError } from "../problem.ts";

/** The validator looks at nothing that is of another type. */
export const requireJson: MiddlewareHandler = async ({ req }, next) => {
  const type = req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ProblemError({
      status: 415,
      title: "Unsupported Media Type",
      detail: `the body is said to be "${type}"`,
      remedy: "send Content-Type: application/json",
    });
  }
  await next();
};
