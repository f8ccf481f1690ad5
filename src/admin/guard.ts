import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { AdminContext, AdminEnvironment } from "./context.ts";
import { ProblemError } from "./problem.ts";
import type { Principal } from "./tokens.ts";

/** The name of the cookie that a login leaves. */
export const LOGIN_COOKIE = "rqtt_admin";

/** An address as a Host header has it: no name that somebody else could point here. */
const ADDRESS_HOST = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.%]+\]|localhost)$/;

/** A request changes nothing. */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** Of an answer that does not say otherwise. */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; frame-ancestors 'none'; sandbox",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

/** Has every answer tell browsers to be careful with it. */
export const secureHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!context.res.headers.has(name)) context.header(name, value);
  }
};

/** Changes that come as often as messages do: nothing is told of them. */
const UNTOLD_PATHS = ["/api/v1/publish"];

/** What a request is refused with because of who has sent it. */
const REFUSALS = [401, 403, 421];

/**
 * Lets a request through that needs no token, or has one with the role that
 * its method needs: everything is closed unless `admin.openPaths` has it.
 */
export function guard(
  admin: AdminContext,
): MiddlewareHandler<AdminEnvironment> {
  return async (context, next) => {
    const { method, path } = context.req;
    const { remoteAddress } = context.env.peer;
    const { adminObserver } = admin.host;
    try {
      context.set("principal", admit(admin, context));
    } catch (error) {
      adminObserver.adminRefused(remoteAddress, (error as Error).message);
      throw error;
    }
    await next();
    const principal = context.get("principal");
    const { status } = context.res;
    if (REFUSALS.includes(status)) {
      const cause = context.error?.message ?? `status ${status}`;
      adminObserver.adminRefused(remoteAddress, cause);
    } else if (
      status < 400 && principal !== null && !SAFE_METHODS.includes(method) &&
      !UNTOLD_PATHS.includes(path)
    ) {
      adminObserver.adminChanged(
        principal.userName,
        remoteAddress,
        `${method} ${path}`,
      );
    }
  };
}

/**
 * Who sends the request, if that is allowed.
 *
 * Cookies are sent along by browsers unasked, so a change needs an Origin that
 * is our own. A page of somebody else could have its own name point at this
 * address, so without a token the name must be one of ours.
 * @throws {ProblemError} If it is not allowed.
 */
function admit(
  admin: AdminContext,
  context: Context<AdminEnvironment>,
): Principal | null {
  const { method, path } = context.req;
  const token = bearerToken(context);
  if (token === null && !admin.healthPaths.has(path)) checkHost(admin, context);
  const isSafe = SAFE_METHODS.includes(method);
  const principal = token === null
    ? findLogin(admin, context)
    : admin.tokens.find(token);
  if (!isSafe && token === null) checkOrigin(context);
  if (admin.openPaths.has(path)) return principal;
  if (principal === null) throw unauthorized(token !== null);
  if (!isSafe && principal.role !== "write") throw forbidden();
  return principal;
}

function bearerToken(context: Context): string | null {
  const header = context.req.header("authorization") ?? "";
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? null;
}

function findLogin(admin: AdminContext, context: Context): Principal | null {
  const cookie = getCookie(context, LOGIN_COOKIE);
  if (cookie === undefined) return null;
  return admin.logins.find(cookie, admin.tokens, Date.now());
}

function checkHost(admin: AdminContext, context: Context): void {
  const { hostname, host } = new URL(context.req.url);
  if (
    ADDRESS_HOST.test(hostname) ||
    admin.allowedHosts.includes(hostname.toLowerCase())
  ) return;
  throw new ProblemError({
    status: 421,
    title: "Unknown host name",
    detail: `the Host header names "${host}"`,
    remedy: "add the name to admin.allowed_hosts, use an address, or send " +
      "Authorization: Bearer with a token",
  });
}

/** Programs send no Origin; browsers send one with every request that is no GET. */
function checkOrigin(context: Context): void {
  const origin = context.req.header("origin");
  const hasCookie = getCookie(context, LOGIN_COOKIE) !== undefined;
  if (origin === undefined && !hasCookie) return;
  const { host } = new URL(context.req.url);
  if (origin !== undefined && URL.parse(origin)?.host === host) return;
  throw new ProblemError({
    status: 403,
    title: "Foreign origin",
    detail: "the request comes from a page of another origin",
    remedy: "send Authorization: Bearer with a token instead of a cookie",
  });
}

function unauthorized(isWrong: boolean): ProblemError {
  return new ProblemError({
    status: 401,
    title: "Unauthorized",
    detail: isWrong
      ? "the token is not one that is accepted"
      : "the request has no token",
    remedy: "send Authorization: Bearer with a token of admin.token_file, or " +
      "with the one that the log shows at the start",
  }, { "www-authenticate": 'Bearer realm="rqtt"' });
}

function forbidden(): ProblemError {
  return new ProblemError({
    status: 403,
    title: "Forbidden",
    detail: "the token has the role read, and this is a change",
    remedy: "use a token with the role write",
  });
}
