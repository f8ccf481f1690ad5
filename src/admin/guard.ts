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

/**
 * Lets a request through that needs no token, or has one with the role that
 * its method needs: everything is closed unless `context.openPaths` has it.
 *
 * Cookies are sent along by browsers unasked, so a change needs an Origin that
 * is our own. A page of somebody else could have its own name point at this
 * address, so without a token the name must be one of ours.
 */
export function guard(
  admin: AdminContext,
): MiddlewareHandler<AdminEnvironment> {
  return async (context, next) => {
    const isOpen = admin.openPaths.has(context.req.path);
    const token = bearerToken(context);
    if (token === null && !admin.healthPaths.has(context.req.path)) {
      checkHost(admin, context);
    }
    const isSafe = SAFE_METHODS.includes(context.req.method);
    const principal = token === null
      ? findLogin(admin, context)
      : admin.tokens.find(token);
    if (!isSafe && token === null) checkOrigin(context);
    if (!isOpen) {
      if (principal === null) throw unauthorized(token !== null);
      if (!isSafe && principal.role !== "write") throw forbidden();
    }
    context.set("principal", principal);
    await next();
  };
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
