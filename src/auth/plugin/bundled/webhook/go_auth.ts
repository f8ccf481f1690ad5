import type { AccessQuestion, Client, Login } from "../../api.ts";
import { isRecord } from "../_acl.ts";
import type { HttpAnswer } from "../_http.ts";
import {
  AnswerError,
  type Format,
  type LoginDecision,
  parseJson,
  passwordOf,
  type Question,
} from "./format.ts";
import type { WebhookOptions } from "./options.ts";

/** How mosquitto numbers what a client does. */
const ACCESSES = { receive: 1, publish: 2, subscribe: 4 } as const;

const decoder = new TextDecoder();

/** Questions and answers of the HTTP backend of mosquitto-go-auth. */
export class GoAuthFormat implements Format {
  readonly #kind: WebhookOptions["answer"];

  constructor(kind: WebhookOptions["answer"]) {
    this.#kind = kind;
  }

  askLogin(login: Login): Question {
    return {
      username: login.userName ?? "",
      password: passwordOf(login) ?? "",
      clientid: login.clientIdentifier,
    };
  }

  readLogin(answer: HttpAnswer): LoginDecision {
    return { answer: this.readAccess(answer) };
  }

  askSuperuser({ userName }: Client): Question {
    return { username: userName ?? "" };
  }

  askAccess(question: AccessQuestion): Question {
    return {
      username: question.userName ?? "",
      clientid: question.clientIdentifier,
      topic: question.topic,
      acc: ACCESSES[question.action],
    };
  }

  readAccess(answer: HttpAnswer): "allow" | "deny" {
    const { status, body } = answer;
    if (isRefusal(status)) return "deny";
    if (status !== 200) throw new AnswerError(`the answer is ${status}`);
    switch (this.#kind) {
      case "status":
        return "allow";
      case "text":
        return decoder.decode(body).trim() === "ok" ? "allow" : "deny";
      case "json": {
        const value = parseJson(answer);
        const ok = isRecord(value) ? value.ok ?? value.Ok : undefined;
        if (typeof ok !== "boolean") {
          throw new AnswerError('the answer has no "ok"');
        }
        return ok ? "allow" : "deny";
      }
    }
  }
}

/** "Too slow" and "too many" say nothing about the client. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}
