import { count, field, type Fields } from "../../../../config/entries.ts";
import {
  MAPPING,
  milliseconds,
  oneOf,
  size,
} from "../../../../config/scalars.ts";
import { misfit, readOptions, WEB_ADDRESS_OR_NONE } from "../_options.ts";

/** What the plugin `webhook` can be told. */
export interface WebhookOptions {
  readonly format: "go-auth" | "emqx";
  readonly loginUrl: string | null;
  readonly superuserUrl: string | null;
  readonly aclUrl: string | null;
  readonly body: "json" | "form";
  readonly answer: "status" | "json" | "text";
  /** By name; `${NAME}` in a value stands for a variable. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly requestTimeoutMs: number;
  readonly maximumAnswerBytes: number;
  readonly cacheMs: number;
  readonly loginCacheMs: number;
  readonly maximumCached: number;
}

const KIB = 1_024;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** The options and their defaults. */
export const WEBHOOK_FIELDS: Fields<WebhookOptions> = {
  format: field("format", oneOf("go-auth", "emqx"), {
    initial: "go-auth",
    summary: "whose questions and answers: mosquitto-go-auth's or EMQX's",
  }),
  loginUrl: field("login_url", WEB_ADDRESS_OR_NONE, {
    initial: "none",
    summary: "asked whether a client is let in",
  }),
  superuserUrl: field("superuser_url", WEB_ADDRESS_OR_NONE, {
    initial: "none",
    summary: "asked whether a user may do everything; go-auth only",
  }),
  aclUrl: field("acl_url", WEB_ADDRESS_OR_NONE, {
    initial: "none",
    summary: "asked whether a client may do something",
  }),
  body: field("body", oneOf("json", "form"), {
    initial: "json",
    summary: "how questions are written",
  }),
  answer: field("answer", oneOf("status", "json", "text"), {
    initial: "status",
    summary: 'what says yes: status 200, {"ok": true}, or ok; go-auth only',
  }),
  headers: field("headers", MAPPING, {
    initial: "none",
    summary: "sent with each question; ${NAME} stands for a variable",
  }),
  requestTimeoutMs: field(
    "request_timeout",
    milliseconds({ from: 100, to: 60_000 }),
    { initial: "3s", summary: "how long an answer may take" },
  ),
  maximumAnswerBytes: field(
    "max_answer_size",
    size({ from: 16, to: 16 * KIB * KIB }),
    { initial: "64KiB", summary: "the largest answer that is read" },
  ),
  cacheMs: field("cache", milliseconds({ from: 0, to: DAY_MS }), {
    initial: "1m",
    summary: "how long answers about rights hold that do not say it " +
      "themselves (Cache-Control)",
  }),
  loginCacheMs: field("login_cache", milliseconds({ from: 0, to: DAY_MS }), {
    initial: 0,
    summary: "the longest time that a yes to a login holds for the same " +
      "client and password; 0 asks each time",
  }),
  maximumCached: field("max_cached", count(1_000_000), {
    initial: 10_000,
    summary: "answers that are remembered",
  }),
};

/**
 * Reads the options.
 * @throws {TypeError} At the first that does not fit.
 */
export function readWebhookOptions(options: unknown): WebhookOptions {
  const read = readOptions<WebhookOptions>(WEBHOOK_FIELDS, options);
  if (read.loginUrl === null && read.aclUrl === null) {
    throw misfit("login_url", "expected login_url, acl_url or both");
  }
  if (read.format === "emqx" && read.superuserUrl !== null) {
    throw misfit(
      "superuser_url",
      "expected none as format is emqx: the answer to a login says it",
    );
  }
  return read;
}

/**
 * The headers with the variables put in.
 * @throws {TypeError} If a header or a variable cannot be used.
 */
export function readHeaders(
  headers: WebhookOptions["headers"],
  readVariable: (name: string) => string | undefined,
): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string") {
      throw misfit(`headers.${name}`, "expected text");
    }
    const filled = value.replaceAll(/\$\{(\w+)\}/g, (_, variable) => {
      const text = readVariable(variable);
      if (text === undefined) {
        throw misfit(`headers.${name}`, `${variable} is not set`);
      }
      return text;
    });
    try {
      result.set(name, filled);
    } catch {
      // The error would quote the value.
      throw misfit(`headers.${name}`, "expected what a header can have");
    }
  }
  return result;
}
