import { OpenAPIHono } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { addApi } from "./api/mod.ts";
import type { AdminContext, AdminEnvironment } from "./context.ts";
import { addConsole } from "./dashboard/console.ts";
import { addDashboard } from "./dashboard/mod.ts";
import { guard, secureHeaders } from "./guard.ts";
import { addHealth } from "./health.ts";
import { addLogin } from "./login.ts";
import { addMetrics } from "./metrics/mod.ts";
import { answerProblem, ProblemError } from "./problem.ts";

/** Where the parts of the admin HTTP put their routes. */
export type AdminApp = OpenAPIHono<AdminEnvironment>;

/** Adds the routes of one part, and says in `admin` which need no token. */
export type AddRoutes = (app: AdminApp, admin: AdminContext) => void;

/** Everything that is served, in the order in which routes are tried. */
const PARTS: readonly AddRoutes[] = [
  addHealth,
  addLogin,
  addApi,
  addMetrics,
  addDashboard,
  addConsole,
];

/** Puts all parts behind the guard. */
export function makeApp(admin: AdminContext): AdminApp {
  const app: AdminApp = new OpenAPIHono({ defaultHook: refuseInvalid });
  app.use(secureHeaders, guard(admin));
  for (const addRoutes of PARTS) addRoutes(app, admin);
  app.notFound((context) =>
    answerProblem(context, {
      status: 404,
      title: "Not Found",
      detail: `there is nothing at ${context.req.path}`,
      remedy: "see /api/v1/openapi.json for what there is",
    })
  );
  app.onError((error, context) => {
    if (error instanceof ProblemError) {
      return answerProblem(context, error.problem, error.headers);
    }
    // Of the validator, for instance at JSON that is none.
    if (error instanceof HTTPException) {
      return answerProblem(context, {
        status: error.status,
        title: "Bad Request",
        detail: error.message,
        remedy: "see /api/v1/openapi.json for what is expected",
      });
    }
    admin.broker.observer.internalError(null, error);
    return answerProblem(context, {
      status: 500,
      title: "Internal Server Error",
      detail: "the request could not be answered, which is a defect",
      remedy: "see the log",
    });
  });
  return app;
}

interface Validation {
  readonly success: boolean;
  readonly target: string;
  readonly error?: {
    readonly issues: readonly {
      readonly path: readonly PropertyKey[];
      readonly message: string;
    }[];
  };
}

/** Says which part of a request does not fit the document, and how. */
function refuseInvalid({ success, target, error }: Validation): void {
  if (success) return;
  const faults = (error?.issues ?? []).slice(0, 3).map(({ path, message }) =>
    `${path.length === 0 ? target : path.join(".")}: ${message}`
  );
  throw new ProblemError({
    status: 400,
    title: "Bad Request",
    detail: faults.join("; "),
    remedy: "see /api/v1/openapi.json for what is expected",
  });
}
