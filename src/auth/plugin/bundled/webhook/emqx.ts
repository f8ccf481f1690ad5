import type { AccessQuestion, Client, Login } from "../../api.ts";
import { isRecord, readAcl } from "../_acl.ts";
import type { HttpAnswer } from "../_http.ts";
import {
  AnswerError,
  type Format,
  type LoginDecision,
  parseJson,
  passwordOf,
  type Question,
} from "./format.ts";

/** What a superuser may do: `#` alone leaves out what begins with `$`. */
const EVERYTHING = ["readwrite #", "read $SYS/#"];

const RESULTS = { allow: "allow", deny: "deny", ignore: "pass" } as const;

/** Questions and answers of EMQX from version 5 on. */
export class EmqxFormat implements Format {
  askLogin(login: Login): Question {
    return {
      ...this.#askClient(login),
      password: passwordOf(login),
      cert_common_name: login.certificate?.commonName ?? null,
    };
  }

  readLogin(answer: HttpAnswer): LoginDecision {
    const fields = readFields(answer);
    if (fields === null) return { answer: "allow" };
    const result = readResult(fields);
    if (result !== "allow") return { answer: result };
    const expiresAtMs = readExpiry(fields.expire_at);
    if (isSuperuser(fields)) {
      return { answer: "allow", rules: EVERYTHING, expiresAtMs };
    }
    if (fields.acl === undefined) return { answer: "allow", expiresAtMs };
    const acl = readAcl(fields.acl);
    if (typeof acl === "string") {
      throw new AnswerError(`its "acl" cannot be used: ${acl}`);
    }
    return { answer: "allow", ...acl, expiresAtMs };
  }

  askSuperuser(client: Client): Question {
    return this.#askClient(client);
  }

  /** What a client may receive is asked for as if it subscribed to the topic. */
  askAccess(question: AccessQuestion): Question {
    const { action, topic } = question;
    return {
      ...this.#askClient(question),
      topic,
      action: action === "publish" ? "publish" : "subscribe",
    };
  }

  readAccess(answer: HttpAnswer): "allow" | "deny" | "pass" {
    const fields = readFields(answer);
    return fields === null ? "allow" : readResult(fields);
  }

  #askClient(client: Client): Question {
    return {
      username: client.userName,
      clientid: client.clientIdentifier,
      peerhost: client.remoteAddress.replace(/:\d+$/, "")
        .replace(/^\[(.*)\]$/, "$1"),
    };
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** `null` if the answer is 204, which says yes and nothing else. */
function readFields(answer: HttpAnswer): Fields | null {
  if (answer.status === 204) return null;
  if (answer.status !== 200) {
    throw new AnswerError(`the answer is ${answer.status}`);
  }
  const value = parseJson(answer);
  if (!isRecord(value)) throw new AnswerError("the answer is no object");
  return value;
}

function readResult({ result }: Fields): "allow" | "deny" | "pass" {
  if (typeof result !== "string" || !Object.hasOwn(RESULTS, result)) {
    throw new AnswerError('its "result" is none of allow, deny and ignore');
  }
  return RESULTS[result as keyof typeof RESULTS];
}

function isSuperuser({ is_superuser: flag }: Fields): boolean {
  if (flag === undefined || typeof flag === "boolean") return flag === true;
  throw new AnswerError('its "is_superuser" is neither true nor false');
}

/** Seconds since the epoch, to milliseconds. */
function readExpiry(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && value >= 0) return value * 1_000;
  throw new AnswerError('its "expire_at" is no time');
}
