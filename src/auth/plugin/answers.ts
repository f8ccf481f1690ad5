/**
 * The answers of plugins, checked: what has another form than the API says is
 * no answer.
 * @module
 */
import { isReasonCodeAllowed, PacketType } from "../../codec/mod.ts";
import { isTextList } from "./message_gate.ts";

/** Bounds of what one client is given. */
const MAXIMUM_RULES = 10_000;
const MAXIMUM_ROLES = 1_000;
const MAXIMUM_TEXT_LENGTH = 65_535;
const MAXIMUM_DATA_BYTES = 65_535;

/** What a client is that was let in. */
export interface CheckedAdmission {
  readonly answer: "allow";
  readonly userName: string | undefined;
  readonly rules: readonly string[] | undefined;
  readonly roles: readonly string[] | undefined;
  readonly isFinal: boolean;
  /** `Infinity` if the credential does not end. */
  readonly expiresAtMs: number;
}

export interface CheckedRefusal {
  readonly answer: "deny";
  readonly reason: string;
  readonly reasonCode: number | undefined;
}

export type CheckedLogin =
  | CheckedAdmission
  | CheckedRefusal
  | { readonly answer: "pass" };

export type CheckedStep =
  | CheckedRefusal
  | {
    readonly answer: "continue";
    readonly data: Uint8Array;
    readonly state: string | null;
  }
  | (CheckedAdmission & { readonly data: Uint8Array });

export interface CheckedAccess {
  readonly answer: "allow" | "deny" | "pass";
  readonly reason: string | undefined;
  readonly cacheSeconds: number | undefined;
}

/** An answer has another form than the API says. */
export class MalformedAnswerError extends Error {
  override readonly name = "MalformedAnswerError";
}

/** @throws {MalformedAnswerError} */
export function checkLogin(value: unknown): CheckedLogin {
  const fields = toFields(value);
  switch (fields.answer) {
    case "allow":
      return checkAdmission(fields);
    case "deny":
      return checkRefusal(fields);
    case "pass":
      checkNames(fields, PASS_FIELDS);
      return { answer: "pass" };
  }
  throw malformed("answer", "allow, deny or pass");
}

/** @throws {MalformedAnswerError} */
export function checkStep(value: unknown): CheckedStep {
  const fields = toFields(value);
  switch (fields.answer) {
    case "continue":
      checkNames(fields, CONTINUE_FIELDS);
      return {
        answer: "continue",
        data: optional(fields, "data", DATA) ?? new Uint8Array(0),
        state: optional(fields, "state", TEXT) ?? null,
      };
    case "allow":
      return {
        ...checkAdmission(fields, FINAL_FIELDS),
        data: optional(fields, "data", DATA) ?? new Uint8Array(0),
      };
    case "deny":
      return checkRefusal(fields);
  }
  throw malformed("answer", "continue, allow or deny");
}

/** @throws {MalformedAnswerError} */
export function checkAccess(value: unknown): CheckedAccess {
  const fields = toFields(value);
  const { answer } = fields;
  checkNames(fields, ACCESS_FIELDS);
  if (answer !== "allow" && answer !== "deny" && answer !== "pass") {
    throw malformed("answer", "allow, deny or pass");
  }
  return {
    answer,
    reason: optional(fields, "reason", TEXT),
    cacheSeconds: optional(fields, "cacheSeconds", AMOUNT),
  };
}

function checkAdmission(
  fields: Fields,
  names: readonly string[] = ADMISSION_FIELDS,
): CheckedAdmission {
  checkNames(fields, names);
  return {
    answer: "allow",
    userName: optional(fields, "userName", TEXT),
    rules: optional(fields, "rules", RULES),
    roles: optional(fields, "roles", ROLES),
    isFinal: optional(fields, "isFinal", SWITCH) ?? false,
    expiresAtMs: optional(fields, "expiresAtMs", AMOUNT) ??
      Infinity,
  };
}

function checkRefusal(fields: Fields): CheckedRefusal {
  checkNames(fields, REFUSAL_FIELDS);
  return {
    answer: "deny",
    reason: optional(fields, "reason", TEXT) ?? "denied",
    reasonCode: optional(fields, "reasonCode", REFUSAL_CODE),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const PASS_FIELDS = ["answer"];
const REFUSAL_FIELDS = ["answer", "reason", "reasonCode"];
const CONTINUE_FIELDS = ["answer", "data", "state"];
const ACCESS_FIELDS = ["answer", "reason", "cacheSeconds"];
const ADMISSION_FIELDS = [
  "answer",
  "userName",
  "rules",
  "roles",
  "isFinal",
  "expiresAtMs",
];
const FINAL_FIELDS = [...ADMISSION_FIELDS, "data"];

/**
 * A name that is spelt wrong must not grant more than was meant: without
 * `rules` a client may do whatever the authorizers let it.
 * @throws {MalformedAnswerError}
 */
function checkNames(fields: Fields, names: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new MalformedAnswerError(
      `the answer has "${unknown.slice(0, 50)}", which is none of ` +
        names.join(", "),
    );
  }
}

function toFields(value: unknown): Fields {
  if (typeof value === "string") return { answer: value };
  if (typeof value === "object" && value !== null) return value as Fields;
  throw malformed("the answer", "a word or an object");
}

/** One kind of value that an answer may have. */
interface Kind<Value> {
  readonly expected: string;
  isValid(value: unknown): value is Value;
}

function optional<Value>(
  fields: Fields,
  name: string,
  { expected, isValid }: Kind<Value>,
): Value | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (isValid(value)) return value;
  throw malformed(name, expected);
}

function malformed(name: string, expected: string): MalformedAnswerError {
  return new MalformedAnswerError(`${name} is not ${expected}`);
}

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length <= MAXIMUM_TEXT_LENGTH;

const TEXT: Kind<string> = { expected: "text", isValid: isText };

const DATA: Kind<Uint8Array> = {
  expected: `at most ${MAXIMUM_DATA_BYTES} bytes`,
  isValid: (value): value is Uint8Array =>
    value instanceof Uint8Array && value.length <= MAXIMUM_DATA_BYTES,
};

const AMOUNT: Kind<number> = {
  expected: "a number of at least 0",
  isValid: (value): value is number => typeof value === "number" && value >= 0,
};

const SWITCH: Kind<boolean> = {
  expected: "true or false",
  isValid: (value): value is boolean => typeof value === "boolean",
};

const RULES: Kind<readonly string[]> = {
  expected: `a list of at most ${MAXIMUM_RULES} rules`,
  isValid: (value): value is readonly string[] =>
    isTextList(value, MAXIMUM_RULES) && value.every(isText),
};

const ROLES: Kind<readonly string[]> = {
  expected: `a list of at most ${MAXIMUM_ROLES} roles`,
  isValid: (value): value is readonly string[] =>
    isTextList(value, MAXIMUM_ROLES),
};

const REFUSAL_CODE: Kind<number> = {
  expected: "a Reason Code with which CONNACK can refuse",
  isValid: (value): value is number =>
    Number.isInteger(value) && Number(value) >= 0x80 &&
    isReasonCodeAllowed(PacketType.connack, Number(value), "server"),
};
