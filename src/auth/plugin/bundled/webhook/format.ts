import type { AccessQuestion, Admission, Client, Login } from "../../api.ts";
import type { HttpAnswer } from "../_http.ts";

/** What is sent: text by name, `null` for what there is not. */
export type Question = Readonly<Record<string, string | number | null>>;

/** What a web service has said about a login. */
export type LoginDecision = Omit<Admission, "answer"> & {
  readonly answer: "allow" | "deny" | "pass";
};

/** The language of one kind of web service. */
export interface Format {
  /** @throws {UnsendableError} If the password cannot be sent. */
  askLogin(login: Login): Question;
  /** @throws {AnswerError} If it is no answer. */
  readLogin(answer: HttpAnswer): LoginDecision;
  askSuperuser(client: Client): Question;
  askAccess(question: AccessQuestion): Question;
  /** @throws {AnswerError} If it is no answer. */
  readAccess(answer: HttpAnswer): "allow" | "deny" | "pass";
}

/** An answer that says neither yes nor no. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

const strictDecoder = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

/** What a client has sent cannot be put into a question. */
export class UnsendableError extends Error {
  override readonly name = "UnsendableError";
}

/** @throws {UnsendableError} If the password is not text. */
export function passwordOf({ password }: Login): string | null {
  if (password === null) return null;
  try {
    return strictDecoder.decode(password);
  } catch {
    throw new UnsendableError("the password is not UTF-8");
  }
}

/** @throws {AnswerError} Without telling what there is. */
export function parseJson({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(strictDecoder.decode(body));
  } catch {
    throw new AnswerError("the answer is not JSON");
  }
}
