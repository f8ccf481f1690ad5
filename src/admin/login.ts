import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { AdminApp } from "./app.ts";
import type { AdminContext } from "./context.ts";
import { LOGIN_COOKIE } from "./guard.ts";
import { LOGIN_SECONDS } from "./logins.ts";
import { ProblemError } from "./problem.ts";

/** `/login` gives a browser a cookie for a token, `/logout` takes it back. */
export function addLogin(app: AdminApp, admin: AdminContext): void {
  admin.openPaths.add("/login").add("/logout");
  app.post("/login", async (context) => {
    const token = tokenOf(await context.req.text());
    const principal = token === null ? null : admin.tokens.find(token);
    if (token === null || principal === null) {
      throw new ProblemError({
        status: 401,
        title: "Unauthorized",
        detail: "the token is not one that is accepted",
        remedy: 'send {"token": "…"} with a token of admin.token_file, or ' +
          "with the one that the log shows at the start",
      });
    }
    context.set("principal", principal);
    setCookie(context, LOGIN_COOKIE, admin.logins.begin(token, Date.now()), {
      httpOnly: true,
      sameSite: "Strict",
      secure: context.env.peer.isSecure,
      path: "/",
      maxAge: LOGIN_SECONDS,
    });
    return context.json({ role: principal.role, user: principal.userName });
  });
  app.post("/logout", (context) => {
    const cookie = getCookie(context, LOGIN_COOKIE);
    if (cookie !== undefined) admin.logins.end(cookie);
    deleteCookie(context, LOGIN_COOKIE, { path: "/" });
    return context.body(null, 204);
  });
}

function tokenOf(text: string): string | null {
  try {
    const { token } = JSON.parse(text);
    return typeof token === "string" ? token : null;
  } catch {
    return null;
  }
}
