import type {
  AccessAnswer,
  AccessQuestion,
  Login,
  LoginAnswer,
} from "../../api.ts";
import { type HttpAnswer, maximumAgeMs } from "../_http.ts";
import { AnswerCache } from "./answer_cache.ts";
import { EmqxFormat } from "./emqx.ts";
import { type Format, type LoginDecision, UnsendableError } from "./format.ts";
import { GoAuthFormat } from "./go_auth.ts";
import type { WebhookOptions } from "./options.ts";
import { WebService, type WebServiceSurroundings } from "./web_service.ts";

/** What CONNACK says if nobody knows whether the client is to be let in. */
const SERVER_UNAVAILABLE = 0x88;

/** How long a no holds that only means that there was no answer. */
const FAILURE_SECONDS = 1;

/** An answer, and for how long it holds. */
interface Held<Answer> {
  readonly answer: Answer;
  readonly lifetimeMs: number;
}

type Access = "allow" | "deny" | "pass";

/** Asks a web service who is let in and what clients may do. */
export class Webhook {
  readonly #options: WebhookOptions;
  readonly #service: WebService;
  readonly #format: Format;
  readonly #nowMs: () => number;
  readonly #logins: AnswerCache<LoginDecision>;
  readonly #accesses: AnswerCache<Access>;

  constructor(options: WebhookOptions, surroundings: WebServiceSurroundings) {
    this.#options = options;
    this.#service = new WebService(options, surroundings);
    this.#nowMs = surroundings.nowMs;
    this.#format = options.format === "emqx"
      ? new EmqxFormat()
      : new GoAuthFormat(options.answer);
    this.#logins = new AnswerCache(options.maximumCached);
    this.#accesses = new AnswerCache(options.maximumCached);
  }

  async authenticate(login: Login): Promise<LoginAnswer> {
    const { loginUrl } = this.#options;
    if (loginUrl === null) return "pass";
    let decision: LoginDecision;
    try {
      decision = await this.#decideLogin(loginUrl, login);
    } catch (error) {
      return {
        answer: "deny",
        reason: (error as Error).message,
        reasonCode: error instanceof UnsendableError
          ? undefined
          : SERVER_UNAVAILABLE,
      };
    }
    const { answer, ...admission } = decision;
    if (answer === "pass") return "pass";
    if (answer === "deny") {
      return { answer, reason: "the web service said no" };
    }
    const { expiresAtMs = Infinity } = admission;
    return expiresAtMs > this.#nowMs()
      ? { answer, ...admission }
      : { answer: "deny", reason: "the web service let it in until the past" };
  }

  async #decideLogin(url: string, login: Login): Promise<LoginDecision> {
    const question = this.#format.askLogin(login);
    const { loginCacheMs } = this.#options;
    const key = loginCacheMs === 0
      ? null
      : await this.#logins.keyOf([question]);
    const known = key === null ? null : this.#logins.get(key, this.#nowMs());
    if (known !== null) return known.answer;
    const { answer, lifetimeMs } = await this.#service.ask(
      url,
      question,
      this.#hold((answer) => this.#format.readLogin(answer), loginCacheMs),
    );
    // Whoever was refused may have mended what was wrong.
    if (key !== null && lifetimeMs > 0 && answer.answer === "allow") {
      const expiresAtMs = this.#nowMs() + Math.min(lifetimeMs, loginCacheMs);
      this.#logins.set(key, answer, expiresAtMs);
    }
    return answer;
  }

  async authorize(question: AccessQuestion): Promise<AccessAnswer> {
    const { aclUrl, superuserUrl } = this.#options;
    if (aclUrl === null) return "pass";
    const access = this.#decide(aclUrl, [
      "access",
      this.#format.askAccess(question),
    ]);
    const superuser = superuserUrl === null || question.userName === null
      ? null
      : this.#decide(superuserUrl, [
        "superuser",
        this.#format.askSuperuser(question),
      ]);
    const [asUser, asSuperuser] = await Promise.all([
      access.catch((error: Error) => error),
      superuser?.catch((error: Error) => error),
    ]);
    if (
      asSuperuser !== undefined && !(asSuperuser instanceof Error) &&
      asSuperuser.answer === "allow"
    ) return toAnswer(asSuperuser, "superuser");
    return asUser instanceof Error
      ? {
        answer: "deny",
        reason: asUser.message,
        cacheSeconds: FAILURE_SECONDS,
      }
      : toAnswer(asUser, "the web service");
  }

  async #decide(
    url: string,
    [kind, question]: [string, ReturnType<Format["askAccess"]>],
  ): Promise<Held<Access>> {
    const key = await this.#accesses.keyOf([kind, question]);
    const known = this.#accesses.get(key, this.#nowMs());
    if (known !== null) {
      const { answer, expiresAtMs } = known;
      return { answer, lifetimeMs: expiresAtMs - this.#nowMs() };
    }
    const held = await this.#service.ask(
      url,
      question,
      this.#hold(
        (answer) => this.#format.readAccess(answer),
        this.#options.cacheMs,
      ),
    );
    const { answer, lifetimeMs } = held;
    if (lifetimeMs > 0) {
      this.#accesses.set(key, answer, this.#nowMs() + lifetimeMs);
    }
    return held;
  }

  #hold<Answer>(read: (answer: HttpAnswer) => Answer, defaultMs: number) {
    return (answer: HttpAnswer): Held<Answer> => ({
      answer: read(answer),
      lifetimeMs: maximumAgeMs(answer.headers) ?? defaultMs,
    });
  }
}

function toAnswer(
  { answer, lifetimeMs }: Held<Access>,
  reason: string,
): AccessAnswer {
  return { answer, reason, cacheSeconds: lifetimeMs / 1_000 };
}
