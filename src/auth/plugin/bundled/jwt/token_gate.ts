import { decodeJwt, type JWTVerifyGetKey } from "jose";
import type {
  Admission,
  Client,
  ExchangeAnswer,
  ExchangeMessage,
  Login,
  LoginAnswer,
  PluginContext,
  Refusal,
} from "../../api.ts";
import { type ClaimNames, readClaims } from "./claims.ts";
import type { JwtOptions } from "./options.ts";
import { isToken, type TokenPolicy, verifyToken } from "./verify_token.ts";

/** What CONNACK says if it is not known whether a token is good. */
const SERVER_UNAVAILABLE = 0x88;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a {@linkcode TokenGate} works with. */
export interface TokenGateSurroundings {
  readonly findKey: JWTVerifyGetKey;
  readonly nowMs: () => number;
  readonly log: PluginContext["log"];
}

/** Lets in who shows a good token, as whom it says and for as long as it says. */
export class TokenGate {
  readonly #options: JwtOptions;
  readonly #policy: TokenPolicy;
  readonly #names: ClaimNames;
  readonly #surroundings: TokenGateSurroundings;

  constructor(options: JwtOptions, surroundings: TokenGateSurroundings) {
    this.#options = options;
    this.#surroundings = surroundings;
    const { algorithms, issuers, audiences, leewayMs } = options;
    const requiresExpiry = options.expiry === "required";
    this.#policy = { algorithms, issuers, audiences, leewayMs, requiresExpiry };
    this.#names = {
      userName: options.userClaim,
      roles: options.rolesClaim,
      acl: options.aclClaim,
      required: options.requiredClaims,
    };
  }

  /** Passes on who shows no token, or one of another issuer. */
  async authenticate(login: Login): Promise<LoginAnswer> {
    const token = this.#options.tokenFrom === "password"
      ? toText(login.password)
      : login.userName;
    if (token === null || !isToken(token)) return "pass";
    if (this.#isOfAnotherIssuer(token)) {
      this.#surroundings.log("info", "a token of another issuer is passed on");
      return "pass";
    }
    return await this.#judge(token, login);
  }

  /** One message is the whole exchange: the token. */
  async continueAuthentication(
    message: ExchangeMessage,
  ): Promise<ExchangeAnswer> {
    const token = toText(message.data);
    return token === null || !isToken(token)
      ? { answer: "deny", reason: "the authentication data is no token" }
      : await this.#judge(token, message);
  }

  async #judge(token: string, client: Client): Promise<Admission | Refusal> {
    const { findKey, nowMs } = this.#surroundings;
    const result = await verifyToken(token, this.#policy, {
      findKey,
      nowMs: nowMs(),
    });
    if (result.claims === null) {
      const refusal = { answer: "deny", reason: result.cause } as const;
      return result.isUnavailable
        ? { ...refusal, reasonCode: SERVER_UNAVAILABLE }
        : refusal;
    }
    const { claims } = result;
    const grant = readClaims(claims, this.#names, client);
    if (typeof grant === "string") return { answer: "deny", reason: grant };
    const expiresAtMs = claims.exp === undefined
      ? undefined
      : claims.exp * 1_000 + this.#policy.leewayMs;
    return { answer: "allow", ...grant, expiresAtMs };
  }

  /** Not verified: it only decides who verifies the token. */
  #isOfAnotherIssuer(token: string): boolean {
    const { issuers } = this.#policy;
    try {
      const { iss } = decodeJwt(token);
      return issuers.length > 0 && iss !== undefined && !issuers.includes(iss);
    } catch {
      return false;
    }
  }
}

function toText(bytes: Uint8Array | null): string | null {
  try {
    return bytes === null ? null : decoder.decode(bytes);
  } catch {
    return null;
  }
}
